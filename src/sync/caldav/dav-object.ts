/** One event of a collection: an appointment, a closure, or an event that a device wrote. */
import { createHash } from 'node:crypto';
import type { Component } from '../ical/text/read-calendar.ts';
import { textOf } from '../ical/text/read-calendar.ts';
import { component, property, writeCalendar } from '../ical/text/write-calendar.ts';
import { PRODUCT } from '../ical/product.ts';

export type DavObjectKind = 'appointment' | 'closure' | 'own' | 'foreign';

export interface DavObject {
  /** The last segment of its address. */
  name: string;
  uid: string;
  /** `own`: of the person who asks; `foreign`: of somebody else, without words. */
  kind: DavObjectKind;
  /** Id of the Appointment. */
  appointment?: string;
  etag: string;
  text: string;
}

/** A change of these alone does not make another version. */
const UNSTABLE = /^(dtstamp|sequence|last-modified)$/;

export function componentObject(
  name: string,
  kind: DavObjectKind,
  event: Component,
  zones: readonly Component[],
  more: Pick<DavObject, 'appointment'> = {},
): DavObject {
  const heading = [property('version', '2.0'), property('prodid', PRODUCT), property('calscale', 'GREGORIAN')];
  const text = writeCalendar(component('vcalendar', heading, [...zones, event]));
  const stable = { ...event, properties: event.properties.filter((own) => !UNSTABLE.test(own.name)) };
  return { name, uid: textOf(event, 'uid') ?? '', kind, etag: etagOf(writeCalendar(stable)), text, ...more };
}

export function etagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** A name for a UID, which may hold anything. */
export function nameOfUid(prefix: string, uid: string): string {
  return `${prefix}-${createHash('sha256').update(uid).digest('hex').slice(0, 24)}.ics`;
}
