/**
 * What partners answer, as what a regulator reads: somebody at a place with free slots. The same person and place of
 * two partners is one.
 */
import { IDNPS, prefixed } from '../../../src/fhir/french/identifiers.ts';
import type { Identifier, Json } from '../../../src/fhir/resource.ts';
import { distanceKm, type KnownPerson, type KnownPlace, type Point, placeOf } from './directory.ts';
import type { SearchSearch } from './route.ts';

export interface FreeSlot {
  id: string;
  /** Epoch milliseconds. */
  start: number;
  end: number;
  modes: string[];
  reasons: string[];
  visibility: string[];
  /** Nothing is booked: whoever comes is seen. */
  walkIn: boolean;
  /** Where it is booked, at the editor. */
  url: string | undefined;
  partner: string;
}

export interface Offer {
  key: string;
  id: string;
  name: string;
  specialty: string;
  phone: string | undefined;
  place: KnownPlace | undefined;
  slots: FreeSlot[];
}

/** The slots of one partner's Bundle, by person and place. */
export function offersOf(bundle: Json, partner: string): Offer[] {
  const resources: Json[] = (bundle?.entry ?? []).map((entry: Json) => entry.resource).filter(Boolean);
  const by = new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id}`, resource]));
  const offers = new Map<string, Offer>();
  for (const slot of resources.filter((resource) => resource.resourceType === 'Slot')) {
    const actors: Json[] = (by.get(slot.schedule?.reference)?.actor ?? [])
      .map((actor: Json) => by.get(actor.reference))
      .filter(Boolean);
    const practitioner = actors.find((actor) => actor.resourceType === 'Practitioner');
    const role = actors.find((actor) => actor.resourceType === 'PractitionerRole');
    const location =
      (role?.contained ?? []).find((contained: Json) => contained.resourceType === 'Location') ??
      actors.find((actor) => actor.resourceType === 'Location');
    const id = nationalOf(practitioner?.identifier) ?? location?.name ?? slot.schedule?.reference;
    const place = location && placeOf(location);
    const key = `${id} ${place?.postalCode ?? ''} ${place?.city ?? ''} ${place?.name ?? ''}`;
    const offer: Offer = offers.get(key) ?? {
      key,
      id,
      name: practitioner === undefined ? (location?.name ?? id) : nameOf(practitioner),
      specialty: wordsOf(role?.specialty),
      phone: (role?.telecom ?? location?.telecom ?? []).find((telecom: Json) => telecom.system === 'phone')?.value,
      place,
      slots: [],
    };
    offer.slots.push(slotOf(slot, partner));
    offers.set(key, offer);
  }
  return [...offers.values()];
}

function slotOf(slot: Json, partner: string): FreeSlot {
  const types: Json[] = slot.serviceType ?? [];
  return {
    id: slot.id,
    start: Date.parse(slot.start),
    end: Date.parse(slot.end),
    modes: types
      .flatMap((one) => (one.coding ?? []).map((coding: Json) => coding.code))
      .filter((code) => ['AMB', 'HH', 'VR'].includes(code)),
    reasons: types.map((one) => one.text).filter(Boolean),
    visibility: (slot.meta?.security ?? []).map((one: Json) => String(one.code).toUpperCase()),
    walkIn: (slot.appointmentType?.coding ?? []).some((coding: Json) => coding.code === 'WALKIN'),
    url: /^https?:\/\//.test(slot.comment ?? '') ? withOrigin(slot.comment) : undefined,
    partner,
  };
}

function nationalOf(identifiers: readonly Identifier[] = []): string | undefined {
  return (
    identifiers.map(prefixed).find((one) => one?.system === IDNPS)?.value ??
    identifiers.find((identifier) => identifier.system === IDNPS)?.value
  );
}

/** The editor recognises a regulator by it. Spec: 6.4 */
function withOrigin(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}origin=sas`;
}

function nameOf({ name: [name] = [{}] }: Json): string {
  return [...(name.prefix ?? []), ...(name.given ?? []), name.family].filter(Boolean).join(' ');
}

function wordsOf(concepts: Json[] | undefined): string {
  return (concepts ?? [])
    .map((concept) => concept.text ?? concept.coding?.[0]?.display ?? concept.coding?.[0]?.code)
    .filter(Boolean)
    .join(', ');
}

/** What one more partner says, beside what the others have said. */
export function addOffers(before: readonly Offer[], more: readonly Offer[]): Offer[] {
  const all = new Map(before.map((one) => [one.key, one]));
  for (const one of more) {
    const known = all.get(one.key);
    all.set(
      one.key,
      known === undefined
        ? one
        : {
            ...known,
            slots: [...known.slots, ...one.slots.filter((slot) => !known.slots.some((other) => other.id === slot.id))],
          },
    );
  }
  return [...all.values()];
}

export interface Card extends Offer {
  /** Id of its element. */
  anchor: string;
  distance: number | undefined;
  position: Point | undefined;
}

/** The cards that are shown: filtered, with the distance that the directory tells, the soonest or the nearest first. */
export function cardsOf(
  offers: readonly Offer[],
  people: readonly KnownPerson[],
  from: Point | undefined,
  { mode, within, seen, order }: SearchSearch,
  now: number,
): Card[] {
  const shown = offers
    .map((offer) => ({
      ...offer,
      slots: offer.slots
        .filter(
          (slot) =>
            (mode === undefined || slot.modes.includes(mode)) &&
            (within === undefined || slot.start <= now + within * 3_600_000) &&
            (seen === undefined || slot.visibility.includes(seen)),
        )
        .sort((a, b) => a.start - b.start),
    }))
    .filter((one) => one.slots.length > 0)
    .map((one) => {
      const person = people.find((other) => other.id === one.id);
      const known =
        person?.places.find((place) => place.name === one.place?.name) ??
        person?.places.find((place) => place.postalCode === one.place?.postalCode) ??
        one.place;
      const position =
        known?.latitude === undefined || known.longitude === undefined
          ? undefined
          : { latitude: known.latitude, longitude: known.longitude };
      return {
        ...one,
        anchor: `offer-${one.key.replace(/\s+/g, '-')}`,
        specialty: one.specialty || (person?.specialty ?? ''),
        position,
        distance: from !== undefined && position !== undefined ? distanceKm(from, position) : undefined,
      };
    });
  const far = Number.POSITIVE_INFINITY;
  return shown.sort(
    (a, b) =>
      (order === 'distance' ? (a.distance ?? far) - (b.distance ?? far) : 0) ||
      a.slots[0]!.start - b.slots[0]!.start ||
      a.name.localeCompare(b.name),
  );
}
