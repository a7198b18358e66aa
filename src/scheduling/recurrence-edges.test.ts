/** The edges of a recurrence: of the window that is asked for, of UNTIL and COUNT, and of the work that may be done. */
import { describe, expect, test } from 'vitest';
import { ruleOf } from './exhaustive-recurrence.test-data.ts';
import { isPlain, MAX_COUNT, MAX_STEP_MS, perDay, recurrence, stepOf, yieldsAnything } from './recurrence.ts';
import { ruleStarts, TooManySteps } from './rule-starts.ts';
import { DAY, formatInstant, HOUR } from './zone.ts';

const MINUTE = 60_000;
const FIRST = '2026-05-04T08:00Z';
const at = Date.parse;

/** Rule, first start and window -> the starts, as UTC; the end of a window is not in it. */
describe('starts between', () => {
  const begun = (text: string): string => (text.length < 10 ? `2026-05-${text}` : text);
  test.each<[string, string | undefined, string, string, string[]]>([
    ['one start, in a window that begins with it', undefined, '04T08:00Z', '04T09:00Z', ['04T08:00']],
    ['one start, in a window that ends with it', undefined, '04T07:00Z', '04T08:00Z', []],
    ['one start, before the window', undefined, '04T08:01Z', '05T08:00Z', []],
    ['plain, from a start', 'DAILY', '05T08:00Z', '06T08:00Z', ['05T08:00']],
    ['plain, up to the first start', 'DAILY', '01T08:00Z', '04T08:00Z', []],
    ['not plain, from a start', 'DAILY byHour=8', '05T08:00Z', '06T08:00Z', ['05T08:00']],
    ['not plain, up to the first start', 'DAILY byHour=8', '01T08:00Z', '04T08:00Z', []],
    ['not plain, an empty window', 'DAILY byHour=8', '06T08:00Z', '05T08:00Z', []],
    ['counted, from a start', 'DAILY byHour=8 count=3', '05T08:00Z', '06T08:00Z', ['05T08:00']],
    ['plain, until a start', 'DAILY until=2026-05-05T08:00:00Z', '04T08:00Z', '09T08:00Z', ['04T08:00', '05T08:00']],
    ['plain, from where it ends', 'DAILY until=2026-05-05T08:00:00Z', '05T08:00Z', '09T08:00Z', ['05T08:00']],
    [
      'not plain, until a start',
      'DAILY byHour=8 until=2026-05-05T08:00:00Z',
      '04T08:00Z',
      '09T08:00Z',
      ['04T08:00', '05T08:00'],
    ],
    [
      'counted, until a start',
      'DAILY byHour=8 count=9 until=2026-05-05T08:00:00Z',
      '04T08:00Z',
      '09T08:00Z',
      ['04T08:00', '05T08:00'],
    ],
    [
      'counted, until a day',
      'DAILY byHour=8,20 count=9 until=2026-05-04',
      '04T08:00Z',
      '09T08:00Z',
      ['04T08:00', '04T20:00'],
    ],
    ['counted before it is until', 'DAILY byHour=8 count=1 until=2026-05-09', '04T08:00Z', '09T08:00Z', ['04T08:00']],
    ['a week that begins on the last day', 'WEEKLY byHour=8', '11T00:00Z', '11T12:00Z', ['11T08:00']],
    ['far away', 'MINUTELY', '2027-05-04T08:00Z', '2027-05-04T08:01Z', ['2027-05-04T08:00']],
    [
      'weeks begin on Monday',
      'WEEKLY interval=2 byDay=SU,MO',
      '04T00:00Z',
      '20T00:00Z',
      ['04T08:00', '10T08:00', '18T08:00'],
    ],
    [
      'weeks begin on Sunday',
      'WEEKLY interval=2 byDay=SU,MO wkst=SU',
      '04T00:00Z',
      '20T00:00Z',
      ['04T08:00', '17T08:00', '18T08:00'],
    ],
  ])('%s', (_name, rule, from, to, expected) => {
    const asked = recurrence(rule === undefined ? undefined : ruleOf(rule), at(FIRST), 'UTC');
    const found = asked.between(at(begun(from)), at(begun(to)));
    expect(found).toEqual(expected.map((text) => at(`${begun(text)}Z`)));
  });

  test.each(['DAILY until=2026-05-05', 'DAILY byHour=0 until=2026-05-05', 'DAILY byHour=0 count=9 until=2026-05-05'])(
    '%s: midnight after the last day is not of it',
    (rule) => {
      const midnight = at('2026-05-04T00:00Z');
      expect(recurrence(ruleOf(rule), midnight, 'UTC').between(midnight, midnight + 9 * DAY)).toEqual([
        midnight,
        midnight + DAY,
      ]);
    },
  );
});

