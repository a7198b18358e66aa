/**
 * The outbox of RFC 6638: a question for the free and busy time of several people (section 5) is answered at once, for
 * the agendas that the person who asks may read. Any other address is one that nobody has.
 */
import type { DavAnswer, DavRequest } from '../../rest/files/dav-route.ts';
import type { Interval } from '../../scheduling/interval.ts';
import type { TakenTime } from '../../store/resources/agenda-reader.ts';
import { busyTimes, freeBusyLines, joinedTimes } from '../ical/out/free-busy.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { PRODUCT } from '../ical/product.ts';
import { component, property, utcValue, writeCalendar } from '../ical/text/write-calendar.ts';
import { type BusyRequest, readBusyRequest } from './busy-request.ts';
import { canonicalAddress } from './calendar-users.ts';
import { MAX_ATTENDEES, MAX_OBJECT_BYTES } from './dav-properties.ts';
import { CALDAV, DAV, document, element, escapeXml } from './dav-xml.ts';
import { precondition } from './multistatus.ts';

export interface OutboxParts {
  /** The addresses of the person whose outbox it is, in their canonical form. */
  own(): Promise<readonly string[]>;
  /** The agendas that the person may read now, by canonical address; no agenda for every other address. */
  agendasAt(addresses: readonly string[]): Promise<ReadonlyMap<string, readonly OwnedAgenda[]>>;
  /** The time that is taken of the people of these agendas, by id of Schedule. */
  taken(agendas: readonly OwnedAgenda[], window: Interval): Promise<ReadonlyMap<string, TakenTime[]>>;
  now: number;
}

export async function answerBusyRequest(request: DavRequest, parts: OutboxParts): Promise<DavAnswer> {
  if (!/^text\/calendar\b/i.test(request.header('content-type') ?? ''))
    return precondition(403, CALDAV, 'supported-calendar-data');
  if (Buffer.byteLength(request.body) > MAX_OBJECT_BYTES) return precondition(403, CALDAV, 'max-resource-size');
  const asked = readBusyRequest(request.body);
  if (asked === undefined) return precondition(403, CALDAV, 'valid-scheduling-message');
  if (asked.attendees.length > MAX_ATTENDEES) return precondition(403, CALDAV, 'max-attendees-per-instance');
  const canonical = (address: string): string => canonicalAddress(address, request.header('host'));
  if (!(await parts.own()).includes(canonical(asked.organizer))) return precondition(403, CALDAV, 'valid-organizer');
  const found = await parts.agendasAt(asked.attendees.map(canonical));
  const shown = new Map([...found.values()].flat().map((owned) => [owned.row.schedule, owned]));
  const taken = await parts.taken([...shown.values()], asked.window);
  const responses = asked.attendees.map((attendee) => {
    const agendas = found.get(canonical(attendee)) ?? [];
    if (agendas.length === 0) return responseOf(attendee, '3.7;Invalid calendar user');
    return responseOf(attendee, '2.0;Success', replyOf(asked, attendee, agendas, taken, parts.now));
  });
  return {
    status: 200,
    type: 'application/xml; charset=utf-8',
    body: document(CALDAV, 'schedule-response', responses.join('')),
    agendas: [...shown.keys()],
  };
}

function responseOf(attendee: string, status: string, reply?: string): string {
  return element(
    CALDAV,
    'response',
    element(CALDAV, 'recipient', element(DAV, 'href', escapeXml(attendee))) +
      element(CALDAV, 'request-status', status) +
      (reply === undefined ? '' : element(CALDAV, 'calendar-data', escapeXml(reply))),
  );
}

function replyOf(
  { uid, organizer, window }: BusyRequest,
  attendee: string,
  agendas: readonly OwnedAgenda[],
  taken: ReadonlyMap<string, TakenTime[]>,
  now: number,
): string {
  const times = agendas.map(({ row, agenda }) => busyTimes(agenda, taken.get(row.schedule) ?? [], window));
  const busy = component('vfreebusy', [
    property('uid', uid),
    property('dtstamp', utcValue(now)),
    property('dtstart', utcValue(window.start)),
    property('dtend', utcValue(window.end)),
    property('organizer', organizer),
    property('attendee', attendee),
    ...freeBusyLines(joinedTimes(times, window)),
  ]);
  const heading = [property('version', '2.0'), property('prodid', PRODUCT), property('method', 'REPLY')];
  return writeCalendar(component('vcalendar', heading, [busy]));
}
