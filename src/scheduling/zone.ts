/**
 * Wall-clock time and instants: the door to time zones. Wall-clock time exists only here and where recurrence is
 * expanded; it is written as "local milliseconds": the wall clock read as if it were UTC. Offsets are remembered
 * between two changes of the clock, so that asking is cheap (measured: 20 ns, against 4 µs through Temporal). FHIR's
 * texts are read in `fhir/date.ts`, which knows the same zones.
 */
import { Temporal } from 'temporal-polyfill';

/** Instants [from, to) with one offset, all in milliseconds. */
interface Segment {
  from: number;
  to: number;
  offset: number;
}

export const DAY = 86_400_000;
export const HOUR = 3_600_000;

const segments = new Map<string, Segment[]>();
/** A century of changes; callers who ask about all of history start over. */
const MAX_SEGMENTS = 200;

/** Is it a zone of the IANA database that this machine knows? `+02:00` is none: it has no summer. */
export function isZone(zone: string): boolean {
  if (segments.has(zone)) return true;
  if (!/^[A-Za-z][\w+/-]{1,63}$/.test(zone)) return false;
  try {
    offsetAt(zone, 0);
    return true;
  } catch {
    return false;
  }
}

/** Offset of the zone at an instant, in milliseconds east of UTC. Throws RangeError for an unknown zone. */
export function offsetAt(zone: string, instant: number): number {
  const known = segments.get(zone);
  for (let i = 0; known !== undefined && i < known.length; i++) {
    const segment = known[i]!;
    if (segment.from <= instant && instant < segment.to) return segment.offset;
  }
  const segment = segmentAt(zone, instant);
  // The zone is remembered only once it has proved to exist.
  if (known === undefined || known.length >= MAX_SEGMENTS) segments.set(zone, [segment]);
  else known.push(segment);
  return segment.offset;
}

function segmentAt(zone: string, instant: number): Segment {
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(instant)).toZonedDateTimeISO(zone);
  return {
    from:
      zoned.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    to: zoned.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offset: zoned.offsetNanoseconds / 1e6,
  };
}

/** The time of the wall clock, in local milliseconds. */
export function toLocal(zone: string, instant: number): number {
  return instant + offsetAt(zone, instant);
}

/**
 * The instant of a wall-clock time. Read twice (clocks go back), it is the first; skipped (clocks go forward), `exists`
 * is false and the instant is as if the clock had not moved yet, as RFC 5545 3.3.5 says.
 */
export function toInstant(zone: string, local: number): { instant: number; exists: boolean } {
  const before = offsetAt(zone, local - DAY);
  const after = offsetAt(zone, local + DAY);
  const first = local - before;
  if (before === after || offsetAt(zone, first) === before) return { instant: first, exists: true };
  const second = local - after;
  return offsetAt(zone, second) === after ? { instant: second, exists: true } : { instant: first, exists: false };
}

/**
 * `2026-03-29T08:00:00+02:00`; with milliseconds when `millis` (the form that the SAS wants), or when there are any.
 */
export function formatInstant(instant: number, zone: string, millis = false): string {
  const offset = offsetAt(zone, instant);
  const local = instant + offset;
  const day = Math.floor(local / DAY);
  const time = local - day * DAY;
  const seconds = Math.floor(time / 1000);
  const fraction = millis || time % 1000 !== 0 ? `.${String(time % 1000).padStart(3, '0')}` : '';
  return (
    `${dateText(day)}T${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:` +
    `${two(seconds % 60)}${fraction}${offsetText(offset)}`
  );
}

/** `2026-03-29`, the day that the wall clock shows. */
export function localDate(instant: number, zone: string): string {
  return dateText(Math.floor(toLocal(zone, instant) / DAY));
}

const TWO_DIGITS = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const two = (number: number): string => TWO_DIGITS[number]!;

/** An answer full of slots repeats a few days thousands of times. */
const dates = new Map<number, string>();

function dateText(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const text = new Date(day * DAY).toISOString().slice(0, -14);
  if (dates.size > 4000) dates.clear();
  dates.set(day, text);
  return text;
}

function offsetText(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60_000);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
