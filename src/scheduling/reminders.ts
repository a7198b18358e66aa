/**
 * When a patient is reminded of an appointment: some hours before it, by the clock of the place, and never at night.
 * Pure. ADR 0037
 */
import { HOUR, toInstant, toLocal, DAY } from './zone.ts';

/** Nobody is woken: from nine in the evening to eight in the morning. */
export const NIGHT = { from: 21, to: 8 };
/** A reminder of the night comes in the evening before. */
const EVENING = 20;
/** In the morning it is a reminder only so long before the appointment. */
const LEAST_MS = 2 * HOUR;
const WEEK_HOURS = 168;
/** Somebody who booked ten days ahead has had time to forget. */
const FAR_MS = 10 * DAY;

/** Hours before the start, where nobody has said which. `hours`: the setting of the server, 0 for none. */
export function usualHours(hours: number, isFarToo: boolean, start: number, now: number): number[] {
  if (hours === 0) return [];
  return isFarToo && start - now > FAR_MS && hours < WEEK_HOURS ? [WEEK_HOURS, hours] : [hours];
}

/** Is it night at that instant? */
export function isNight(instant: number, zone: string): boolean {
  const hour = hourOf(instant, zone);
  return hour >= NIGHT.from || hour < NIGHT.to;
}

/** The first instant from this one on that is not at night. */
export function afterNight(instant: number, zone: string): number {
  if (!isNight(instant, zone)) return instant;
  const day = dayOf(instant, zone) + (hourOf(instant, zone) >= NIGHT.from ? DAY : 0);
  return toInstant(zone, day + NIGHT.to * HOUR).instant;
}

/** When a reminder so many hours before the start leaves; `undefined`: it is too late for one. */
export function reminderAt(start: number, hours: number, zone: string, now: number): number | undefined {
  const due = start - hours * HOUR;
  if (due <= now) return undefined;
  if (!isNight(due, zone)) return due;
  const day = dayOf(due, zone) - (hourOf(due, zone) < NIGHT.to ? DAY : 0);
  const evening = toInstant(zone, day + EVENING * HOUR).instant;
  if (evening > now) return evening;
  const morning = afterNight(due, zone);
  return morning <= start - LEAST_MS ? morning : undefined;
}

function dayOf(instant: number, zone: string): number {
  return Math.floor(toLocal(zone, instant) / DAY) * DAY;
}

function hourOf(instant: number, zone: string): number {
  return Math.floor((toLocal(zone, instant) - dayOf(instant, zone)) / HOUR);
}
