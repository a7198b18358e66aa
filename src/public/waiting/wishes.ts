/** Whether a time is one that somebody on the waiting list can come to, and how long it is kept for that person. */
import type { Waiting } from '../../fhir/french/waiting.ts';
import type { Appointment } from '../../fhir/resources.ts';
import type { KindTime } from '../../agenda/kinds/kind-times.ts';
import { DAY, HOUR, toLocal } from '../../scheduling/zone.ts';

/** Time nearer than this is held for nobody. */
export const NEAR_MS = 24 * HOUR;
/** How long an offer is held, by how far away its start is; below the last, nobody holds it. */
const HOLDS: readonly [startsInMs: number, heldMs: number][] = [
  [48 * HOUR, 2 * HOUR],
  [NEAR_MS, HOUR / 2],
];
const NOON_MS = 12 * HOUR;
/** 1970-01-01 was a Thursday. */
const THURSDAY = 3;

/** `undefined`: the time is so near that whoever is told and first has it. */
export function heldFor(start: number, now: number): number | undefined {
  return HOLDS.find(([startsIn]) => start - now > startsIn)?.[1];
}

/** `before`: the start of the appointment that would move, epoch ms. */
export function fits(entry: Appointment, waiting: Waiting, time: KindTime, zone: string, before?: number): boolean {
  if (waiting.offered.includes(time.id) || waiting.told.includes(time.id)) return false;
  if (before !== undefined && time.start >= before) return false;
  const local = toLocal(zone, time.start);
  const day = (((Math.floor(local / DAY) + THURSDAY) % 7) + 7) % 7;
  if (waiting.days.length > 0 && !waiting.days.includes(day)) return false;
  const isMorning = local - Math.floor(local / DAY) * DAY < NOON_MS;
  if (waiting.half !== undefined && isMorning !== (waiting.half === 'am')) return false;
  const periods = entry.requestedPeriod ?? [];
  return periods.length === 0 || periods.some(({ start, end }) => isBetween(time, start, end));
}

function isBetween({ start }: KindTime, from: string | undefined, to: string | undefined): boolean {
  const [first, last] = [Date.parse(from ?? ''), Date.parse(to ?? '')];
  return !(start < first) && !(start > last);
}
