/**
 * The starts of recurrence rules on the wall clock, compared with libical's published vectors and with an exhaustive
 * reading of RFC 5545 3.3.10.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frequency } from '../fhir/french/availability-time.ts';
import { civil, dayNumber } from './civil-date.ts';
import { DAYS, exhaustive, NO_PARTS, ruleOf } from './exhaustive-recurrence.test-data.ts';
import { LIBICAL_VECTORS, localOf } from './libical-vectors.test-data.ts';
import { type RuleParts, ruleStarts, TooManySteps } from './rule-starts.ts';
import { DAY } from './zone.ts';

const LISTS: Record<string, keyof RuleParts> = {
  BYSECOND: 'bySecond',
  BYMINUTE: 'byMinute',
  BYHOUR: 'byHour',
  BYMONTHDAY: 'byMonthDay',
  BYYEARDAY: 'byYearDay',
  BYWEEKNO: 'byWeekNo',
  BYMONTH: 'byMonth',
  BYSETPOS: 'bySetPos',
};

/** `MONTHLY;COUNT=3;BYDAY=TU` */
function parsed(text: string): { rule: RuleParts; count: number; until: number } {
  const [freq, ...parts] = text.split(';').filter(Boolean);
  const values = Object.fromEntries(parts.map((part) => part.split('=') as [string, string]));
  const lists = Object.entries(LISTS).map(([name, key]) => [key, values[name]?.split(',').map(Number) ?? []]);
  return {
    rule: {
      ...NO_PARTS,
      ...Object.fromEntries(lists),
      freq: freq as Frequency,
      interval: Number(values['INTERVAL'] ?? 1),
      byDay: values['BYDAY']?.split(',') ?? [],
      ...(values['WKST'] === undefined ? {} : { wkst: values['WKST'] }),
    },
    count: Number(values['COUNT'] ?? Number.POSITIVE_INFINITY),
    until: values['UNTIL'] === undefined ? Date.UTC(2100) : localOf(values['UNTIL'].replace('Z', '')),
  };
}

describe('libical', () => {
  it.each(LIBICAL_VECTORS.map((vector) => [vector.rule, vector.dtstart, vector.starts] as const))(
    '%s from %s',
    (text, dtstart, expected) => {
      const { rule, count, until } = parsed(text);
      const found: number[] = [];
      for (const start of ruleStarts(rule, localOf(dtstart), Number.NEGATIVE_INFINITY, until)) {
        found.push(start);
        if (found.length === count) break;
      }
      const texts = (list: readonly number[]): string[] => list.map((start) => new Date(start).toISOString());
      expect(texts(found)).toEqual(texts(expected));
    },
  );
});

const some = <T>(value: fc.Arbitrary<T>, weight: number, maxLength = 3): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 10 - weight, arbitrary: fc.constant<T[]>([]) },
    { weight, arbitrary: fc.uniqueArray(value, { minLength: 1, maxLength }) },
  );
const either = (max: number): fc.Arbitrary<number> =>
  fc.tuple(fc.integer({ min: 1, max }), fc.constantFrom(1, -1)).map(([number, sign]) => number * sign);

const SPAN: Record<Frequency, number> = {
  YEARLY: 6 * 366 * DAY,
  MONTHLY: 2 * 366 * DAY,
  WEEKLY: 400 * DAY,
  DAILY: 200 * DAY,
  HOURLY: 40 * DAY,
  MINUTELY: 5 * DAY,
  SECONDLY: DAY / 8,
};

const NONE = fc.constant<number[]>([]);