/** Rule, first day and the day after the window -> the days. */
describe('the days of', () => {
  test.each<[string, string, string, string[]]>([
    ['YEARLY byWeekNo=20 byMonthDay=15', '2026-05-04', '2029-12-01', ['2026-05-15', '2028-05-15', '2029-05-15']],
    ['YEARLY byWeekNo=20 byYearDay=135', '2026-05-04', '2029-12-01', ['2026-05-15', '2029-05-15']],
    ['YEARLY interval=3 byWeekNo=1 byDay=MO', '2024-12-30', '2029-01-01', ['2024-12-30', '2027-01-04']],
    // The week begins in the year before its own, and after the window's last year has begun.
    ['YEARLY byWeekNo=1 byDay=MO', '2025-01-01', '2025-12-31', ['2025-12-29']],
    // The first start lies in a week of the next year, which is nothing to a rule without weeks.
    [
      'YEARLY interval=2 byMonth=12 byMonthDay=30',
      '2024-12-30',
      '2029-01-01',
      ['2024-12-30', '2026-12-30', '2028-12-30'],
    ],
    ['YEARLY byMonth=6 byMonthDay=8 byDay=2MO', '2026-05-04', '2027-01-01', ['2026-06-08']],
    ['MONTHLY byMonthDay=1,8 byDay=2MO', '2026-05-04', '2027-02-01', ['2026-06-08']],
    ['MONTHLY byMonthDay=25,31 byDay=-1MO', '2026-05-04', '2027-01-01', ['2026-05-25', '2026-08-31']],
    ['YEARLY byMonthDay=7 byDay=19TH', '2026-05-04', '2027-01-01', ['2026-05-07']],
    ['MONTHLY byMonth=6,9 byDay=1MO', '2026-05-04', '2027-05-04', ['2026-06-01', '2026-09-07']],
    ['MONTHLY byMonth=6 byMonthDay=10', '2026-05-04', '2027-05-04', ['2026-06-10']],
  ])('%s from %s', (text, first, to, expected) => {
    const found = recurrence(ruleOf(text), at(first), 'UTC').between(at(first), at(to));
    expect(found.map((start) => formatInstant(start, 'UTC').slice(0, 10))).toEqual(expected);
  });
});

test.each([
  ['YEARLY', '2046-05-04'],
  ['MONTHLY', '2046-05-04'],
  ['WEEKLY', '2046-05-07'],
  ['DAILY interval=7', '2046-05-07'],
  ['HOURLY interval=168', '2046-05-07'],
])('%s: what lies before the window costs nothing', (rule, next) => {
  const first = at('2026-05-04');
  const starts = ruleStarts(ruleOf(rule), first, at('2046-05-03'), at('2047-01-01'), { left: 6 });
  expect(starts.next().value).toBe(at(next));
});

test('a position that a period does not have chooses nothing of it', () => {
  const fifth = { ...ruleOf('MONTHLY byDay=MO'), bySetPos: [5, -6] };
  const found = [...ruleStarts(fifth, at('2026-05-04'), at('2026-05-04'), at('2026-09-01'))];
  expect(found).toEqual([at('2026-06-29'), at('2026-08-31')]);
});

