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

/** A day has no zone: noon UTC falls on the same day wherever it is formatted as UTC. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'fr-FR', { ...options, timeZone: 'UTC' });
}

function noon(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}