const anyRule: fc.Arbitrary<RuleParts> = fc
  .constantFrom<Frequency[]>('YEARLY', 'YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY')
  .chain((freq) => {
    const isYearly = freq === 'YEARLY';
    return fc
      .record({
        freq: fc.constant(freq),
        interval: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: isYearly ? 4 : 90 })),
        bySecond: some(fc.constantFrom(0, 7, 59), 1, 2),
        byMinute: some(fc.constantFrom(0, 1, 30, 59), 2, 2),
        byHour: some(fc.constantFrom(0, 1, 8, 23), 2),
        byDay: some(fc.tuple(either(5), fc.constantFrom(...DAYS)), 4),
        ranked: fc.boolean(),
        byMonthDay: freq === 'WEEKLY' ? NONE : some(either(31), 3),
        byYearDay: isYearly ? some(either(366), 2) : NONE,
        byWeekNo: isYearly ? some(either(53), 2) : NONE,
        byMonth: some(fc.integer({ min: 1, max: 12 }), 3),
        wkst: fc.constantFrom(undefined, ...DAYS),
      })
      .map(({ byDay, ranked, wkst, ...rest }) => {
        const isRanked = ranked && (isYearly || freq === 'MONTHLY') && rest.byWeekNo.length === 0;
        const days = [...new Set(byDay.map(([rank, day]) => (isRanked ? `${rank}${day}` : day)))];
        return { ...rest, byDay: days, ...(wkst ? { wkst } : {}) };
      });
  });

it('random rules start as the exhaustive reading says, from any point', () => {
  const start = fc
    .integer({ min: Date.UTC(2024) / 60_000, max: Date.UTC(2027) / 60_000 })
    .map((minute) => minute * 60_000);
  const skip = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(anyRule, start, skip, (rule, first, part) => {
      const last = first + SPAN[rule.freq];
      const found = [...ruleStarts(rule, first, first, last)];
      // The week of DTSTART counts even if it belongs to another year than DTSTART, and its year is not in step.
      fc.pre(rule.byWeekNo.length === 0 || rule.interval === 1);
      expect(found).toEqual(exhaustive({ ...rule, path: '' }, first, last));
      const from = first + Math.floor((last - first) * part);
      expect([...ruleStarts(rule, first, from, last)]).toEqual(found.filter((at) => at >= from));
    }),
    { numRuns: 600, seed: 5545 },
  );
});

it('the week of DTSTART counts even if it belongs to the next year', () => {
  const rule = ruleOf('YEARLY interval=3 byWeekNo=1 byDay=MO,TU');
  const first = Date.UTC(2024, 11, 31);
  const days = [...ruleStarts(rule, first, first, Date.UTC(2030, 5))].map((at) =>
    new Date(at).toISOString().slice(0, 10),
  );
  expect(days).toEqual(['2024-12-31', '2027-01-04', '2027-01-05', '2029-12-31', '2030-01-01']);
});

it('the work is bounded: by the span, and by a budget', () => {
  const never = ruleOf('DAILY byMonth=2 byMonthDay=30');
  expect([...ruleStarts(never, 0, 0, Date.UTC(2030))]).toEqual([]);
  const started = performance.now();
  expect(ruleStarts(ruleOf('SECONDLY byHour=3 byMonth=6'), 0, 0, Date.UTC(2030)).next().value).toBe(
    Date.UTC(1970, 5, 1, 3),
  );
  expect([...ruleStarts(ruleOf('SECONDLY byDay=MO'), 0, Date.UTC(2300), Date.UTC(2300))]).toEqual([Date.UTC(2300)]);
  expect(performance.now() - started).toBeLessThan(500);
  const endless = ruleStarts(ruleOf('SECONDLY'), 0, 0, Date.UTC(2030), { left: 1000 });
  expect(() => [...endless]).toThrow(TooManySteps);
});

it('day numbers and dates convert to each other', () => {
  for (let day = dayNumber(1, 1, 1); day < dayNumber(2600, 1, 1); day += 17) {
    const { year, month, day: monthDay } = civil(day);
    expect(dayNumber(year, month, monthDay)).toBe(day);
    const date = new Date(day * DAY);
    if (year > 1600)
      expect([year, month, monthDay]).toEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]);
  }
});
