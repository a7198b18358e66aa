/**
 * Resources in the dialect of the SAS: one profile each, relative references, prefixed identifiers, international
 * phones, contained places, no empty element. Each is written from an explicit list of elements, so that nothing else
 * of what the agenda stores can leave. Spec: 1.6 to 1.8, 7.3, 7.4
 */
import { FRANCE } from '../../../fhir/date.ts';
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import type { Identifier } from '../../../fhir/resource.ts';
import {
  type HealthcareService,
  type HoursOfOperation,
  isType,
  list,
  type Location,
  type Organization,
  type Practitioner,
  type PractitionerRole,
  type Schedule,
  type Slot,
} from '../../../fhir/resources.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import type { Contract, SearchKind } from '../../contract/contract.ts';
import {
  addressOf,
  bestIdentifier,
  clean,
  identifierType,
  nameInForce,
  phonesOf,
  placeId,
  placeIdentifier,
} from './dialect-parts.ts';
import { leavingRole, leavingSlot } from './leaving.ts';
import type { SasSlot } from './sas-slots.ts';

export class SasDialect {
  readonly #contract: Contract;
  readonly #editorSystem: string;

  /** `editorSystem`: system of the identifiers that the editor gives to its places. */
  constructor(contract: Contract, editorSystem: string) {
    this.#contract = contract;
    this.#editorSystem = editorSystem;
  }

