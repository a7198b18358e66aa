/**
 * The recurrence vectors of libical as a VEVENT and as an AVAILABLE, through the whole import: what is closed or open
 * is what libical lists, for as far ahead as dates are written.
 */
import { describe, expect, it } from 'vitest';
import { LIBICAL_VECTORS, localOf } from '../../scheduling/libical-vectors.test-data.ts';
import { type Interval, union } from '../../scheduling/interval.ts';
import { closedIn, importFiles, openIn } from './imported.test-data.ts';

const ZONE = 'Etc/UTC';
const DAY = 86_400_000;
const SECOND = 1000;

const texts = (starts: readonly Interval[]): string[] =>
  union([...starts]).map(({ start, end }) => `${new Date(start).toISOString()} ${new Date(end).toISOString()}`);

function fileOf(rule: string, dtstart: string, isEvent: boolean): string {
  const name = isEvent ? 'VEVENT' : 'AVAILABLE';
  const start = dtstart.includes('T') ? `DTSTART:${dtstart}Z` : `DTSTART:${dtstart}T000000Z`;
  const lines = [`BEGIN:${name}`, 'UID:a', start, 'DURATION:PT1S', `RRULE:FREQ=${rule}`, `END:${name}`];
  const body = isEvent ? lines : ['BEGIN:VAVAILABILITY', 'UID:v', ...lines, 'END:VAVAILABILITY'];
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...body, 'END:VCALENDAR', ''].join('\r\n');
}

/** DTSTART is an occurrence of an event, and counts, even where its rule does not name it (RFC 5545 3.8.5.3). */
function startsOf(rule: string, dtstart: string, starts: readonly number[], isEvent: boolean): number[] {
  const first = localOf(dtstart);
  if (!isEvent || starts.includes(first)) return [...starts];
  const count = Number(/COUNT=(\d+)/.exec(rule)?.[1] ?? Number.POSITIVE_INFINITY);
  return [first, ...starts].slice(0, count);
}

describe.each([
  ['VEVENT', true],
  ['AVAILABLE', false],
])('%s', (_name, isEvent) => {
  it.each(LIBICAL_VECTORS.map(({ rule, dtstart, starts }) => [rule, dtstart, starts] as const))(
    '%s from %s',
    async (rule, dtstart, listed) => {
      const now = localOf(dtstart) - DAY;
      const files = [fileOf(rule, dtstart, isEvent)];
      const { schedule, warnings, horizon = now + 730 * DAY } = await importFiles(files, ZONE, { now });
      expect(warnings.filter((line) => line > 0)).toEqual([]);
      const span = { start: now, end: Math.min(horizon, now + 730 * DAY) };
      const wanted = startsOf(rule, dtstart, listed, isEvent)
        .map((start) => ({ start, end: start + SECOND }))
        .filter(({ start }) => start < span.end);
      const found = (isEvent ? closedIn : openIn)(schedule, ZONE, span);
      expect(texts(found)).toEqual(texts(wanted));
    },
  );
});
