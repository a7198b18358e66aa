/**
 * The answers of the partners as a regulator reads them: practitioners at their places, with free slots. The same
 * practitioner at the same place of two partners is shown once.
 */
import { IDNPS, prefixed } from '../../../src/fhir/french/identifiers.ts';
import type { Identifier, Resource } from '../../../src/fhir/resource.ts';
import type { Bundle } from '../../../src/fhir/foundation.ts';
import { isType, list, type Practitioner, type Slot } from '../../../src/fhir/resources.ts';
import { conceptName } from '../../fhir/names.ts';
import { type DirectoryPlace, locationsOf, placeOf } from './directory.ts';
import { MODES } from './params.ts';

export interface PartnerSlot {
  id: string;
  /** Epoch milliseconds. */
  start: number;
  end: number;
  modes: string[];
  reasons: string[];
  visibility: string[];
  /** Nothing is booked: patients come without an appointment. */
  isWalkIn: boolean;
  /** Where the editor takes the booking. */
  url: string | undefined;
  partner: string;
}

export interface ConsultationPlace {
  key: string;
  /** National identifier of the practitioner, or what stands for it. */
  id: string;
  name: string;
  specialty: string;
  phone: string | undefined;
  place: DirectoryPlace | undefined;
  slots: PartnerSlot[];
}

/** The slots of one partner's Bundle, by practitioner and place. */
export function placesOf(bundle: Bundle | undefined, partner: string): ConsultationPlace[] {
  const resources = list(bundle?.entry).flatMap(({ resource }) => resource ?? []);
  const byReference = new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id}`, resource]));
  const places = new Map<string, ConsultationPlace>();
  for (const slot of resources.filter((resource) => isType(resource, 'Slot'))) {
    const found = placeOfSlot(slot, byReference);
    const place = places.get(found.key) ?? found;
    place.slots.push(slotOf(slot, partner));
    places.set(place.key, place);
  }
  return [...places.values()];
}

/** Without its slots. */
function placeOfSlot({ schedule }: Slot, byReference: ReadonlyMap<string, Resource>): ConsultationPlace {
  const actors = actorsOf(byReference.get(schedule.reference ?? ''), byReference);
  const practitioner = actors.find((actor) => isType(actor, 'Practitioner'));
  const role = actors.find((actor) => isType(actor, 'PractitionerRole'));
  const location = locationsOf(role)[0] ?? actors.find((actor) => isType(actor, 'Location'));
  const id = nationalId(practitioner?.identifier) ?? location?.name ?? schedule.reference ?? '';
  const place = location && placeOf(location);
  const telecoms = list(role?.telecom ?? location?.telecom);
  return {
    key: `${id} ${place?.postalCode ?? ''} ${place?.city ?? ''} ${place?.name ?? ''}`,
    id,
    name: practitioner === undefined ? (location?.name ?? id) : fullName(practitioner),
    specialty: list(role?.specialty).map(conceptName).filter(Boolean).join(', '),
    phone: telecoms.find((telecom) => telecom.system === 'phone')?.value,
    place,
    slots: [],
  };
}

function actorsOf(schedule: Resource | undefined, byReference: ReadonlyMap<string, Resource>): Resource[] {
  if (schedule === undefined || !isType(schedule, 'Schedule')) return [];
  return list(schedule.actor).flatMap(({ reference = '' }) => byReference.get(reference) ?? []);
}

function slotOf(
  { id, start, end, serviceType, appointmentType, meta, comment = '' }: Slot,
  partner: string,
): PartnerSlot {
  const codes = list(serviceType).flatMap((type) => list(type.coding).map(({ code = '' }) => code));
  return {
    id: id!,
    start: Date.parse(start),
    end: Date.parse(end),
    modes: codes.filter((code) => (MODES as readonly string[]).includes(code)),
    reasons: list(serviceType).flatMap(({ text }) => text ?? []),
    visibility: list(meta?.security).map(({ code }) => String(code).toUpperCase()),
    isWalkIn: list(appointmentType?.coding).some(({ code }) => code === 'WALKIN'),
    url: /^https?:\/\//.test(comment) ? withOrigin(comment) : undefined,
    partner,
  };
}

function nationalId(identifiers: readonly Identifier[] = []): string | undefined {
  return (
    identifiers.map(prefixed).find((identifier) => identifier?.system === IDNPS)?.value ??
    identifiers.find((identifier) => identifier.system === IDNPS)?.value
  );
}

/** The editor recognises a regulator by this parameter. Spec: 6.4 */
function withOrigin(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}origin=sas`;
}

function fullName({ name }: Practitioner): string {
  const [first = {}] = list(name);
  return [...list(first.prefix), ...list(first.given), first.family].filter(Boolean).join(' ');
}

/** The places so far, with those of one more partner. */
export function addPlaces(before: readonly ConsultationPlace[], more: readonly ConsultationPlace[]) {
  const places = new Map(before.map((place) => [place.key, place]));
  for (const place of more) places.set(place.key, merged(places.get(place.key), place));
  return [...places.values()];
}

function merged(known: ConsultationPlace | undefined, place: ConsultationPlace): ConsultationPlace {
  if (known === undefined) return place;
  const knownIds = new Set(known.slots.map((slot) => slot.id));
  return { ...known, slots: [...known.slots, ...place.slots.filter((slot) => !knownIds.has(slot.id))] };
}
