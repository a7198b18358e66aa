/** The question for free and busy time, as a calendar program puts it (VFREEBUSY of iTIP: RFC 5546, section 3.3.2). */
import type { Interval } from '../../scheduling/interval.ts';
import { DAY } from '../../scheduling/zone.ts';
import { type Component, readCalendar } from '../ical/text/read-calendar.ts';
import { momentOf } from '../ical/text/values.ts';

export interface BusyRequest {
  /** As it was written; the answer repeats it. */
  uid: string;
  organizer: string;
  /** Each once, in their order. */
  attendees: string[];
  window: Interval;
}

/** An answer has a period for each appointment of each attendee. */
const MAX_WINDOW_MS = 62 * DAY;
/** The answer repeats it for each attendee. */
const MAX_UID_LENGTH = 1000;
const ADDRESSES: ReadonlySet<string> = new Set(['organizer', 'attendee']);

/** `undefined`: another message than one whole VFREEBUSY of METHOD:REQUEST, or a window that is too long. */
export function readBusyRequest(body: string): BusyRequest | undefined {
  const { calendars, isWhole } = readCalendar(Buffer.from(body), undefined, ADDRESSES);
  const [calendar, second] = calendars;
  const parts = calendar?.components.filter(({ name }) => name !== 'vtimezone') ?? [];
  const [part, another] = parts;
  const isOne = isWhole && second === undefined && another === undefined && part?.name === 'vfreebusy';
  if (calendar === undefined || !isOne || valuesOf(calendar, 'method')[0]?.toUpperCase() !== 'REQUEST')
    return undefined;
  const [uid, organizer, start, end] = ['uid', 'organizer', 'dtstart', 'dtend'].map((name) => valuesOf(part, name)[0]);
  const attendees = [...new Set(valuesOf(part, 'attendee'))].filter(Boolean);
  const window = start && end ? windowOf(start, end) : undefined;
  if (!uid || uid.length > MAX_UID_LENGTH || !organizer || attendees.length === 0) return undefined;
  return window && { uid, organizer, attendees, window };
}

function valuesOf({ properties }: Component, name: string): string[] {
  return properties.filter((property) => property.name === name).map(({ value }) => value.trim());
}

/** Both bounds are in UTC there. */
function windowOf(from: string, to: string): Interval | undefined {
  const [start, end] = [from, to].map((text) => {
    const moment = momentOf({ parameters: {} }, text);
    return moment?.isUtc === true ? moment.local : Number.NaN;
  }) as [number, number];
  return start < end && end - start <= MAX_WINDOW_MS ? { start, end } : undefined;
}
