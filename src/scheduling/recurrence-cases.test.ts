/** Starts case by case: around a change of the clock, at the turn of the year; and how much a rule can give. */
import { describe, expect, test } from 'vitest';
import { exhaustive, ruleOf } from './exhaustive-recurrence.test-data.ts';
import { perDay, recurrence, yieldsAnything } from './recurrence.ts';
import { DAY, formatInstant } from './zone.ts';

/** Rule, zone and first start -> the first starts, on the wall clock (the offset tells which of a doubled hour). */
describe('around a change of the clock', () => {
  test.each<[string, string, string, string, string[]]>([
    [
      '08:00 stays 08:00',
      'DAILY',
      'Europe/Paris',
      '2026-03-28T08:00:00+01:00',
      ['03-28T08:00+01:00', '03-29T08:00+02:00', '03-30T08:00+02:00'],
    ],
    [
      'and back',
      'DAILY',
      'Europe/Paris',
      '2026-10-24T08:00:00+02:00',
      ['10-24T08:00+02:00', '10-25T08:00+01:00', '10-26T08:00+01:00'],
    ],
    [
      'a skipped time gives no start',
      'DAILY',
      'Europe/Paris',
      '2026-03-28T02:30:00+01:00',
      ['03-28T02:30+01:00', '03-30T02:30+02:00', '03-31T02:30+02:00'],
    ],
    [
      'nor is it counted',
      'DAILY count=2',
      'Europe/Paris',
      '2026-03-28T02:30:00+01:00',
      ['03-28T02:30+01:00', '03-30T02:30+02:00'],
    ],
    [
      'nor by the library',
      'DAILY byHour=2 count=2',
      'Europe/Paris',
      '2026-03-28T02:30:00+01:00',
      ['03-28T02:30+01:00', '03-30T02:30+02:00'],
    ],
    [
      'a doubled time starts once, the first',
      'DAILY',
      'Europe/Paris',
      '2026-10-24T02:30:00+02:00',
      ['10-24T02:30+02:00', '10-25T02:30+02:00', '10-26T02:30+01:00'],
    ],
    [
      'and once by the library',
      'DAILY byHour=2',
      'Europe/Paris',
      '2026-10-24T02:30:00+02:00',
      ['10-24T02:30+02:00', '10-25T02:30+02:00', '10-26T02:30+01:00'],
    ],
    [
      'the first start is what was written',
      'DAILY',
      'Europe/Paris',
      '2026-10-25T02:30:00+01:00',
      ['10-25T02:30+01:00', '10-26T02:30+01:00', '10-27T02:30+01:00'],
    ],
    [
      'by the library too',
      'DAILY byHour=2',
      'Europe/Paris',
      '2026-10-25T02:30:00+01:00',
      ['10-25T02:30+01:00', '10-26T02:30+01:00', '10-27T02:30+01:00'],
    ],
    [
      'every eight hours keeps its hours',
      'HOURLY interval=8',
      'Europe/Paris',
      '2026-03-28T16:00:00+01:00',
      ['03-28T16:00+01:00', '03-29T00:00+01:00', '03-29T08:00+02:00', '03-29T16:00+02:00'],
    ],
    [
      'even hours stay even',
      'HOURLY interval=2 byHour=8,10',
      'America/New_York',
      '2026-03-07T08:00:00-05:00',
      ['03-07T08:00-05:00', '03-07T10:00-05:00', '03-08T08:00-04:00', '03-08T10:00-04:00'],
    ],
    [
      'half an hour skipped',
      'DAILY',
      'Australia/Lord_Howe',
      '2026-10-03T02:15:00+10:30',
      ['10-03T02:15+10:30', '10-05T02:15+11:00'],
    ],
    [
      'where clocks never change',
      'DAILY',
      'Indian/Reunion',
      '2026-03-28T02:30:00+04:00',
      ['03-28T02:30+04:00', '03-29T02:30+04:00'],
    ],
  ])('%s', (_name, text, zone, first, expected) => {
    const start = Date.parse(first);
    const found = recurrence(ruleOf(text), start, zone).between(start - 10 * DAY, start + 10 * DAY);
    expect(
      found.slice(0, expected.length).map((at) =>
        formatInstant(at, zone)
          .replace(/^2026-/, '')
          .replace(/:00(?=[+-])/, ''),
      ),
    ).toEqual(expected);
    if (text.includes('count')) expect(found).toHaveLength(expected.length);
  });
});

