/**
 * Resources in the dialect of the SAS: one profile each, relative references, prefixed identifiers, +33 phones,
 * contained places, no empty values. They are written from stored resources by a list of the elements that the contract
 * names; no other element leaves. Spec: 1.6 to 1.8, 7.3, 7.4
 */
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import type { CodeableConcept, Identifier, Json, Reference, Resource } from '../../../fhir/resource.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import {
  APPOINTMENT_TYPE,
  canonicalSystem,
  type Door,
  ID_TYPE,
  LOCATION_ID_TYPE,
  PROFILE,
  SERVICE_TYPE_R5,
  VISIBILITY_SYSTEM,
} from '../codes.ts';
import { phone } from '../arrival/phone.ts';
import type { SasSlot } from './sas-slots.ts';

const PARIS = 'Europe/Paris';

/**
 * `page`: the booking page of the agenda, for slots whose offer names none. Booking URLs always hold a `?`, because
 * callers append `&origin=` (trap C10).
 */
export function slotResource(slot: SasSlot, door: Door, schedule: string, page: string): Resource {
  const url = slot.bookingUrl ?? page;
  return {
    resourceType: 'Slot',
    id: slot.id,
    meta: {
      profile: [PROFILE.slot[door]],
      security: slot.visibility.map((code) => ({ system: VISIBILITY_SYSTEM, code })),
    },
    ...list('serviceType', concepts(slot.serviceType)),
    ...list('specialty', specialties(slot.specialty)),
    appointmentType: { coding: [{ system: APPOINTMENT_TYPE, code: slot.appointmentType }] },
    schedule: { reference: `Schedule/${schedule}` },
    status: 'free',
    start: formatInstant(slot.start, PARIS, true),
    end: formatInstant(slot.end, PARIS, true),
    comment: url.includes('?') ? url : `${url}${page.slice(page.indexOf('?'))}`,
  };
}

/** What the contract knows of a code: the CPTS that it is for, the code under the one name of its system, the text. */
function concept({ extension, coding, text }: CodeableConcept & { extension?: Json[] }): CodeableConcept {
  return clean({
    extension: extension?.filter((extension) => extension.url === SERVICE_TYPE_R5),
    coding: coding?.map(({ system, code, display }) =>
      clean({ system: system && canonicalSystem(system), code, display }),
    ),
    text,
  });
}

/** The concepts that are not empty (trap C20). */
function concepts(all: readonly CodeableConcept[] = []): CodeableConcept[] {
  return all.map(concept).filter((one) => Object.keys(one).length > 0);
}

/** At most one specialty of text alone, as the first: the national kit accepts a missing code only there (trap C6). */
function specialties(all: readonly CodeableConcept[]): CodeableConcept[] {
  const texts = all.filter((one) => one.coding === undefined).flatMap((one) => one.text ?? []);
  return [
    ...(texts.length > 0 ? [{ text: texts.join(', ') }] : []),
    ...concepts(all.filter((one) => one.coding !== undefined)),
  ];
}

export function scheduleResource(id: string, door: Door, actors: readonly string[]): Resource {
  return {
    resourceType: 'Schedule',
    id,
    meta: { profile: [PROFILE.schedule[door]] },
    actor: actors.map((reference) => ({ reference })),
  };
}

/**
 * `wanted`: by which identifiers he or she is asked for, as `system|value`; who has several is shown under one of
 * those.
 */
export function practitionerResource(stored: Resource, wanted: ReadonlySet<string>): Resource {
  const own = nationalIdentifier(stored, IDNPS, wanted);
  const name = nameOf(stored);
  return clean({
    resourceType: 'Practitioner',
    id: stored.id!,
    meta: { profile: [PROFILE.practitioner] },
    ...(own ? { identifier: [{ type: idType(ID_TYPE, 'IDNPS'), ...own }] } : {}),
    ...(name ? { name: [name] } : {}),
  }) as Resource;
}

/** The name of exercise: the one in force, by use. */
function nameOf(stored: Resource): Json {
  const names = (stored['name'] as Json[] | undefined) ?? [];
  const best = names.find((name) => name.use === 'official' || name.use === 'usual') ?? names[0];
  return best && clean({ family: best.family, given: best.given });
}

/**
 * First characters of national identifiers, best kind first: RPPS before ADELI, FINESS before SIRET before RPPS rank.
 * Spec: 4.3
 */
const KINDS: Record<string, string> = { [IDNPS]: '80', [IDNST]: '1340' };

/** The best national identifier of a system, in its prefixed form. */
function nationalIdentifier(
  stored: Resource,
  system: string,
  wanted: ReadonlySet<string> = new Set(),
): { system: string; value: string } | undefined {
  const all = ((stored['identifier'] as Identifier[] | undefined) ?? []).flatMap((identifier) => {
    const known = prefixed(identifier);
    if (known !== undefined) return known.system === system ? [known] : [];
    return identifier.system === system && identifier.value !== undefined ? [{ system, value: identifier.value }] : [];
  });
  const rank = ({ value }: { value: string }): number =>
    wanted.has(`${system}|${value}`) ? -1 : (KINDS[system]!.indexOf(value[0]!) + 10) % 10;
  return all.sort((a, b) => rank(a) - rank(b))[0];
}

/**
 * `place` and `structure`: the Location and Organization that the role refers to, when they are resources of their own.
 */
