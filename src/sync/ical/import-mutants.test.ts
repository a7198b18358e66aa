/**
 * The promise of the import for calendars that programs write, with lines changed: time that a second reader finds busy
 * is closed, or its component is named; time that is open is open for the second reader too; the same file again
 * changes nothing. `npm run calendars` tries more of them, and asks a third reader.
 */
import fc from 'fast-check';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type Interval, subtract } from '../../scheduling/interval.ts';
import { closedIn, importFiles, openIn } from './imported.test-data.ts';
import { anyMutations, mutated } from './mutated-calendar.test-data.ts';
import { readCalendar } from './text/read-calendar.ts';
import { isReadable, type SecondSeries, secondReading } from './second-reader.test-data.ts';

const FOLDER = join(import.meta.dirname, 'cases');
const NOW = Date.UTC(2026, 10, 29, 22);
const DAY = 86_400_000;
const SPAN: Interval = { start: NOW - 30 * DAY, end: NOW + 200 * DAY };
const RUNS = Number(process.env['CALENDAR_RUNS'] ?? 800);
const SEED = Number(process.env['CALENDAR_SEED'] ?? 20_261_129);

interface Base {
  title: string;
  zone: string;
  text: string;
}

/** Calendars of one file, about the time that the tests are in. */
const BASES: Base[] = readdirSync(FOLDER)
  .flatMap((file) => readFileSync(join(FOLDER, file), 'utf8').split(/^## /m).slice(1))
  .map((part) => part.trim().split('\n'))
  .filter((lines) => !lines.includes('---'))
  .map(([title = '', about = '', ...lines]) => ({
    title,
    zone: about.split(' ')[0]!,
    text: [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN'],
      ...lines.filter((line) => !/^(=>|!!) /.test(line)),
      ...['END:VCALENDAR', ''],
    ].join('\r\n'),
  }));

/** Lines that ical.js reads in finite time: it counts long durations day by day, and looks for ever
 * for rules without starts. */
const PLAIN_RULE = /^RRULE:FREQ=(DAILY|WEEKLY|MONTHLY)(;(INTERVAL|COUNT|UNTIL|BYDAY|WKST)=[^;]*)*$/;
const isPlain = (line: string): boolean =>
  /^(RRULE|EXRULE)/i.test(line) ? PLAIN_RULE.test(line) : !/DURATION:P\d{4}|:(0001|9999)|20270328T02/.test(line);
const PLAIN = BASES.filter(({ text }) => text.split('\r\n').every(isPlain));

interface Comparison {
  lost: string[];
  opened: string[];
  seen: Tried;
}

/** For a third reader. */
interface Tried {
  zone: string;
  text: string;
  start: number;
  end: number;
  closed: [start: number, end: number][];
  /** Lines of warnings. */
  named: number[];
}

const tried: Tried[] = [];

const shown = ({ start, end }: Interval): string => `${new Date(start).toISOString()} ${new Date(end).toISOString()}`;

async function compare(text: string, zone: string): Promise<Comparison> {
  const { schedule, warnings, horizon = SPAN.end } = await importFiles([text], zone, { now: NOW });
  const span = { start: SPAN.start, end: Math.min(SPAN.end, horizon) };
  const within = (times: readonly Interval[]): Interval[] =>
    times.flatMap(({ start, end }) => {
      const part = { start: Math.max(start, span.start), end: Math.min(end, span.end) };
      return part.end > part.start ? [part] : [];
    });
  const isNamed = ({ lines }: SecondSeries): boolean =>
    warnings.some((line) => lines.some(({ start, end }) => line >= start && line <= end));
  const closed = closedIn(schedule, zone, span);
  const seen: Tried = { zone, text, ...span, closed: closed.map(({ start, end }) => [start, end]), named: warnings };
  const busy = secondReading(text, 'VEVENT', zone, span).filter((series) => !isNamed(series));
  const open = secondReading(text, 'AVAILABLE', zone, span).map(({ times }) => times);
  const isComparable = isReadable(text, 'AVAILABLE') && !open.includes(undefined);
  return {
    seen,
    lost: busy.flatMap(({ times }) => subtract(within(times ?? []), closed).map(shown)),
    opened: isComparable
      ? subtract(
          within(openIn(schedule, zone, span)),
          open.flatMap((times) => times ?? []),
        ).map(shown)
      : [],
  };
}

/** Those in which both readers agree: ical.js has mistakes of its own, and knows few zones and spellings. */
const AGREED: Base[] = [];
for (const base of PLAIN) {
  const { lost, opened } = await compare(base.text, base.zone);
  if (lost.length + opened.length === 0) AGREED.push(base);
}

afterAll(() => {
  const out = process.env['CALENDAR_OUT'];
  if (out !== undefined) writeFileSync(out, JSON.stringify(tried));
});

it('the second reader agrees on nearly all calendars', () => {
  expect(AGREED.length).toBeGreaterThan(0.8 * PLAIN.length);
});

it('busy time is closed or named, and nothing else is open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), anyMutations, async (which, mutations) => {
      const { text: base, zone } = AGREED[which % AGREED.length]!;
      const text = mutated(base, mutations);
      const { lost, opened, seen } = await compare(text, zone);
      tried.push(seen);
      expect({ lost, opened }, text).toEqual({ lost: [], opened: [] });
      if (which % 4 > 0) return;
      const [once, twice] = await Promise.all(
        [[text], [text, text]].map((files) => importFiles(files, zone, { now: NOW })),
      );
      expect(twice!.schedule, text).toEqual(once!.schedule);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});

it('a lost or damaged BEGIN or END is told wherever it costs time', async () => {
  const damages = fc.constantFrom<(line: string) => string[]>(
    () => [],
    (line) => [line.slice(0, 4)],
    (line) => [line.replace(':', '')],
    (line) => [line, line],
    (line) => [line.slice(0, -2)],
    (line) => [`${line} x`],
    () => ['END:VCALENDAR'],
    () => ['BEGIN:VCALENDAR'],
    () => ['BEGIN:VALARM'],
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), damages, async (which, at, damage) => {
      const { text, zone } = AGREED[which % AGREED.length]!;
      const lines = text.split('\r\n');
      const places = lines.flatMap((line, index) => (/^(BEGIN|END):/.test(line) ? [index] : []));
      const place = places[at % places.length]!;
      const damaged = [...lines.slice(0, place), ...damage(lines[place]!), ...lines.slice(place + 1)].join('\r\n');
      const { schedule, warnings, horizon = SPAN.end } = await importFiles([damaged], zone, { now: NOW });
      const span = { start: SPAN.start, end: Math.min(SPAN.end, horizon) };
      const busy = secondReading(text, 'VEVENT', zone, span).flatMap(({ times }) => times ?? []);
      const lost = subtract(busy, closedIn(schedule, zone, span)).filter(({ start }) => start < span.end);
      const { calendars } = readCalendar(Buffer.from(damaged));
      const isTold = calendars.length === 0 || warnings.length > 0;
      expect(isTold || lost.length === 0, damaged).toBe(true);
    }),
    { numRuns: RUNS, seed: SEED },
  );
});
