/** A wall clock of a calendar: a zone of the IANA database, a fixed offset, or the rules of a VTIMEZONE. */
import { DAY, offsetAt } from '../../../scheduling/zone.ts';

export interface Clock {
  /** The zone of the IANA database, if it is one. */
  zone?: string;
  /** Milliseconds east of UTC. */
  offsetAt(instant: number): number;
}

export function zoneClock(zone: string): Clock {
  return { zone, offsetAt: (instant) => offsetAt(zone, instant) };
}

export function fixedClock(offset: number): Clock {
  return offset === 0 ? zoneClock('Etc/UTC') : { offsetAt: () => offset };
}

export function localOf(clock: Clock, instant: number): number {
  return instant + clock.offsetAt(instant);
}

/**
 * The instant of a wall-clock time. A time that the clock shows twice is the first; one that it skips is as if it had
 * not moved yet (RFC 5545 3.3.5).
 */
export function instantOf(clock: Clock, local: number): number {
  const before = clock.offsetAt(local - DAY);
  const first = local - before;
  if (clock.offsetAt(first) === before) return first;
  const after = clock.offsetAt(local + DAY);
  const second = local - after;
  return clock.offsetAt(second) === after ? second : first;
}

/** Do two clocks show the same time at every moment between? Looked at each week, and around given instants. */
export function agree(a: Clock, b: Clock, from: number, to: number, around: readonly number[] = []): boolean {
  if (a.zone !== undefined && a.zone === b.zone) return true;
  const isSame = (instant: number): boolean => a.offsetAt(instant) === b.offsetAt(instant);
  for (let instant = from; instant < to; instant += 7 * DAY) if (!isSame(instant)) return false;
  return isSame(to) && around.every((instant) => isSame(instant) && isSame(instant - 1000));
}