/** Zone, rule, first start and window -> the starts on the clock. */
describe('where the clock goes back', () => {
  const PARIS = 'Europe/Paris';
  test.each<[string, string, string, string, [string, string], string[]]>([
    [
      'the first start in the second of a doubled hour, asked from the first',
      PARIS,
      'DAILY byHour=2 byMinute=10',
      '2026-10-25T02:10:00+01:00',
      ['2026-10-25T02:40:00+02:00', '2026-10-25T03:00:00+01:00'],
      ['2026-10-25T02:10:00+01:00'],
    ],
    [
      'nothing before the first start, although its clock shows more',
      PARIS,
      'DAILY byHour=2 byMinute=10,50',
      '2026-10-25T02:10:00+01:00',
      ['2026-10-24T00:00:00+02:00', '2026-10-26T02:20:00+01:00'],
      ['2026-10-25T02:10:00+01:00', '2026-10-26T02:10:00+01:00'],
    ],
    [
      'past midnight: a start of the day after the window, on the clock',
      'America/St_Johns',
      'DAILY',
      '2010-11-05T00:00:00-02:30',
      ['2010-11-07T00:00:00-02:30', '2010-11-06T23:30:00-03:30'],
      ['2010-11-07T00:00:00-02:30'],
    ],
    [
      'three hours, in Antarctica',
      'Antarctica/Casey',
      'DAILY byHour=1 byMinute=30',
      '2010-03-03T01:30:00+11:00',
      ['2010-03-05T01:00:00+11:00', '2010-03-04T23:10:00+08:00'],
      ['2010-03-05T01:30:00+11:00'],
    ],
  ])('%s', (_name, zone, rule, first, [from, to], expected) => {
    const found = recurrence(ruleOf(rule), at(first), zone).between(at(from), at(to));
    expect(found.map((start) => formatInstant(start, zone))).toEqual(expected);
  });
});

describe('COUNT', () => {
  test('is the same however often and in whatever order it is asked', () => {
    const counting = recurrence(ruleOf('WEEKLY byDay=MO,WE count=5'), at(FIRST), 'UTC');
    const all = ['04', '06', '11', '13', '18'].map((day) => at(`2026-05-${day}T08:00Z`));
    const days = Array.from({ length: 18 }, (_, day) => at(FIRST) + day * DAY);
    for (const from of [...days, ...days.toReversed(), days[9]!, days[2]!, days[14]!])
      expect(counting.between(from, Number.MAX_SAFE_INTEGER / 2)).toEqual(all.filter((start) => start >= from));
  });

  test('is counted before 1970 too', () => {
    const counting = recurrence(ruleOf('DAILY count=3'), at('1960-01-01T08:00Z'), 'UTC');
    expect(counting.between(at('1960-01-03T00:00Z'), at('1960-02-01T00:00Z'))).toEqual([at('1960-01-03T08:00Z')]);
  });

  test('of more than the most is cut', () => {
    const found = recurrence(ruleOf('MINUTELY count=20000'), at(FIRST), 'UTC').between(0, at('2030-01-01T00:00Z'));
    expect(found).toHaveLength(MAX_COUNT);
  });

  test('of a rule too sparse to be counted ends, and does not fail', () => {
    const never = recurrence(ruleOf('DAILY byMonth=2 byMonthDay=30 count=1'), at(FIRST), 'UTC');
    expect(never.between(0, at('9999-01-01T00:00Z'))).toEqual([]);
  });
});