test('a window that ends in the second of a doubled hour holds all starts of the first', () => {
  const first = Date.parse('2026-10-24T02:10:00+02:00');
  const found = recurrence(ruleOf('DAILY byHour=2 byMinute=10,50'), first, 'Europe/Paris').between(
    Date.parse('2026-10-25T00:00:00Z'),
    Date.parse('2026-10-25T01:15:00Z'),
  );
  expect(found.map((at) => formatInstant(at, 'Europe/Paris'))).toEqual([
    '2026-10-25T02:10:00+02:00',
    '2026-10-25T02:50:00+02:00',
  ]);
});

test('the first days of January may be of the last week of the year before', () => {
  const first = Date.parse('2027-01-02T08:00:00Z');
  const found = recurrence(ruleOf('YEARLY byWeekNo=53 byDay=SA'), first, 'UTC').between(first, first + 6 * 366 * DAY);
  expect(found.map((at) => formatInstant(at, 'UTC').slice(0, 10))).toEqual(['2027-01-02', '2033-01-01']);
  const years = recurrence(ruleOf('YEARLY byWeekNo=53 byDay=SA'), first - 3 * 366 * DAY, 'UTC');
  expect(years.between(first, first + 1)).toEqual([first]);
});

describe('number of starts', () => {
  test.each<[string, number]>([
    ['DAILY', 1],
    ['WEEKLY byDay=MO,TU byHour=8,14', 2],
    ['HOURLY', 24],
    ['HOURLY interval=2', 12],
    ['HOURLY interval=2 byMinute=0,15,30,45', 48],
    ['HOURLY interval=2 byMinute=0,15,30,45 bySecond=0,30', 96],
    ['MINUTELY interval=5', 288],
    ['MINUTELY interval=5 bySecond=0,30', 576],
    ['MINUTELY', 1440],
    ['SECONDLY', 86_400],
    ['SECONDLY byHour=8 byMinute=0', 60],
  ])('%s: %i a day at most', (text, most) => {
    const rule = ruleOf(text);
    expect(perDay(rule)).toBe(most);
    const first = Date.parse('2026-05-04T00:00:00Z');
    expect(exhaustive(rule, first, first + DAY - 1).length).toBeLessThanOrEqual(most);
  });

  test.each<[string, boolean]>([
    ['YEARLY byMonth=2 byMonthDay=29', true],
    ['YEARLY interval=3 byMonth=2 byMonthDay=29', true],
    ['YEARLY byMonth=2 byMonthDay=30', false],
    ['MONTHLY byMonth=4,6 byMonthDay=31', false],
    ['MONTHLY byMonthDay=31', true],
    ['DAILY byMonth=2 byMonthDay=-30', false],
    ['YEARLY byWeekNo=53', true],
    ['YEARLY byYearDay=366', true],
    ['YEARLY byYearDay=366 byMonthDay=1', false],
    ['MONTHLY byDay=5MO', true],
    ['YEARLY byDay=FR byMonthDay=13', true],
    ['WEEKLY byDay=MO until=2026-05-05', true],
    ['WEEKLY byDay=WE until=2026-05-05', false],
    ['MINUTELY interval=1440 byHour=9', false],
  ])('%s ever starts: %s', (text, expected) => {
    const first = Date.parse('2026-05-04T08:00:00Z');
    expect(yieldsAnything(ruleOf(text), first, 'UTC', first, Number.POSITIVE_INFINITY)).toBe(expected);
  });
});
