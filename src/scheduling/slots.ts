/**
 * Free and busy slots: a pure function of availability, busy time and explicit Slot resources.
 * The grid of an opening starts at its start and never shifts: a slot that meets a closure or busy time is not free,
 * and those after it keep their times.
 */
import type { SlotOffer } from '../fhir/french/fr-extensions.ts';
import { namesKinds, type OpeningRule, rulesFor, takesKind } from '../fhir/french/opening-rule.ts';
import type { CodeableConcept } from '../fhir/resource.ts';
import type { Agenda } from './agenda.ts';
import type { AgendaKind, Grid } from './agenda-kinds.ts';
import { offersFor, openings } from './availability.ts';
import { contains, type Interval, overlaps } from './interval.ts';

/** Time taken, as the store reads it. */
export interface BusyTime extends Interval {
  /** Place among those of the capacity; `null`: recorded beside the places, and counts as one all the same. */
  lane: number | null;
  /** False: the person or thing is busy by another agenda, which blocks every place. */
  own: boolean;
  /** Kept free after it: no part of the appointment. */
  bufferMs?: number;
  /** Key of its kind of visit. */
  kind?: string | null;
  /** How many its kind lets come at the same time; absent: as many as the agenda does. */
  places?: number | null;
}

/** A Slot that a caller wrote. */
export interface ExplicitSlot extends Interval {
  id: string;
  status: string;
  /** Keys of its service types. */
  types?: readonly string[];
}

export interface FreeSlot extends Interval {
  serviceTypes: CodeableConcept[];
  availabilityIds: string[];
  offers: SlotOffer[];
  /** Kinds of visit that may take it. */
  kinds: readonly AgendaKind[];
  /** Those of its opening. */
  rules: readonly OpeningRule[];
  /** Id of the Slot resource when it is a one-off opening. */
  explicitId?: string;
}

