/**
 * Calendars as others write them, and the time that they close or open. A case of `cases/*.txt` is a title, the zone of
 * the agenda, what is looked at and from when to when, and today if it matters; the lines of a calendar (`---`: of
 * two, sent one after the other); the expected times on the wall clock of the agenda (`=>`); and warnings that must be
 * among those of the last file (`!!`). Most come from bug reports of calendar software; the letter and number at the
 * end of a title is the number of the report in our own list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closedTimes, importFiles, NOW, openTimes } from './imported.test-data.ts';
import { readCalendar } from './text/read-calendar.ts';

const FOLDER = join(import.meta.dirname, 'cases');

interface CalendarCase {
  title: string;
  zone: string;
  kind: string;
  from: string;
  to: string;
  now: number;
  files: string[];
  expected: string[];
  told: string[];
}

function casesIn(file: string): CalendarCase[] {
  const [, ...parts] = readFileSync(join(FOLDER, file), 'utf8').split(/^## /m);
  return parts.map((part) => {
    const [title = '', about = '', ...lines] = part.trim().split('\n');
    const [zone = '', kind = '', from = '', to = '', today] = about.split(' ');
    const now = today === undefined ? NOW : Date.parse(`${today}T00:00:00Z`);
    const expected = lines.filter((line) => line.startsWith('=> ')).map((line) => line.slice(3));
    const told = lines.filter((line) => line.startsWith('!! ')).map((line) => line.slice(3));
    const text = lines.filter((line) => !/^(=>|!!) /.test(line)).join('\n');
    return {
      ...{ title, zone, kind, from, to, now },
      files: text.split('\n---\n').map((content) => calendarText(content)),
      expected: expected.filter((line) => line !== 'none'),
      told,
    };
  });
}

function calendarText(content: string): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//x//y//EN',
    ...content.split(/\r?\n/),
    'END:VCALENDAR',
    '',
  ];
  return lines.join('\r\n');
}

for (const file of readdirSync(FOLDER)) {
  describe(file.replace('.txt', ''), () => {
    it.each(casesIn(file).map((example) => [example.title, example] as const))('%s', async (_title, example) => {
      const { schedule, losses } = await importFiles(example.files, example.zone, { now: example.now });
      const times = example.kind === 'closures' ? closedTimes : openTimes;
      expect(times(schedule, example.zone, example.from, example.to)).toEqual(example.expected);
      for (const text of example.told) expect(losses.join('\n')).toContain(text);
    });
  });
}

function bigEndian(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

describe('octets', () => {
  const event = (summary: string): string =>
    calendarText(
      [
        'BEGIN:VEVENT',
        'UID:e1',
        'DTSTART;TZID=Europe/Paris:20261201T090000',
        'DTEND;TZID=Europe/Paris:20261201T100000',
        `SUMMARY:${summary}`,
        'END:VEVENT',
      ].join('\n'),
    );
  const folded = Buffer.from(event('Réunion 🙂 x'))
    .toString('latin1')
    .replace('\u00c3\u00a9', '\u00c3\r\n \u00a9')
    .replace('\u00f0\u009f', '\u00f0\r\n \u009f');
  it.each([
    ['a byte order mark', Buffer.from(`\uFEFF${event('Réunion 🙂 x')}`), undefined],
    ['LF alone', Buffer.from(event('Réunion 🙂 x').replaceAll('\r\n', '\n')), undefined],
    ['CR alone', Buffer.from(event('Réunion 🙂 x').replaceAll('\r\n', '\r')), undefined],
    ['folded inside characters', Buffer.from(folded, 'latin1'), undefined],
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${event('Réunion 🙂 x')}`, 'utf16le'), undefined],
    ['UTF-16 as declared', Buffer.from(event('Réunion 🙂 x'), 'utf16le'), 'utf-16le'],
    ['UTF-16 that nothing declares', Buffer.from(event('Réunion 🙂 x'), 'utf16le'), undefined],
    ['UTF-16, the higher octet first', bigEndian(event('Réunion 🙂 x')), undefined],
    ['UTF-16 with a mark, the higher octet first', bigEndian(`\uFEFF${event('Réunion 🙂 x')}`), 'utf-8'],
    ['UTF-16 under another of its names', Buffer.from(event('Réunion 🙂 x'), 'utf16le'), 'unicode'],
    ['UTF-8 that is said to be UTF-16', Buffer.from(event('Réunion 🙂 x')), 'utf-16'],
    ['UTF-8 that is said to be ISO 8859-1', Buffer.from(event('Réunion 🙂 x')), 'iso-8859-1'],
    ['a charset that does not exist', Buffer.from(event('Réunion 🙂 x')), 'x-none'],
    ['CR before each CRLF', Buffer.from(folded.replaceAll('\r\n', '\r\r\n'), 'latin1'), undefined],
    ['empty lines between all lines', Buffer.from(folded.replaceAll('\r\n', '\r\n\r\n'), 'latin1'), undefined],
  ])('%s: the same event', async (_title, octets, charset) => {
    const { schedule } = await importFiles([octets], 'Europe/Paris', { charset });
    expect(closedTimes(schedule, 'Europe/Paris', '2026-12-01', '2027-01-01')).toEqual(['12-01T09:00 12-01T10:00']);
    expect(JSON.stringify(schedule)).toContain('Réunion 🙂 x');
  });

  it.each([
    ['declared', 'iso-8859-1'],
    ['not declared', undefined],
    ['said to be UTF-8', 'utf-8'],
    ['said to be UTF-16', 'utf-16'],
  ])('ISO 8859-1, %s', async (_title, charset) => {
    const { schedule } = await importFiles([Buffer.from(event('Réunion'), 'latin1')], 'Europe/Paris', { charset });
    expect(JSON.stringify(schedule)).toContain('Réunion');
  });

  it('a description of 60,000 characters, folded, costs nothing', async () => {
    const long = `x&lt;p&gt;${'long texte, '.repeat(5000)}`.replace(/(.{70})/g, '$1\r\n ');
    const { schedule, issues } = await importFiles([event(`x\r\nDESCRIPTION:${long}`)], 'Europe/Paris');
    expect(issues).toEqual([]);
    expect(closedTimes(schedule, 'Europe/Paris', '2026-12-01', '2027-01-01')).toHaveLength(1);
  });
});

it('ten years of a practice: past events leave room for those to come', async () => {
  const events = Array.from({ length: 8000 }, (_, i) => {
    const start = NOW - (i + 40) * 11 * 3_600_000;
    const text = new Date(start).toISOString().slice(0, 19).replace(/[-:]/g, '');
    return `BEGIN:VEVENT\r\nUID:p${i}\r\nDTSTART:${text}Z\r\nDURATION:PT30M\r\nSUMMARY:Rendez-vous ${i}\r\nEND:VEVENT`;
  });
  const next = 'BEGIN:VEVENT\r\nUID:n\r\nDTSTART:20261201T080000Z\r\nDURATION:PT1H\r\nEND:VEVENT';
  const { schedule, issues } = await importFiles([calendarText([...events, next].join('\r\n'))], 'Europe/Paris');
  expect(closedTimes(schedule, 'Europe/Paris', '2026-12-01', '2027-01-01')).toEqual(['12-01T09:00 12-01T10:00']);
  expect(issues.filter((issue) => issue.includes('of the past'))).toHaveLength(1);
});

it('a full diary, 25 events a day for 90 days, is some hundred closures', async () => {
  const events: string[] = [];
  for (let day = Date.UTC(2026, 11, 1), days = 0; days < 90; day += 86_400_000) {
    if ([0, 6].includes(new Date(day).getUTCDay())) continue;
    days++;
    for (let i = 0; i < 25; i++) {
      const start = new Date(day + 8 * 3_600_000 + i * 900_000).toISOString().slice(0, 19).replace(/[-:]/g, '');
      events.push(
        `BEGIN:VEVENT\r\nUID:${day}-${i}\r\nDTSTART:${start}Z\r\nDURATION:PT15M\r\nSUMMARY:${i}\r\nEND:VEVENT`,
      );
    }
  }
  const { schedule } = await importFiles([calendarText(events.join('\r\n'))], 'Europe/Paris');
  expect(schedule.extension!.length).toBeLessThan(120);
  expect(closedTimes(schedule, 'Europe/Paris', '2026-12-01', '2026-12-03')).toEqual([
    '12-01T09:00 12-01T15:15',
    '12-02T09:00 12-02T15:15',
  ]);
});

it('a truncated file is recognised', () => {
  const whole = calendarText('BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261201T080000Z\r\nDURATION:PT1H\r\nEND:VEVENT');
  expect(readCalendar(Buffer.from(whole)).isWhole).toBe(true);
  expect(readCalendar(Buffer.from(whole.replace('END:VCALENDAR\r\n', ''))).isWhole).toBe(false);
});
