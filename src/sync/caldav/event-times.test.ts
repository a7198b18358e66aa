/** The ranges of RFC 4791, section 9.9: rows of its table for VEVENT, and series, exceptions and moved occurrences. */
import { describe, expect, it } from 'vitest';
import { readCalendar } from '../ical/text/read-calendar.ts';
import { fallsInto } from './event-times.ts';

const NOW = Date.UTC(2026, 10, 29);

function falls(from: string, to: string, ...events: string[][]): boolean {
  const lines = events.flatMap((event) => ['BEGIN:VEVENT', 'UID:a', ...event, 'END:VEVENT']);
  const text = ['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  const range = { start: Date.parse(`2026-12-${from}Z`), end: Date.parse(`2026-12-${to}Z`) };
  return fallsInto(readCalendar(Buffer.from(text)).calendars, 'Europe/Paris', NOW, range);
}

const START = 'DTSTART:20261201T090000Z';
const WEEKLY = [START, 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY'];
const MOVED = ['RECURRENCE-ID:20261208T090000Z', 'DTSTART:20261210T150000Z', 'DURATION:PT1H'];

describe('a range', () => {
  it.each<[string, boolean, string, string, string[][]]>([
    ['ends where the event begins', false, '01T08:00', '01T09:00', [[START, 'DTEND:20261201T100000Z']]],
    ['begins where the event ends', false, '01T10:00', '01T11:00', [[START, 'DTEND:20261201T100000Z']]],
    ['lies in the event', true, '01T09:15', '01T09:30', [[START, 'DTEND:20261201T100000Z']]],
    ['meets a duration', true, '01T09:59', '01T11:00', [[START, 'DURATION:PT1H']]],
    ['begins with an event without length', true, '01T09:00', '01T09:30', [[START]]],
    ['begins after an event without length', false, '01T09:01', '01T09:30', [[START]]],
    ['ends with an event without length', false, '01T08:00', '01T09:00', [[START, 'DURATION:PT0S']]],
    ['begins with an event that ends as it begins', true, '01T09:00', '01T10:00', [[START, 'DTEND:20261201T090000Z']]],
    ['meets the day of the agenda', true, '01T22:30', '01T23:00', [['DTSTART;VALUE=DATE:20261201']]],
    ['follows the day of the agenda', false, '01T23:00', '01T23:30', [['DTSTART;VALUE=DATE:20261201']]],
    ['meets a later occurrence', true, '15T09:30', '15T09:45', [WEEKLY]],
    ['lies between occurrences', false, '10T00:00', '14T00:00', [WEEKLY]],
    [
      'lies after the last occurrence',
      false,
      '15T00:00',
      '20T00:00',
      [[...WEEKLY.slice(0, 2), `${WEEKLY[2]};COUNT=2`]],
    ],
    ['meets an exception', false, '08T09:00', '08T10:00', [[...WEEKLY, 'EXDATE:20261208T090000Z']]],
    ['meets the old place of a moved occurrence', false, '08T09:00', '08T10:00', [WEEKLY, MOVED]],
    ['meets the new place of a moved occurrence', true, '10T15:00', '10T16:00', [WEEKLY, MOVED]],
    [
      'meets an event that takes no time',
      true,
      '01T09:00',
      '01T10:00',
      [[START, 'DURATION:PT1H', 'TRANSP:TRANSPARENT']],
    ],
    ['meets a cancelled event', true, '01T09:00', '01T10:00', [[START, 'DURATION:PT1H', 'STATUS:CANCELLED']]],
  ])('%s: %s', (_title, expected, from, to, events) => expect(falls(from, to, ...events)).toBe(expected));
});