/** Free slots that start in the window, by start, then by length. */
export function freeSlots(
  agenda: Agenda,
  window: Interval,
  busy: readonly BusyTime[],
  explicit: readonly ExplicitSlot[],
): FreeSlot[] {
  if (!agenda.active) return [];
  const blocking = blockingTimes(busy);
  const slots: FreeSlot[] = [];
  // Openings that only touch the window's end may not start a slot in it; those that meet it may.
  for (const opening of openings(agenda, window)) {
    const { availabilityIds } = opening;
    const offers = offersFor(agenda, availabilityIds);
    const rules = rulesFor(agenda.openingRules, availabilityIds);
    // Only grids of kinds have slots that start and end alike.
    const found: FreeSlot[] = agenda.kinds.length === 0 ? slots : [];
    for (const grid of gridsIn(agenda, rules)) {
      const { durationMs, stepMs, bufferMs, serviceTypes, kinds } = grid;
      const taking = { bufferMs, kinds, places: Math.max(grid.places, capacityOf(agenda, offers, rules)) };
      const skipped = Math.max(0, Math.ceil((window.start - opening.anchor) / stepMs));
      for (
        let start = opening.anchor + skipped * stepMs;
        start < window.end && start + durationMs <= opening.end;
        start += stepMs
      ) {
        const slot = { start, end: start + durationMs };
        if (!opening.regions.some((region) => contains(region, slot))) continue;
        if (explicit.some((written) => overlaps(written, slot))) continue;
        if (!isRoomFor(slot, blocking, taking)) continue;
        // Each property by its name: a spread costs more than all the rest of the loop.
        found.push({ start, end: slot.end, serviceTypes, availabilityIds, offers, kinds, rules });
      }
    }
    if (found !== slots) slots.push(...joinEqual(found));
  }
  for (const slot of explicit) {
    if (slot.status !== 'free' || slot.start < window.start || slot.start >= window.end) continue;
    const kinds = explicitKinds(agenda, slot, blocking);
    if (!contains(agenda.horizon, slot) || (kinds.length === 0 && !hasRoom(slot, blocking, agenda.capacity))) continue;
    if (explicit.some((other) => other.status !== 'free' && overlaps(other, slot))) continue;
    slots.push({
      start: slot.start,
      end: slot.end,
      serviceTypes: [],
      availabilityIds: [],
      offers: [],
      kinds,
      rules: [],
      explicitId: slot.id,
    });
  }
  return slots.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The kinds that a Slot names, and for which it is as long as they last. */
function explicitKinds({ kinds, capacity }: Agenda, slot: ExplicitSlot, blocking: readonly BusyTime[]): AgendaKind[] {
  return kinds.filter(
    (kind) =>
      slot.types?.includes(kind.key) === true &&
      slot.end - slot.start === kind.durationMs &&
      isRoomFor(slot, blocking, { bufferMs: kind.bufferMs, places: Math.max(kind.places, capacity), kinds: [kind] }),
  );
}

const NONE: readonly OpeningRule[] = [];
/** Of each agenda, the grids of its restricted openings: slots share their service types by identity. */
const restricted = new WeakMap<Agenda, Map<string, Grid[]>>();

/** The grids of an opening: those of the kinds that it takes, where it says which. */
function gridsIn(agenda: Agenda, rules: readonly OpeningRule[]): readonly Grid[] {
  if (rules.every(({ kinds, modes }) => kinds.length + modes.length === 0)) return agenda.grids;
  let known = restricted.get(agenda);
  if (known === undefined) {
    known = new Map();
    restricted.set(agenda, known);
  }
  const key = JSON.stringify(rules.map(({ kinds, modes }) => [kinds, modes]));
  let grids = known.get(key);
  if (grids === undefined) {
    grids = agenda.grids.flatMap((grid) => {
      if (grid.kinds.length === 0) return namesKinds(rules) ? [] : [grid];
      const kinds = grid.kinds.filter((kind) => takesKind(rules, kind));
      return kinds.length === 0 ? [] : [{ ...grid, kinds, serviceTypes: kinds.map(({ serviceType }) => serviceType) }];
    });
    known.set(key, grids);
  }
  return grids;
}

/** Slots of several grids that start and end alike are one slot, of the kinds of all of them. */
function joinEqual(slots: readonly FreeSlot[]): FreeSlot[] {
  const byTime = new Map<string, FreeSlot[]>();
  for (const slot of slots) {
    const key = `${slot.start} ${slot.end}`;
    byTime.set(key, [...(byTime.get(key) ?? []), slot]);
  }
  return [...byTime.values()].map(([first, ...others]) =>
    others.length === 0
      ? first!
      : {
          ...first!,
          serviceTypes: [first!, ...others].flatMap(({ serviceTypes }) => serviceTypes),
          kinds: [first!, ...others].flatMap(({ kinds }) => kinds),
        },
  );
}

/** How many appointments an agenda takes at once while these offers and rules apply. */
export function capacityOf(agenda: Agenda, offers: readonly SlotOffer[], rules: readonly OpeningRule[] = NONE): number {
  return Math.max(agenda.capacity, ...[...offers, ...rules].map(({ capacity }) => capacity));
}

/** How an appointment of these kinds would take its time. */
interface Taking {
  bufferMs: number;
  places: number;
  kinds: readonly AgendaKind[];
}

/**
 * Is a place left, with the time to be kept free afterwards? `busy`: `blockingTimes`. Nobody joins an appointment of
 * another kind in greater number than that kind lets come. `place_time` in commit.sql decides by the same rule.
 */
function isRoomFor(slot: Interval, busy: readonly BusyTime[], { bufferMs, places, kinds }: Taking): boolean {
  const wide = bufferMs === 0 ? slot : { start: slot.start, end: slot.end + bufferMs };
  let capacity = places;
  if (capacity > 1)
    for (const time of busy) {
      if (time.start >= wide.end) break;
      const isOther = kinds.every(({ key }) => key !== time.kind);
      if (time.places && isOther && time.end > wide.start) capacity = Math.min(capacity, time.places);
    }
  return hasRoom(wide, busy, capacity);
}

/** The time taken, by start; each ends with what is kept free after it. */
export function blockingTimes(busy: readonly BusyTime[]): BusyTime[] {
  return busy
    .map((time) => (time.bufferMs ? { ...time, end: time.end + time.bufferMs, bufferMs: 0 } : time))
    .sort((a, b) => a.start - b.start);
}

/** Is a place left? `busy`: `blockingTimes`. The store decides by the same rule (`place_time` in commit.sql). */
export function hasRoom(slot: Interval, busy: readonly BusyTime[], capacity: number): boolean {
  return placesTaken(slot, busy, capacity) < capacity;
}

/**
 * The places that are taken during a time, at most `capacity`; `busy`: `blockingTimes`. Time of another agenda takes
 * them all. Each time that was recorded beside the places takes one.
 */
export function placesTaken(slot: Interval, busy: readonly BusyTime[], capacity: number): number {
  let lanes: Set<number> | undefined;
  let beside = 0;
  for (const time of busy) {
    if (time.start >= slot.end) break;
    if (time.end <= slot.start) continue;
    if (!time.own || capacity === 1) return capacity;
    lanes ??= new Set();
    if (time.lane === null) beside++;
    else lanes.add(time.lane);
    if (lanes.size + beside >= capacity) return capacity;
  }
  return (lanes?.size ?? 0) + beside;
}
