/** Days and times in words, in the language of the page. */
import { dayIn, timeIn } from '../fhir/zone.ts';
import { language } from './texts.ts';

/** Two instants: an appointment, a slot, an opening. */
export interface Span {
  start: string;
  end: string;
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

/** `08:30 – 08:45` */
export function timeSpan({ start, end }: Span, zone: string): string {
  return `${timeIn(start, zone)} – ${timeIn(end, zone)}`;
}

/** `mercredi 25 novembre 2026, 08:30 – 08:45` */
export function dayAndTime(span: Span, zone: string): string {
  return `${longDay(dayIn(span.start, zone))}, ${timeSpan(span, zone)}`;
}

/** `29/02/1948`; a date of a year or a month only stays as it is. */
export function numericDay(day: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(day)
    ? format({ day: '2-digit', month: '2-digit', year: 'numeric' }).format(noon(day))
    : day;
}

/** `08:30`, in the zone of the person in front of the page. */
export function clockTime(instant: number): string {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' }).format(instant);
}

/** `heure : La Réunion` */
export function zoneName(zone: string): string {
  const parts = new Intl.DateTimeFormat(locale(), { timeZone: zone, timeZoneName: 'shortGeneric' }).formatToParts(0);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}

function locale(): string {
  return language() === 'en' ? 'en-GB' : 'fr-FR';
}

/** A day has no zone: noon UTC falls on the same day wherever it is formatted as UTC. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' });
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}