export function practitionerRoleResource(
  stored: Resource,
  practitioner: string,
  place: Resource | undefined,
  structure: Resource | undefined,
  editor: string,
): Resource | undefined {
  const contained = ((stored['contained'] as Resource[] | undefined) ?? []).find(
    (contained) => contained.resourceType === 'Location',
  );
  const location = containedLocation(contained ?? place, editor);
  if (location === undefined) return undefined;
  const telecom = ((stored['telecom'] as Json[] | undefined) ?? []).map(contact).filter(Boolean);
  const organization = structureOf(stored, structure);
  return clean({
    resourceType: 'PractitionerRole',
    id: stored.id!,
    meta: { profile: [PROFILE.practitionerRole] },
    contained: [location],
    practitioner: { reference: practitioner },
    ...(organization ? { organization: { identifier: organization } } : {}),
    ...list('code', concepts(stored['code'])),
    ...list('specialty', concepts(stored['specialty'])),
    location: [{ reference: `#${location.id}` }],
    ...list('telecom', telecom),
  }) as Resource;
}

function structureOf(role: Resource, structure: Resource | undefined): Identifier | undefined {
  const given = (role['organization'] as Reference | undefined)?.identifier;
  const own = structure === undefined ? undefined : nationalIdentifier(structure, IDNST);
  if (own !== undefined) return { type: idType(ID_TYPE, 'IDNST'), ...own };
  if (given?.value === undefined) return undefined;
  const known = prefixed(given);
  return known === undefined
    ? (clean({ type: given.type, system: given.system, value: given.value }) as Identifier)
    : { type: idType(ID_TYPE, 'IDNST'), ...known };
}

function containedLocation(stored: Resource | undefined, editor: string): Resource | undefined {
  const address = addressOf(stored?.['address']);
  if (stored === undefined || address === undefined) return undefined;
  return {
    resourceType: 'Location',
    id: stored.id ?? 'lieu',
    meta: { profile: [PROFILE.containedLocation] },
    identifier: [placeIdentifier(stored, editor)],
    address,
  };
}

/**
 * Exactly one identifier, of the editor's own kind, because the profile's pattern binds all of them (trap I4). It is
 * made from the id if the place has none (trap C18).
 */
function placeIdentifier(stored: Resource, editor: string): Identifier {
  const own = ((stored['identifier'] as Identifier[] | undefined) ?? []).find(
    (identifier) =>
      identifier.system !== undefined && identifier.value !== undefined && prefixed(identifier) === undefined,
  );
  return {
    type: idType(LOCATION_ID_TYPE, 'INTRN'),
    system: own?.system ?? editor,
    value: own?.value ?? stored.id ?? 'lieu',
  };
}

/** One line, a city and five digits (trap C17); `undefined` when one of them is missing. */
function addressOf(address: Json): Json {
  const lines = ((address?.line as string[] | undefined) ?? []).map((one) => one.trim()).filter(Boolean);
  const postalCode = String(address?.postalCode ?? '')
    .replaceAll(/\s/g, '')
    .slice(0, 5);
  if (lines.length === 0 || !address.city || postalCode === '') return undefined;
  return { line: [lines.join(', ')], city: address.city, postalCode };
}

export function healthcareServiceResource(stored: Resource): Resource {
  return {
    resourceType: 'HealthcareService',
    id: stored.id!,
    meta: { profile: [PROFILE.healthcareService] },
    providedBy: { reference: (stored['providedBy'] as Reference).reference! },
  };
}

export function organizationResource(stored: Resource, profile: string, wanted?: ReadonlySet<string>): Resource {
  const own = nationalIdentifier(stored, IDNST, wanted);
  return clean({
    resourceType: 'Organization',
    id: stored.id!,
    meta: { profile: [profile] },
    ...(own ? { identifier: [{ type: idType(LOCATION_ID_TYPE, 'IDNST'), ...own }] } : {}),
    name: stored['name'],
    ...list('telecom', ((stored['telecom'] as Json[] | undefined) ?? []).map(contact).filter(Boolean)),
  }) as Resource;
}

/** `undefined` when what the profile requires is missing: a name, an address, an organisation. */
export function sosLocationResource(stored: Resource, editor: string): Resource | undefined {
  const address = addressOf(stored['address']);
  const organization = (stored['managingOrganization'] as Reference | undefined)?.reference;
  if (address === undefined || organization === undefined || !stored['name']) return undefined;
  return clean({
    resourceType: 'Location',
    id: stored.id!,
    meta: { profile: [PROFILE.sosLocation] },
    identifier: [placeIdentifier(stored, editor)],
    name: stored['name'],
    ...list('telecom', ((stored['telecom'] as Json[] | undefined) ?? []).map(contact).filter(Boolean)),
    address,
    managingOrganization: { reference: organization },
    ...list(
      'hoursOfOperation',
      ((stored['hoursOfOperation'] as Json[] | undefined) ?? []).map((one) =>
        clean({ ...one, daysOfWeek: one.daysOfWeek?.map((day: string) => day.toLowerCase()) }),
      ),
    ),
  }) as Resource;
}

/** A phone in its international form, or `undefined` (trap C19). Other means of contact do not leave. */
function contact(telecom: Json): Json {
  if (telecom?.system !== 'phone') return undefined;
  const value = phone(String(telecom.value ?? ''));
  return value && { system: 'phone', value };
}

function idType(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] };
}

function list(name: string, items: Json): Record<string, Json> {
  return Array.isArray(items) && items.length > 0 ? { [name]: items } : {};
}

/** A copy without undefined and empty values (trap C20). */
function clean(value: Json): Json {
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, one]) => one !== undefined && one !== '' && !(Array.isArray(one) && one.length === 0),
    ),
  );
}
