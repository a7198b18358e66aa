/**
 * The calendar that an availability comes from, written beside its own identifiers: an event that disappears from the
 * calendar disappears from the agenda, and two calendars with one event keep a closure each.
 */
import { createHash } from 'node:crypto';
import type { Identifier } from '../../../fhir/resource.ts';

const SYSTEM = 'urn:creneau:fhir:calendar';

/** The calendar of the files that are sent to `$import-ical`. */
export const SENT = 'urn:creneau:fhir:calendar-sent';

/** The calendar of the events that devices write by CalDAV. */
export const DEVICES = 'urn:creneau:fhir:calendar-devices';

/** Tells calendars apart without telling their addresses, which are secrets. */
export function sourceKey(url: string): string {
  if (url === SENT || url === DEVICES) return url === SENT ? 'sent' : 'devices';
  return createHash('sha256').update(url).digest('base64url').slice(0, 16);
}

export function sourceTag(url: string): Identifier {
  return { system: SYSTEM, value: sourceKey(url) };
}

export function isSourceTag({ system }: Identifier): boolean {
  return system === SYSTEM;
}
