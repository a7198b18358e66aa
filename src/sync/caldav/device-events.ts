/** Events that devices wrote: whole for their author, without words for everybody else who sees the agenda. */
import { parseJson } from '../../fhir/json.ts';
import type { Author } from '../../server/authors.ts';
import type { CalendarObject } from '../../store/records/calendar-devices.ts';
import { withoutWords } from '../ical/follow/device-calendar.ts';
import { type Component, readCalendar } from '../ical/text/read-calendar.ts';
import { component, property, writeCalendar } from '../ical/text/write-calendar.ts';
import { PRODUCT } from '../ical/product.ts';
import { type DavObject, etagOf } from './dav-object.ts';

/** The same person or program has the same key, whatever else changes about it. */
export function authorKey(author: string): string {
  const { caller, identity } = parseJson(author) as Author;
  return JSON.stringify(identity === undefined ? [caller] : [identity.issuer, identity.subject]);
}

/** `viewer`: the key of the author who looks. */
export function deviceEvents({ name, uid, body, author }: CalendarObject, viewer: string): DavObject {
  if (authorKey(author) === viewer) return { name, uid, kind: 'own', etag: etagOf(body), text: body };
  const text = readCalendar(Buffer.from(body)).calendars.map(masked).map(writeCalendar).join('');
  return { name, uid, kind: 'foreign', etag: etagOf(text), text };
}

function masked(calendar: Component): Component {
  const { components } = withoutWords(calendar);
  const heading = [property('version', '2.0'), property('prodid', PRODUCT)];
  return component(
    'vcalendar',
    heading,
    components.map((part) =>
      part.name === 'vevent' ? { ...part, properties: [...part.properties, property('summary', 'Occupé')] } : part,
    ),
  );
}
