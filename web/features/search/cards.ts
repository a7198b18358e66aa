/** The places that are shown: filtered, located by the directory, in the order that the person asked for. Pure. */
import type { ConsultationPlace, PartnerSlot } from './consultation-places.ts';
import type { DirectoryPlace, DirectoryPractitioner } from './directory.ts';
import type { SearchParams } from './params.ts';
import { distanceKm, type Point } from './points.ts';

export interface Card extends ConsultationPlace {
  /** Id of its element. */
  anchor: string;
  distance: number | undefined;
  position: Point | undefined;
}

const HOUR_MS = 3_600_000;

export function cardsOf(
  places: readonly ConsultationPlace[],
  practitioners: readonly DirectoryPractitioner[],
  from: Point | undefined,
  params: SearchParams,
  now: number,
): Card[] {
  const cards = places
    .map((place) => ({ ...place, slots: filtered(place.slots, params, now) }))
    .filter((place) => place.slots.length > 0)
    .map((place) =>
      cardOf(
        place,
        practitioners.find(({ id }) => id === place.id),
        from,
      ),
    );
  const rank = ({ distance = Number.POSITIVE_INFINITY }: Card) => (params.order === 'distance' ? distance : 0);
  return cards.sort(
    (a, b) => compare(rank(a), rank(b)) || a.slots[0]!.start - b.slots[0]!.start || a.name.localeCompare(b.name),
  );
}

/** Infinity minus itself is not a number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function filtered(slots: readonly PartnerSlot[], { mode, within, seen }: SearchParams, now: number): PartnerSlot[] {
  return slots
    .filter((slot) => mode === undefined || slot.modes.includes(mode))
    .filter((slot) => within === undefined || slot.start <= now + within * HOUR_MS)
    .filter((slot) => seen === undefined || slot.visibility.includes(seen))
    .sort((a, b) => a.start - b.start);
}

function cardOf(
  found: ConsultationPlace,
  practitioner: DirectoryPractitioner | undefined,
  from: Point | undefined,
): Card {
  const position = positionOf(directoryPlace(found, practitioner) ?? found.place);
  return {
    ...found,
    anchor: `offer-${found.key.replace(/\s+/g, '-')}`,
    specialty: found.specialty || (practitioner?.specialty ?? ''),
    position,
    distance: from && position && distanceKm(from, position),
  };
}

/** The same place in the directory: by its name, else by its postcode. */
function directoryPlace({ place }: ConsultationPlace, practitioner: DirectoryPractitioner | undefined) {
  return (
    practitioner?.places.find(({ name }) => name === place?.name) ??
    practitioner?.places.find(({ postalCode }) => postalCode === place?.postalCode)
  );
}

function positionOf(place: DirectoryPlace | undefined): Point | undefined {
  return place?.latitude === undefined || place.longitude === undefined
    ? undefined
    : { latitude: place.latitude, longitude: place.longitude };
}
