/** The questions for free and busy time that are understood. */
import { expect, it } from 'vitest';
import { readBusyRequest } from './busy-request.ts';

const LINES = [
  ...['BEGIN:VCALENDAR', 'METHOD:REQUEST', 'BEGIN:VFREEBUSY', 'UID:a\\,b', 'ORGANIZER:mailto:a@x.example'],
  ...['ATTENDEE;CN="B:;,":mailto:b@x.example', 'attendee: mailto:c@x.example ', 'ATTENDEE:mailto:b@x.example'],
  ...['DTSTART:20261203T000000Z', 'DTEND:20261204T000000Z', 'END:VFREEBUSY', 'END:VCALENDAR'],
];
const without = (name: string, ...instead: string[]): string =>
  LINES.flatMap((line) => (line.toLowerCase().startsWith(name) ? instead : [line])).join('\r\n');

it('is read, each attendee once', () => {
  const attendees = ['mailto:b@x.example', 'mailto:c@x.example'];
  const window = { start: Date.UTC(2026, 11, 3), end: Date.UTC(2026, 11, 4) };
  const asked = { uid: 'a\\,b', organizer: 'mailto:a@x.example', attendees, window };
  expect(readBusyRequest(LINES.join('\r\n'))).toEqual(asked);
  expect(readBusyRequest(without('end:vfree', 'COMMENT:line', 'END:VFREEBUSY'))).toEqual(asked);
});

it.each([
  ['uid'],
  ['uid', `UID:${'u'.repeat(1001)}`],
  ['organizer'],
  ['organizer', 'ORGANIZER:'],
  ['attendee'],
  ['attendee', 'ATTENDEE:', 'ATTENDEE;CN=x'],
  ['method'],
  ['method', 'METHOD:REPLY'],
  ['dtstart'],
  ['dtstart', 'DTSTART:20261203T000000'],
  ['dtstart', 'DTSTART;TZID=Europe/Paris:20261203T000000'],
  ['dtstart', 'DTSTART;VALUE=DATE:20261203'],
  ['dtstart', 'DTSTART:20261204T000000Z'],
  ['dtend'],
  ['dtend', 'DTEND:20261202T000000Z'],
  ['dtend', 'DTEND:20270301T000000Z'],
  ['dtend', 'DTEND:99999999T999999Z'],
  ['end:vfreebusy'],
  ['end:vcalendar'],
  ['end:vcalendar', 'END:VCALENDAR', ...LINES],
  ['end:vcalendar', 'BEGIN:VEVENT', 'UID:e', 'END:VEVENT', 'END:VCALENDAR'],
  ['begin:vfreebusy', 'BEGIN:VEVENT'],
])('is not understood: instead of %s, %j', (name, ...instead) =>
  expect(readBusyRequest(without(name, ...instead))).toBeUndefined(),
);
