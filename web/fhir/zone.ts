/**
 * Wall-clock time of an agenda's zone and instants, from the browser's own tables (Intl): the browser's own zone counts
 * for nothing. What recurs is
 * expanded by the server; here is only what is shown and typed.
 */
import { language } from '../ui/texts.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clocks there show, as if it were UTC. */
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
 * `2026-11-25` and `08:30` there, as an instant with that place's offset: `2026-11-25T08:30:00+04:00`. In an hour that
 * is left out, the one after it.
 */
export function instantAt(day: string, time: string, zone: string): string {
  const local = Date.parse(`${day}T${time}Z`);
  // The offset before and after cover a change of the clocks on that day; the earlier of two equal hours wins.
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

/** The last day of a shorter month stands for its missing ones. */
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

/** The same instant with the zone's own offset. */
export function withOffset(instant: string | number, zone: string): string {
  const at = Math.floor(milliseconds(instant) / 1000) * 1000;
  const local = wall(at, zone);
  const minutes = Math.round((local - at) / MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${new Date(local).toISOString().slice(0, 19)}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export function minutesBetween(start: string, end: string): number {
  return Math.round((Date.parse(end) - Date.parse(start)) / MINUTE);
}

export function plusMinutes(instant: string, minutes: number, zone: string): string {
  return withOffset(Date.parse(instant) + minutes * MINUTE, zone);
}

/** `mercredi 25 novembre 2026` */
export function longDay(day: string): string {
  return format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(noon(day));
}

/** `mer. 25 nov.` */
export function shortDay(day: string): string {
  return format({ weekday: 'short', day: 'numeric', month: 'short' }).format(noon(day));
}

/** `novembre 2026` */
export function monthName(day: string): string {
  return format({ month: 'long', year: 'numeric' }).format(noon(day));
}

/** `23 – 29 novembre 2026` */
export function dayRange(from: string, to: string): string {
  return format({ day: 'numeric', month: 'long', year: 'numeric' }).formatRange(noon(from), noon(to));
}

/** `mercredi 25 novembre, 08:30 – 08:45` */
export function spoken(start: string, end: string, zone: string): string {
  return `${longDay(dayIn(start, zone))}, ${timeIn(start, zone)} – ${timeIn(end, zone)}`;
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'fr-FR', { ...options, timeZone: 'UTC' });
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}
