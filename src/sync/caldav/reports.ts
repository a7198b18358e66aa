/** REPORT on a collection: objects by filter, by address, or those that changed since a token. */
import { FhirError } from '../../fhir/issue.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { type DavAnswer, decodedSegment } from '../../rest/files/dav-route.ts';
import { freeBusyComponent } from '../ical/out/free-busy.ts';
import type { TakenTime } from '../../store/resources/agenda-reader.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { PRODUCT } from '../ical/product.ts';
import { readCalendar } from '../ical/text/read-calendar.ts';
import { momentOf } from '../ical/text/values.ts';
import { component, property, writeCalendar } from '../ical/text/write-calendar.ts';
import type { AgendaCollections } from './collection.ts';
import type { DavObject } from './dav-object.ts';
import { objectProperties, tokenUri } from './dav-properties.ts';
import { CALDAV, childOf, DAV, type DavElement, element, href, asWritten } from './dav-xml.ts';
import { fallsInto } from './event-times.ts';
import { goneResponse, multistatus, precondition, responseAt, responseOf, wantedIn } from './multistatus.ts';

export interface ReportParts {
  /** Path of the collection, with a slash at its end. */
  path: string;
  owned: OwnedAgenda;
  objects: readonly DavObject[];
  collections: AgendaCollections;
  taken(window: Interval): Promise<TakenTime[]>;
  now: number;
}

export function reportOf(request: DavElement | undefined, parts: ReportParts): Promise<DavAnswer> | DavAnswer {
  switch (request?.name) {
    case 'calendar-query':
      return calendarQuery(request, parts);
    case 'calendar-multiget':
      return multiget(request, parts);
    case 'sync-collection':
      return syncCollection(request, parts);
    case 'free-busy-query':
      return freeBusy(request, parts);
    default:
      return precondition(403, DAV, 'supported-report');
  }
}

function calendarQuery(request: DavElement, { path, owned, objects, now }: ReportParts): DavAnswer {
  const calendar = childOf(childOf(request, 'filter'), 'comp-filter');
  const event = childOf(calendar, 'comp-filter');
  const wanted = wantedIn(request);
  const isEvents = event === undefined || event.attributes['name']?.toUpperCase() === 'VEVENT';
  const range = childOf(event, 'time-range');
  const window = range && rangeOf(range);
  const found = objects.filter((object) => {
    if (!isEvents) return false;
    if (window === undefined) return true;
    const { calendars } = readCalendar(Buffer.from(object.text));
    return fallsInto(calendars, owned.agenda.zone, now, window);
  });
  return multistatus(found.map((object) => responseOf(path + object.name, objectProperties(object), wanted)));
}

/** Throws `value` (400) for a bound that is not a UTC time, and for a range without time. */
function rangeOf({ attributes }: DavElement): Interval {
  const bound = (name: string, open: number): number => {
    const text = attributes[name];
    if (text === undefined) return open;
    const moment = momentOf({ parameters: {} }, text);
    if (moment?.isUtc === true) return moment.local;
    throw new FhirError('value', `time-range: ${name} is not a time in UTC`, { text: 'Période illisible.' });
  };
  const range = { start: bound('start', Number.NEGATIVE_INFINITY), end: bound('end', Number.POSITIVE_INFINITY) };
  if (range.start < range.end) return range;
  throw new FhirError('value', 'time-range: it ends before it begins', { text: 'Période illisible.' });
}

function multiget(request: DavElement, { path, objects }: ReportParts): DavAnswer {
  const byName = new Map(objects.map((object) => [object.name, object]));
  const wanted = wantedIn(request);
  const paths = request.children.filter(({ name }) => name === 'href').map(({ text }) => text.trim());
  return multistatus(
    paths.map((asked) => {
      const name = decodedSegment(asked.slice(asked.lastIndexOf('/') + 1));
      const object = asked.includes(path) ? byName.get(name) : undefined;
      if (object === undefined) return goneResponse(asWritten(asked));
      return responseAt(asWritten(asked), objectProperties(object), wanted);
    }),
  );
}

async function syncCollection(request: DavElement, parts: ReportParts): Promise<DavAnswer> {
  const { path, owned, objects, collections } = parts;
  const wanted = wantedIn(request);
  const asked = childOf(request, 'sync-token')?.text.trim() ?? '';
  const token = await collections.tokenOf(owned.row.schedule, objects);
  const before =
    asked === ''
      ? new Map<string, string>()
      : await collections.stateOf(owned.row.schedule, asked.replace(tokenUri(''), ''));
  if (before === undefined) return precondition(403, DAV, 'valid-sync-token');
  const changed = objects.filter(({ name, etag }) => before.get(name) !== etag);
  const names = new Set(objects.map(({ name }) => name));
  const gone = [...before.keys()].filter((name) => !names.has(name));
  return multistatus(
    [
      ...changed.map((object) => responseOf(path + object.name, objectProperties(object), wanted)),
      ...gone.map((name) => goneResponse(href(path + name))),
    ],
    element(DAV, 'sync-token', tokenUri(token)),
  );
}

const MAX_FREE_BUSY_MS = 366 * 86_400_000;

async function freeBusy(request: DavElement, { owned, taken }: ReportParts): Promise<DavAnswer> {
  const range = childOf(request, 'time-range');
  const window = range && rangeOf(range);
  if (window === undefined || !(window.end - window.start <= MAX_FREE_BUSY_MS))
    return precondition(403, CALDAV, 'valid-filter');
  const busy = freeBusyComponent(owned, await taken(window), window);
  const heading = [property('version', '2.0'), property('prodid', PRODUCT)];
  return {
    status: 200,
    type: 'text/calendar; charset=utf-8',
    body: writeCalendar(component('vcalendar', heading, [busy])),
  };
}
