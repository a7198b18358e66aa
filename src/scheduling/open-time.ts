/**
 * When an agenda can take an appointment of any length, off the grid of its slots: open then, and with room. A room or
 * a device gives its time so, where a professional's agenda gives its slots; `commonTimes` brings the two together.
 */
import { rulesFor } from '../fhir/french/opening-rule.ts';
import type { Agenda } from './agenda.ts';
import { offersFor, openings } from './availability.ts';
import { contains, type Interval, overlaps, union } from './interval.ts';
import { blockingTimes, type BusyTime, capacityOf, type ExplicitSlot, hasRoom } from './slots.ts';

export interface OpenTime {
  /** `capacity`: appointments at a time. Of several regions that contain a time, the first counts. */
  regions: (Interval & { capacity: number })[];
  /** One-off closures. */
  closed: Interval[];
  /** By start. */
  busy: BusyTime[];
}

/** The time of an agenda in a window. */
export function openTime(
  agenda: Agenda,
  window: Interval,
  busy: readonly BusyTime[],
  explicit: readonly ExplicitSlot[],
): OpenTime {
  if (!agenda.active) return { regions: [], closed: [], busy: [] };
  const open = openings(agenda, window).flatMap(({ regions, availabilityIds }) => {
    const capacity = capacityOf(
      agenda,
      offersFor(agenda, availabilityIds),
      rulesFor(agenda.openingRules, availabilityIds),
    );
    return regions.map((region) => ({ ...region, capacity }));
  });
  const oneOff = explicit.filter((slot) => slot.status === 'free' && contains(agenda.horizon, slot));
  const joined = union([...open, ...oneOff]).map((region) => ({ ...region, capacity: agenda.capacity }));
  return {
    regions: [...open, ...joined],
    closed: explicit.filter((slot) => slot.status !== 'free'),
    busy: blockingTimes(busy),
  };
}

export function isFree({ regions, closed, busy }: OpenTime, time: Interval): boolean {
  const region = regions.find((region) => contains(region, time));
  return (
    region !== undefined && !closed.some((closure) => overlaps(closure, time)) && hasRoom(time, busy, region.capacity)
  );
}

/** An agenda that leads: its slots are the times, the others follow. */
export interface Leader<T> {
  agenda: T;
  /** Times that it has, by start. */
  times: readonly Interval[];
  /** Agendas that are needed beside it: one of each list, in the order of preference. */
  needs: readonly (readonly T[])[];
}

/** The times that a leader and one agenda of each of its needs have, by start, then in the order of the leaders. */
export function* commonTimes<T>(
  leaders: readonly Leader<T>[],
  fits: (agenda: T, time: Interval, beside: readonly T[]) => boolean,
): Generator<{ time: Interval; agendas: T[] }> {
  const times = leaders.flatMap((leader, rank) => leader.times.map((time) => ({ leader, rank, time })));
  times.sort((a, b) => a.time.start - b.time.start || a.time.end - b.time.end || a.rank - b.rank);
  for (const { leader, time } of times) {
    const agendas = [leader.agenda];
    for (const need of leader.needs) {
      const found = need.find((agenda) => fits(agenda, time, agendas));
      if (found !== undefined) agendas.push(found);
    }
    if (agendas.length === 1 + leader.needs.length) yield { time, agendas };
  }
}

/** Times of a length: slots that last as long, or that many in a row of one series. */
export function timesOf<T extends Interval>(
  slots: readonly T[],
  durationMs: number,
): (Interval & { first: T; slots: number })[] {
  const exact = slots.filter((slot) => slot.end - slot.start === durationMs);
  if (exact.length > 0)
    return exact.map((opening) => ({ start: opening.start, end: opening.end, first: opening, slots: 1 }));
  const byKey = new Set(slots.map((slot) => `${slot.start}/${slot.end - slot.start}`));
  return slots.flatMap((first) => {
    const step = first.end - first.start;
    const inRow = durationMs / step;
    if (!Number.isInteger(inRow)) return [];
    for (let i = 1; i < inRow; i++) if (!byKey.has(`${first.start + i * step}/${step}`)) return [];
    return [{ start: first.start, end: first.start + durationMs, first, slots: inRow }];
  });
}
