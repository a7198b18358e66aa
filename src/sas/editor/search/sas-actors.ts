/**
 * The resources that go with the slots of an agenda, in the dialect of the SAS: practitioner and place of exercise,
 * place and organisation of SOS Médecins, service and organisation of a CPTS. Incomplete entries are omitted.
 */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import {
  asType,
  type HealthcareService,
  isType,
  type Location,
  type Organization,
  type Practitioner,
  type PractitionerRole,
  type ResourceTypes,
} from '../../../fhir/resources.ts';
import { parseAnyResource, parseResource } from '../../../fhir/json.ts';
import type { CentreParts, PracticeParts } from './completeness.ts';
import type { SasDialect } from './dialect.ts';

/** The professional and the place of a consultation. */
export interface Practice {
  /** `Practitioner/id`. */
  reference: string;
  practitioner: Practitioner;
  role: PractitionerRole;
}

/** A place of SOS Médecins. */
export interface Centre {
  location: Location;
  organization: Organization;
}

export interface CptsService {
  service: HealthcareService;
  organization: Organization;
}

export class SasActors {
  readonly #agenda: RuleServices;
  readonly #dialect: SasDialect;

  constructor(agenda: RuleServices, dialect: SasDialect) {
    this.#agenda = agenda;
    this.#dialect = dialect;
  }

  /**
   * By Schedule id: a practitioner with a national identifier and a place with an address, both among the agenda's
   * actors. `asked`: the identifiers of the search, `system|value`.
   */
  async practices(
    loaded: readonly LoadedAgenda[],
    asked: ReadonlySet<string> = new Set(),
  ): Promise<Map<string, Practice>> {
    const { roles, resource } = await this.#rolesOf(loaded);
    const practices = new Map<string, Practice>();
    for (const [{ schedule, actors }, stored] of roles) {
      const reference = localTarget(stored.practitioner) ?? '';
      const person = actors.includes(reference) ? resource('Practitioner', reference) : undefined;
      const practitioner = person && this.#dialect.practitioner(person, asked);
      const role = this.#dialect.practitionerRole(
        stored,
        reference,
        resource('Location', placeOf(stored)),
        resource('Organization', localTarget(stored.organization)),
      );
      if (practitioner?.identifier !== undefined && role !== undefined)
        practices.set(schedule, { reference, practitioner, role });
    }
    return practices;
  }

  /** The resources that a search of practitioners shows of one agenda beside its slots, as far as they exist. */
  async practiceParts(loaded: LoadedAgenda): Promise<PracticeParts> {
    const { roles, resource } = await this.#rolesOf([loaded]);
    const role = roles.get(loaded);
    const reference = localTarget(role?.practitioner);
    const contained = role?.contained?.find((part) => isType(part, 'Location'));
    return {
      role,
      practitioner: resource('Practitioner', reference),
      isActor: reference !== undefined && loaded.actors.includes(reference),
      place: contained ?? (role && resource('Location', placeOf(role))),
    };
  }

  /** Likewise of SOS Médecins. */
  async centreParts({ actors }: LoadedAgenda): Promise<CentreParts> {
    const reference = placeAmong(actors);
    const place = reference === undefined ? undefined : (await this.#read('Location', [reference])).get(reference);
    const owner = localTarget(place?.managingOrganization);
    const structure = owner === undefined ? undefined : (await this.#read('Organization', [owner])).get(owner);
    return { place, structure };
  }

  /** The role of each agenda that has one, and a reader of what these roles refer to. */
  async #rolesOf(loaded: readonly LoadedAgenda[]): Promise<{
    roles: Map<LoadedAgenda, PractitionerRole>;
    resource: TypedReader;
  }> {
    const { agendas, reader } = this.#agenda;
    const atHand = await agendas.atHand(loaded);
    const roles = new Map<LoadedAgenda, PractitionerRole>();
    const more = new Set<string>();
    for (const agenda of loaded) {
      const body = agenda.actors
        .filter((actor) => actor.startsWith('PractitionerRole/'))
        .map((actor) => atHand.get(actor)?.body)
        .find((text) => text !== undefined);
      if (body === undefined) continue;
      const role = parseResource('PractitionerRole', body);
      roles.set(agenda, role);
      for (const reference of [localTarget(role.practitioner), placeOf(role), localTarget(role.organization)]) {
        if (reference !== undefined && !atHand.has(reference)) more.add(reference);
      }
    }
    const stored = await reader.readReferences(more);
    const read = new Map(stored.map(({ type, id, body }) => [`${type}/${id}`, body!]));
    const resource: TypedReader = (type, reference) => {
      const body = reference === undefined ? undefined : (atHand.get(reference)?.body ?? read.get(reference));
      return body === undefined ? undefined : asType(parseAnyResource(body), type);
    };
    return { roles, resource };
  }

  /** By Schedule id: a place with a name and an address, and its organisation with a national identifier. */
  async centres(loaded: readonly LoadedAgenda[], asked: ReadonlySet<string> = new Set()): Promise<Map<string, Centre>> {
    const places = await this.#read(
      'Location',
      loaded.flatMap(({ actors }) => placeAmong(actors) ?? []),
    );
    const locations = loaded.flatMap(({ schedule, actors }) => {
      const stored = places.get(placeAmong(actors) ?? '');
      const location = stored && this.#dialect.sosLocation(stored);
      return location === undefined ? [] : [{ schedule, location }];
    });
    const structures = await this.#read(
      'Organization',
      locations.flatMap(({ location }) => localTarget(location.managingOrganization) ?? []),
    );
    const centres = new Map<string, Centre>();
    for (const { schedule, location } of locations) {
      const stored = structures.get(localTarget(location.managingOrganization) ?? '');
      const organization = stored && this.#dialect.sosOrganization(stored, asked);
      if (organization?.identifier !== undefined) centres.set(schedule, { location, organization });
    }
    return centres;
  }

  /** By reference: services of CPTS, each with its organisation, which has a national identifier. */
  async services(references: readonly string[]): Promise<Map<string, CptsService>> {
    const stored = await this.#read('HealthcareService', references);
    const structures = await this.#read(
      'Organization',
      [...stored.values()].flatMap(({ providedBy }) => localTarget(providedBy) ?? []),
    );
    const services = new Map<string, CptsService>();
    for (const [reference, service] of stored) {
      const structure = structures.get(localTarget(service.providedBy) ?? '');
      const organization = structure && this.#dialect.cptsOrganization(structure);
      if (organization?.identifier !== undefined)
        services.set(reference, { service: this.#dialect.healthcareService(service), organization });
    }
    return services;
  }

  /** References to other types are left out. */
  async #read<T extends ActorType>(type: T, references: readonly string[]): Promise<Map<string, ResourceTypes[T]>> {
    const ofType = references.filter((reference) => reference.startsWith(`${type}/`));
    const stored = ofType.length === 0 ? [] : await this.#agenda.reader.readReferences(ofType);
    return new Map(stored.map(({ id, body }) => [`${type}/${id}`, parseResource(type, body!)]));
  }
}

type ActorType = 'Practitioner' | 'Location' | 'Organization' | 'HealthcareService';

/** `undefined` when nothing is there, or something of another type. */
type TypedReader = <T extends ActorType>(type: T, reference: string | undefined) => ResourceTypes[T] | undefined;

function placeAmong(actors: readonly string[]): string | undefined {
  return actors.find((actor) => actor.startsWith('Location/'));
}

function placeOf({ location }: PractitionerRole): string | undefined {
  return localTarget(location?.[0]);
}