  /**
   * `page`: our booking page of the slot, for slots without a booking URL of their own. Booking URLs always hold a `?`,
   * since callers append `&origin=` (trap C10).
   */
  slot(slot: SasSlot, kind: SearchKind, schedule: string, page: string): Slot {
    const { profiles, systems } = this.#contract;
    const { serviceType, specialty } = leavingSlot(this.#contract, kind, slot);
    const url = slot.bookingUrl ?? page;
    return clean<Slot>({
      resourceType: 'Slot',
      id: slot.id,
      meta: {
        profile: [profiles.slot[kind]],
        security: slot.visibility.map((code) => ({ system: systems.visibility, code })),
      },
      serviceType,
      specialty,
      appointmentType: { coding: [{ system: systems.appointmentType, code: slot.appointmentType }] },
      schedule: { reference: `Schedule/${schedule}` },
      status: 'free',
      start: formatInstant(slot.start, FRANCE, true),
      end: formatInstant(slot.end, FRANCE, true),
      comment: url.includes('?') ? url : `${url}?`,
    });
  }

  schedule(id: string, kind: SearchKind, actors: readonly string[]): Schedule {
    return {
      resourceType: 'Schedule',
      id,
      meta: { profile: [this.#contract.profiles.schedule[kind]] },
      actor: actors.map((reference) => ({ reference })),
    };
  }

  /** `asked`: the identifiers of the search, `system|value`; the practitioner is shown under one of them. */
  practitioner(stored: Practitioner, asked: ReadonlySet<string>): Practitioner {
    const { profiles, systems } = this.#contract;
    const identifier = bestIdentifier(stored, IDNPS, asked);
    const name = nameInForce(stored);
    return clean<Practitioner>({
      resourceType: 'Practitioner',
      id: stored.id!,
      meta: { profile: [profiles.practitioner] },
      identifier: identifier && [{ type: identifierType(systems.identifierType, 'IDNPS'), ...identifier }],
      name: name && [name],
    });
  }

  /**
   * `place` and `structure`: the Location and Organization that the role refers to. `undefined` when the role has no
   * place with a whole address.
   */
  practitionerRole(
    stored: PractitionerRole,
    practitioner: string,
    place: Location | undefined,
    structure: Organization | undefined,
  ): PractitionerRole | undefined {
    const { profiles } = this.#contract;
    const { code, specialty } = leavingRole(this.#contract, stored);
    const contained = stored.contained?.find((part) => isType(part, 'Location'));
    const location = this.#containedLocation(contained ?? place);
    if (location === undefined) return undefined;
    const organization = this.#structureOf(stored, structure);
    return clean<PractitionerRole>({
      resourceType: 'PractitionerRole',
      id: stored.id!,
      meta: { profile: [profiles.practitionerRole] },
      contained: [location],
      practitioner: { reference: practitioner },
      organization: organization && { identifier: organization },
      code,
      specialty,
      location: [{ reference: `#${location.id}` }],
      telecom: phonesOf(stored),
    });
  }

  /** The identifier of the structure where a role is exercised, national where there is one. */
  #structureOf(role: PractitionerRole, structure: Organization | undefined): Identifier | undefined {
    const type = identifierType(this.#contract.systems.identifierType, 'IDNST');
    const best = structure && bestIdentifier(structure, IDNST);
    if (best !== undefined) return { type, ...best };
    const named = role.organization?.identifier;
    if (named?.value === undefined) return undefined;
    const national = prefixed(named);
    return national === undefined
      ? clean<Identifier>({ type: named.type, system: named.system, value: named.value })
      : { type, ...national };
  }

  #containedLocation(stored: Location | undefined): Location | undefined {
    const address = stored && addressOf(stored);
    if (stored === undefined || address === undefined) return undefined;
    return {
      resourceType: 'Location',
      id: placeId(stored),
      meta: { profile: [this.#contract.profiles.containedLocation] },
      identifier: [this.#placeIdentifier(stored)],
      address,
    };
  }

  /** Exactly one: the pattern of the profile is for every identifier (trap I4). */
  #placeIdentifier(stored: Location): Identifier {
    const type = identifierType(this.#contract.systems.placeIdentifierType, 'INTRN');
    return { type, ...placeIdentifier(stored, this.#editorSystem) };
  }

  healthcareService(stored: HealthcareService): HealthcareService {
    return {
      resourceType: 'HealthcareService',
      id: stored.id!,
      meta: { profile: [this.#contract.profiles.healthcareService] },
      providedBy: { reference: stored.providedBy!.reference! },
    };
  }

  cptsOrganization(stored: Organization): Organization {
    const { profiles, systems } = this.#contract;
    return this.#organization(stored, profiles.cptsOrganization, systems.cptsIdentifierTypes);
  }

  sosOrganization(stored: Organization, asked: ReadonlySet<string>): Organization {
    const { profiles, systems } = this.#contract;
    return this.#organization(stored, profiles.sosOrganization, [systems.placeIdentifierType], asked);
  }

  #organization(
    stored: Organization,
    profile: string,
    typeSystems: readonly string[],
    asked?: ReadonlySet<string>,
  ): Organization {
    const identifier = bestIdentifier(stored, IDNST, asked);
    return clean<Organization>({
      resourceType: 'Organization',
      id: stored.id!,
      meta: { profile: [profile] },
      identifier: identifier && [
        { type: { coding: typeSystems.map((system) => ({ system, code: 'IDNST' })) }, ...identifier },
      ],
      name: stored.name,
      telecom: phonesOf(stored),
    });
  }

  /** `undefined` when an element that the profile requires is missing: a name, an address, an organisation. */
  sosLocation(stored: Location): Location | undefined {
    const address = addressOf(stored);
    const organization = stored.managingOrganization?.reference;
    if (address === undefined || organization === undefined || !stored.name) return undefined;
    return clean<Location>({
      resourceType: 'Location',
      id: stored.id!,
      meta: { profile: [this.#contract.profiles.sosLocation] },
      identifier: [this.#placeIdentifier(stored)],
      name: stored.name,
      telecom: phonesOf(stored),
      address,
      managingOrganization: { reference: organization },
      hoursOfOperation: list(stored.hoursOfOperation).map((hours) =>
        clean<HoursOfOperation>({ ...hours, daysOfWeek: hours.daysOfWeek?.map((day) => day.toLowerCase()) }),
      ),
    });
  }
}
