/**
 * Free and busy slots: a pure function of availability, busy time and explicit Slot resources.
 * The grid of an opening starts at its start and never shifts: a slot that meets a closure or busy time is not free,
 * and those after it keep their times.
 */
import type { SlotOffer } from '../fhir/french/fr-extensions.ts';
import type { CodeableConcept } from '../fhir/resource.ts';
import type { Agenda } from './agenda.ts';
import { offersFor, openings } from './availability.ts';
import { contains, type Interval, overlaps } from './interval.ts';

/** Time taken, as the store reads it. */
export interface BusyTime extends Interval {
  /** Place among those of the capacity; `null`: recorded beside the places, and counts as one all the same. */
  lane: number | null;
  /** False: the person or thing is busy by another agenda, which blocks every place. */
  own: boolean;
}

/** A Slot that a caller wrote. */
export interface ExplicitSlot extends Interval {
  id: string;
  status: string;
}

export interface FreeSlot extends Interval {
  serviceTypes: CodeableConcept[];
  availabilityIds: string[];
  offers: SlotOffer[];
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
  const blocking = [...busy].sort((a, b) => a.start - b.start);
  const slots: FreeSlot[] = [];
  // Openings that only touch the window's end may not start a slot in it; those that meet it may.
  for (const opening of openings(agenda, window)) {
    const offers = offersFor(agenda, opening.availabilityIds);
    const capacity = capacityOf(agenda, offers);
    for (const { durationMs, serviceTypes } of agenda.series) {
      const skipped = Math.max(0, Math.ceil((window.start - opening.anchor) / durationMs));
      for (
        let start = opening.anchor + skipped * durationMs;
        start < window.end && start + durationMs <= opening.end;
        start += durationMs
      ) {
        const slot = { start, end: start + durationMs };
        if (!opening.regions.some((region) => contains(region, slot))) continue;
        if (explicit.some((written) => overlaps(written, slot))) continue;
        if (!hasRoom(slot, blocking, capacity)) continue;
        slots.push({ ...slot, serviceTypes, availabilityIds: opening.availabilityIds, offers });
      }
    }
  }
  for (const slot of explicit) {
    if (slot.status !== 'free' || slot.start < window.start || slot.start >= window.end) continue;
    if (!contains(agenda.horizon, slot) || !hasRoom(slot, blocking, agenda.capacity)) continue;
    if (explicit.some((other) => other.status !== 'free' && overlaps(other, slot))) continue;
    slots.push({
      start: slot.start,
      end: slot.end,
      serviceTypes: [],
      availabilityIds: [],
      offers: [],
      explicitId: slot.id,
    });
  }
  return slots.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** How many appointments an agenda takes at once while these offers apply. */
export function capacityOf(agenda: Agenda, offers: readonly SlotOffer[]): number {
  return Math.max(agenda.capacity, ...offers.map((offer) => offer.capacity));
}

/** Is a place left? `busy` sorted by start. The store decides by the same rule (`place_time` in commit.sql). */
export function hasRoom(slot: Interval, busy: readonly BusyTime[], capacity: number): boolean {
  return placesTaken(slot, busy, capacity) < capacity;
}

/**
 * The places that are taken during a time, at most `capacity`; `busy` sorted by start. Time of another agenda takes
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
