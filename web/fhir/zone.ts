/** Wall-clock time of an agenda's zone and instants; the browser's own zone counts for nothing. The door of temporal-polyfill. */
import { Temporal } from 'temporal-polyfill';
import { language } from '../shell/texts.ts';

/** `2026-11-25` and `08:30` there, as an instant with that place's offset: `2026-11-25T08:30:00+04:00`. */
export function instantAt(day: string, time: string, zone: string): string {
  return Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(zone).toString({ timeZoneName: 'never', smallestUnit: 'second' });
}

export function dayIn(instant: string | number, zone: string): string {
  return zoned(instant, zone).toPlainDate().toString();
}

/** `08:30` */
export function timeIn(instant: string | number, zone: string): string {
  return zoned(instant, zone).toPlainTime().toString({ smallestUnit: 'minute' });
}

export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

export function addMonths(day: string, months: number): string {
  return Temporal.PlainDate.from(day).add({ months }).toString();
}

/** Monday is 1. */
export function weekday(day: string): number {
  return Temporal.PlainDate.from(day).dayOfWeek;
}

export function firstOfMonth(day: string): string {
  return Temporal.PlainDate.from(day).with({ day: 1 }).toString();
}

/** The same instant with the zone's own offset. */
export function withOffset(instant: string | number, zone: string): string {
  return zoned(instant, zone).toString({ timeZoneName: 'never', smallestUnit: 'second' });
}

export function minutesBetween(start: string, end: string): number {
  return Math.round((Date.parse(end) - Date.parse(start)) / 60_000);
}

export function plusMinutes(instant: string, minutes: number, zone: string): string {
  return withOffset(Date.parse(instant) + minutes * 60_000, zone);
}

function zoned(instant: string | number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(typeof instant === 'number' ? instant : Date.parse(instant)).toZonedDateTimeISO(zone);
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