describe('the measure of a rule', () => {
  test.each<[string, boolean]>([
    ['DAILY', true],
    ['WEEKLY interval=2 byDay=MO,SU', true],
    ['WEEKLY byDay=MO,1SU', false],
    ['DAILY bySecond=0', false],
    ['DAILY byMinute=0', false],
    ['DAILY byHour=8', false],
    ['DAILY byMonthDay=1', false],
    ['YEARLY', false],
    ['WEEKLY byYearDay=1', false],
    ['WEEKLY byWeekNo=1', false],
    ['WEEKLY byMonth=1', false],
    ['MONTHLY', false],
    ['HOURLY', false],
  ])('%s is plain: %s', (text, expected) => expect(isPlain(ruleOf(text))).toBe(expected));

  test.each<[string, number]>([
    ['SECONDLY interval=5', 5000],
    ['MINUTELY interval=2', 2 * MINUTE],
    ['HOURLY interval=3', 3 * HOUR],
    ['DAILY', DAY],
    ['WEEKLY interval=2', 14 * DAY],
    ['MONTHLY', 28 * DAY],
    ['YEARLY', 365 * DAY],
  ])('%s: a step of %i ms at least', (text, expected) => expect(stepOf(ruleOf(text))).toBe(expected));

  test('a century is the longest step', () => {
    expect(stepOf(ruleOf('YEARLY interval=100'))).toBeLessThanOrEqual(MAX_STEP_MS);
    expect(stepOf(ruleOf('YEARLY interval=101'))).toBeGreaterThan(MAX_STEP_MS);
  });

  test.each<[string, number]>([
    ['SECONDLY interval=7200 bySecond=0,30', 12],
    ['MINUTELY interval=5 byMinute=0,30', 288],
    ['HOURLY byHour=8', 1],
    ['HOURLY byMinute=0,30', 48],
    ['HOURLY interval=5', 5],
    ['SECONDLY byMinute=0', 1440],
    ['SECONDLY bySecond=0', 1440],
    ['MINUTELY byMinute=0', 24],
    ['DAILY byHour=8,9 byMinute=0,30 bySecond=0,30', 8],
    ['DAILY interval=2 byHour=8,9', 2],
  ])('%s: %i a day at most', (text, expected) => expect(perDay(ruleOf(text))).toBe(expected));
});

describe('whether a rule ever starts', () => {
  const YEAR = 366 * DAY;
  test.each<[string, number, number, boolean]>([
    ['DAILY', -DAY, 0, false],
    ['DAILY', -DAY, 1, true],
    ['DAILY', 1, DAY, false],
    ['DAILY', 1, DAY + 1, true],
    ['DAILY until=2026-05-05T08:00:00Z', DAY, 9 * DAY, true],
    ['DAILY until=2026-05-05T08:00:00Z', DAY + 1, 9 * DAY, false],
    ['DAILY count=2', 0, 9 * DAY, true],
    ['DAILY count=2', 1, 9 * DAY, true],
    ['DAILY count=2', DAY + 1, 9 * DAY, false],
    ['DAILY byHour=8 count=2', DAY + 1, 9 * DAY, false],
    ['YEARLY interval=31', 1, 99 * YEAR, true],
    ['YEARLY interval=40', 0, 99 * YEAR, true],
    ['YEARLY interval=40', 1, 99 * YEAR, false],
    // Too much work, which is none for the caller.
    ['MINUTELY interval=60 byMinute=30', 0, 99 * YEAR, false],
  ])('%s from %i to %i ms after its first start: %s', (text, from, to, expected) => {
    const first = at(FIRST);
    expect(yieldsAnything(ruleOf(text), first, 'UTC', first + from, first + to)).toBe(expected);
  });

  test('in a window that ends in the second of a doubled hour', () => {
    const first = at('2026-10-25T02:50:00+02:00');
    expect(yieldsAnything(ruleOf('DAILY'), first, 'Europe/Paris', first, at('2026-10-25T02:15:00+01:00'))).toBe(true);
  });

  test.each<[string, number, boolean | 'too many', number]>([
    ['DAILY', 1000, true, 998],
    ['DAILY', 2, true, 0],
    ['DAILY', 1, 'too many', 0],
    ['DAILY byMonth=2 byMonthDay=30', 31 * 366 + 1, false, 0],
    ['HOURLY interval=24 byHour=9', 31 * 366 + 1, false, 0],
    ['DAILY byMonth=2 byMonthDay=30', 1000, 'too many', 0],
    ['DAILY byMonth=2 byMonthDay=30', 20_000, false, 20_000 - (31 * 366 + 1)],
    ['MINUTELY interval=60 byMinute=30', 200_000, false, 0],
    ['MINUTELY interval=60 byMinute=30', 300_000, false, 100_000],
  ])('%s within %i shared steps: %s, and %i are left', (text, left, expected, after) => {
    const shared = { left };
    const first = at(FIRST);
    const ask = (): boolean => yieldsAnything(ruleOf(text), first, 'UTC', first, Number.POSITIVE_INFINITY, shared);
    if (expected === 'too many') expect(ask).toThrow(TooManySteps);
    else expect(ask()).toBe(expected);
    expect(shared.left).toBe(after);
  });
});
