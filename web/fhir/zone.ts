/**
 * Wall-clock time in an agenda's zone, computed with the browser's tables (Intl) and never with the browser's own zone.
 * The server expands recurrences; this file only converts the times that people read and type.
 */

/** The zone of everything that names none. */
export const FRANCE = 'Europe/Paris';

const DAY = 86_400_000;
const MINUTE = 60_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** The wall-clock time of the zone, written as if it were UTC. */
function wall(instant: number, zone: string): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const part = Object.fromEntries(
    clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  ) as Record<string, number>;
  return Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!, part['second']!);
}

function milliseconds(instant: string | number): number {
  return typeof instant === 'number' ? instant : Date.parse(instant);
}

/**
 * `2026-11-25` and `08:30` in a zone, as an instant with the offset of that zone: `2026-11-25T08:30:00+04:00`. A time
 * that a clock change skips becomes the same time one hour later.
 */
export function instantAt(day: string, time: string, zone: string): string {
  const local = Date.parse(`${day}T${time}Z`);
  // The offsets of the day before and the day after cover a clock change; of an hour that occurs twice, the first wins.
  const candidates = [
    local - (wall(local - DAY, zone) - (local - DAY)),
    local - (wall(local + DAY, zone) - (local + DAY)),
  ];
  const exact = candidates.filter((candidate) => wall(candidate, zone) === local);
  return withOffset(exact.length > 0 ? Math.min(...exact) : candidates[0]!, zone);
}

export function dayIn(instant: string | number, zone: string): string {
  return new Date(wall(milliseconds(instant), zone)).toISOString().slice(0, 10);
}

/** `08:30` */
export function timeIn(instant: string | number, zone: string): string {
  return new Date(wall(milliseconds(instant), zone)).toISOString().slice(11, 16);
}

export function addDays(day: string, days: number): string {
  return new Date(noon(day).getTime() + days * DAY).toISOString().slice(0, 10);
}

/** A day that the month does not have becomes its last day. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}

/** Monday is 1. */
export function weekday(day: string): number {
  return noon(day).getUTCDay() || 7;
}

export function firstOfMonth(day: string): string {
  return `${day.slice(0, 8)}01`;
}

/** The same instant, written with the offset of the zone. */
export function withOffset(instant: string | number, zone: string): string {
  const at = Math.floor(milliseconds(instant) / 1000) * 1000;
  const local = wall(at, zone);
  const minutes = Math.round((local - at) / MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${new Date(local).toISOString().slice(0, 19)}${offset}`;
}

export function minutesBetween(start: string, end: string): number {
  return Math.round((Date.parse(end) - Date.parse(start)) / MINUTE);
}

export function plusMinutes(instant: string, minutes: number, zone: string): string {
  return withOffset(Date.parse(instant) + minutes * MINUTE, zone);
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}
