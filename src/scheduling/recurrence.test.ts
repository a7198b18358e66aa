/**
 * Starts of random rules, held against two readings of RFC 5545 3.3.10: an exhaustive one, day by day, for every rule;
 * and ical.js, an independent library, for all but the rules that it gets wrong (listed, each with a rule that shows
 * it). Both read the wall clock; what the clock skips or doubles is decided by `toInstant`, which has tests of its own.
 */
import fc from 'fast-check';
import ICAL from 'ical.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Frequency } from '../fhir/french/availability-time.ts';
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { DAYS, exhaustive, MINUTE, NO_PARTS, ruleOf } from './exhaustive-recurrence.test-data.ts';
import { isPlain, perDay, recurrence, stepOf } from './recurrence.ts';
import { ruleStarts } from './rule-starts.ts';
import { DAY, formatInstant, toInstant, toLocal } from './zone.ts';

/** The answer of ical.js, in local milliseconds. */
function byIcal(rule: RecurrenceRule, first: number, last: number, most: number): number[] {
  const names = {
    bySecond: 'BYSECOND',
    byMinute: 'BYMINUTE',
    byHour: 'BYHOUR',
    byDay: 'BYDAY',
    byMonthDay: 'BYMONTHDAY',
    byYearDay: 'BYYEARDAY',
    byWeekNo: 'BYWEEKNO',
    byMonth: 'BYMONTH',
  } as const;
  const parts = [`FREQ=${rule.freq}`, `INTERVAL=${rule.interval}`, ...(rule.wkst ? [`WKST=${rule.wkst}`] : [])];
  for (const [key, name] of Object.entries(names)) {
    const list = rule[key as keyof typeof names];
    if (list.length > 0) parts.push(`${name}=${list.join(',')}`);
  }
  const at = new Date(first);
  const dtstart = ICAL.Time.fromDateTimeString(at.toISOString().slice(0, 19));
  const found: number[] = [];
  const iterator = ICAL.Recur.fromString(parts.join(';')).iterator(dtstart);
  // Asked for no more than there are: where there are no more it may search for ever.
  while (found.length < most) {
    const next = iterator.next();
    if (!next) break;
    const local = Date.UTC(next.year, next.month - 1, next.day, next.hour, next.minute, next.second);
    if (local > last) break;
    found.push(local);
  }
  return found;
}

const has = (...lists: unknown[][]): boolean => lists.every((list) => list.length > 0);
const isSubDaily = ({ freq }: RecurrenceRule): boolean => stepOf({ ...NO_PARTS, freq }) < DAY;

/** Mistakes of ical.js 2.2.1, each with a first start and a rule that show it. */
const WRONG_IN_ICAL: { why: string; is(rule: RecurrenceRule, monthDay: number): boolean; shown: [string, string] }[] = [
  {
    why: 'yearly with hours or minutes: only one of them is given',
    is: ({ freq, byHour, byMinute, bySecond }) =>
      freq === 'YEARLY' && Math.max(byHour.length, byMinute.length, bySecond.length) > 1,
    shown: ['2026-09-28T21:01', 'YEARLY byMinute=1,59'],
  },
  {
    why: 'yearly by week: weeks without days of the first year, intervals ignored, days after the weeks named',
    is: ({ freq, byWeekNo }) => freq === 'YEARLY' && has(byWeekNo),
    shown: ['2024-12-06T06:00', 'YEARLY interval=3 byDay=FR byWeekNo=49'],
  },
  {
    why: 'yearly by weekday that is also a day of the month: ordinals and negative days fail',
    is: ({ freq, byMonthDay, byDay }) => freq === 'YEARLY' && has(byMonthDay, byDay),
    shown: ['2030-05-23T21:00', 'YEARLY interval=4 byDay=MO,TH byMonthDay=-9,-8 byMonth=5'],
  },
  {
    why: 'yearly by day of the year with another part: refused, or the interval is lost',
    is: ({ freq, byYearDay, byDay, byMonth, byMonthDay }) =>
      freq === 'YEARLY' && has(byYearDay) && (has(byMonth) || has(byMonthDay) || has(byDay)),
    shown: ['2024-01-09T10:00', 'YEARLY byYearDay=9 byMonth=1'],
  },
  {
    why:
      'monthly with months named: it walks from one to the next, whatever the interval and the days, ' +
      'or back in time',
    is: ({ freq, interval, byMonth, byDay, byMonthDay, byHour, byMinute }) =>
      freq === 'MONTHLY' &&
      has(byMonth) &&
      (interval > 1 || has(byDay) || has(byMonthDay) || Math.max(byHour.length, byMinute.length) > 1),
    shown: ['2027-06-07T10:00', 'MONTHLY interval=3 byMonth=4,6'],
  },
  {
    why: 'monthly by weekday that is also a day of the month: intervals are lost, first starts too',
    is: ({ freq, byDay, byMonthDay }) => freq === 'MONTHLY' && has(byDay, byMonthDay),
    shown: ['2024-01-16T07:00', 'MONTHLY interval=2 byDay=MO,SA,TU byMonthDay=-16'],
  },
  {
    why: 'monthly by weekday at several times: the first of each month as well',
    is: ({ freq, byDay, byHour, byMinute }) =>
      freq === 'MONTHLY' && has(byDay) && Math.max(byHour.length, byMinute.length) > 1,
    shown: ['2025-04-28T03:00', 'MONTHLY byDay=MO byHour=3,8'],
  },
  {
    why: 'days that some months lack: given in the next month, where there are several times or months',
    is: ({ freq, byMonth, byMonthDay, byHour, byMinute }, monthDay) =>
      Math.max(monthDay, ...byMonthDay) > 28 &&
      (freq === 'YEARLY'
        ? has(byMonth) || byMonthDay.length > 1
        : freq === 'MONTHLY' && Math.max(byHour.length, byMinute.length) > 1),
    shown: ['2027-01-31T23:30', 'YEARLY byMonth=1,4'],
  },
  {
    why: 'yearly with negative days of the month: counted in the wrong month',
    is: ({ freq, byMonthDay }) => freq === 'YEARLY' && byMonthDay.some((day) => day < 0),
    shown: ['2026-10-06T20:00', 'YEARLY byMonthDay=-26 byMonth=10,11'],
  },
  {
    why: 'negative days of the month in daily and shorter rules: never there (alone, it searches for ever)',
    is: ({ freq, byMonthDay }) => freq !== 'MONTHLY' && freq !== 'YEARLY' && byMonthDay.some((day) => day < 0),
    shown: ['2026-01-30T08:00', 'DAILY byMonthDay=-2,30'],
  },
  {
    why: 'hours or minutes with hours named: the interval is lost, or a start is given twice',
    is: (rule) => isSubDaily(rule) && has(rule.byHour) && (rule.interval > 1 || rule.byMinute.length > 1),
    shown: ['2024-12-19T08:00', 'HOURLY interval=9 byHour=8,21'],
  },
];

const some = <T>(arbitrary: fc.Arbitrary<T>, weight: number, maxLength = 3): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 10 - weight, arbitrary: fc.constant<T[]>([]) },
    { weight, arbitrary: fc.uniqueArray(arbitrary, { minLength: 1, maxLength }) },
  );
const sorted = (list: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> =>
  list.map((numbers) => numbers.sort((a, b) => a - b));
const either = (most: number): fc.Arbitrary<number> =>
  fc.integer({ min: 1, max: most }).chain((at) => fc.constantFrom(at, -at));
const NONE = fc.constant<number[]>([]);

/**
 * Rules that the reader accepts (`checkCombination` in `fhir/french/availability-time.ts`), without count and until.
 */
const anyRule: fc.Arbitrary<RecurrenceRule> = fc
  .constantFrom<Frequency[]>('YEARLY', 'YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY')
  .chain((freq) => {
    const isYearly = freq === 'YEARLY';
    return fc
      .record({
        freq: fc.constant(freq),
        interval: fc.oneof(
          fc.constant(1),
          fc.integer({ min: 2, max: freq === 'MINUTELY' ? 600 : freq === 'HOURLY' ? 50 : 5 }),
        ),
        bySecond: NONE,
        byMinute: freq === 'MINUTELY' ? NONE : sorted(some(fc.constantFrom(0, 1, 15, 30, 59), 2, 2)),
        byHour: sorted(some(fc.constantFrom(0, 1, 2, 3, 8, 14, 23), 2)),
        byDay: some(fc.tuple(either(5), fc.constantFrom(...DAYS)), 4),
        ranked: fc.boolean(),
        byMonthDay: freq === 'WEEKLY' ? NONE : sorted(some(either(31), 3)),
        byYearDay: isYearly ? sorted(some(either(366), 2)) : NONE,
        byWeekNo: isYearly ? sorted(some(either(53), 2)) : NONE,
        byMonth: sorted(some(fc.integer({ min: 1, max: 12 }), 3)),
        wkst: fc.constantFrom(undefined, ...DAYS),
      })
      .map(({ byDay, ranked, wkst, ...rest }) => {
        const isRanked = ranked && (isYearly || freq === 'MONTHLY') && rest.byWeekNo.length === 0;
        return {
          ...NO_PARTS,
          ...rest,
          byDay: [...new Set(byDay.map(([rank, day]) => (isRanked ? `${rank}${day}` : day)))],
          ...(wkst ? { wkst } : {}),
        };
      })
      .filter((rule) => perDay(rule) <= 60);
  });

const SPAN: Record<Frequency, number> = {
  YEARLY: 6 * 366 * DAY,
  MONTHLY: 2 * 366 * DAY,
  WEEKLY: 400 * DAY,
  DAILY: 200 * DAY,
  HOURLY: 60 * DAY,
  MINUTELY: 20 * DAY,
  SECONDLY: DAY,
};
const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Indian/Reunion', 'America/Miquelon'];
/** First starts: any quarter of an hour of three years, and always those around the changes of the clock. */
const anyStart = fc.oneof(
  fc
    .integer({ min: Date.UTC(2024) / (15 * MINUTE), max: Date.UTC(2027) / (15 * MINUTE) })
    .map((at) => at * 15 * MINUTE),
  fc
    .tuple(
      fc.constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-04-05', '2026-10-04'),
      fc.integer({ min: -16, max: 32 }),
    )
    .map(([day, quarter]) => Date.parse(day) + quarter * 15 * MINUTE),
);

/** Local times as instants: those that the clock skips are left out, and do not count (RFC 5545 3.3.10). */
function onTheClock(zone: string, locals: number[]): number[] {
  return locals.map((local) => toInstant(zone, local)).flatMap(({ instant, exists }) => (exists ? [instant] : []));
}

/** The rules of one run, with the process in a zone: neither answer may depend on it. */
function checkRandomRules(seed: number, numRuns: number): { compared: number; byIcal: number } {
  const done = { compared: 0, byIcal: 0 };
  const cut = fc.option(
    fc.record({
      count: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      until: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { nil: undefined },
  );
  fc.assert(
    fc.property(anyRule, anyStart, fc.constantFrom(...ZONES), cut, (rule, start, zone, end) => {
      // A rule is compared from its own first start: what a DTSTART outside its rule means is undefined (RFC 5545
      // 3.8.5.3).
      const [first] = exhaustive(rule, start, start + SPAN[rule.freq]);
      fc.pre(first !== undefined && toInstant(zone, first).exists);
      const dtstart = toInstant(zone, first!).instant;
      const last = first! + SPAN[rule.freq];
      const locals = exhaustive(rule, first!, last);
      const until =
        end === undefined || end.count !== undefined
          ? undefined
          : Math.floor((dtstart + end.until * (last - first!)) / 1000) * 1000;
      const limited = {
        ...rule,
        ...(end?.count ? { count: end.count } : {}),
        ...(until ? { until: formatInstant(until, zone) } : {}),
      };
      const limit = (instants: number[]): number[] => instants.filter((at) => at <= (until ?? at)).slice(0, end?.count);
      const to = toInstant(zone, last).instant + 1;
      const found = recurrence(limited, dtstart, zone)
        .between(dtstart, to)
        .filter((at) => toLocal(zone, at) <= last);
      expect(found).toEqual(limit(onTheClock(zone, locals)));
      done.compared++;
      if (WRONG_IN_ICAL.some((mistake) => mistake.is(rule, new Date(first!).getUTCDate()))) return;
      expect(limit(onTheClock(zone, byIcal(rule, first!, last, locals.length)))).toEqual(found);
      done.byIcal++;
    }),
    { seed, numRuns },
  );
  return done;
}

describe.each(['UTC', 'Europe/Paris', 'America/New_York'])('the process in %s', (processZone) => {
  const before = process.env['TZ'];
  beforeAll(() => {
    process.env['TZ'] = processZone;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  test('Node computes in the zone of the test', () => {
    const hours = { UTC: 12, 'Europe/Paris': 14, 'America/New_York': 8 }[processZone];
    expect(new Date('2026-07-01T12:00:00Z').getHours()).toBe(hours);
  });

  test('thousands of random rules', () => {
    const done = checkRandomRules(processZone.length, 1000);
    expect(done.compared).toBe(1000);
    expect(done.byIcal).toBeGreaterThan(500);
  });
});

describe('left out of the comparison with ical.js', () => {
  test.each(WRONG_IN_ICAL)('$why', ({ is, shown: [start, text] }) => {
    const rule = ruleOf(text);
    const first = Date.parse(`${start}Z`);
    expect(is(rule, new Date(first).getUTCDate())).toBe(true);
    const last = first + SPAN[rule.freq];
    const right = exhaustive(rule, first, last);
    expect(right[0]).toBe(first);
    expect(recurrence(rule, first, 'UTC').between(first, last + 1)).toEqual(right);
    let theirs: number[] | undefined;
    try {
      theirs = byIcal(rule, first, last, right.length);
    } catch {
      theirs = undefined;
    }
    expect(theirs).not.toEqual(right);
  });
});

const noCut = { count: undefined, until: undefined };

describe('plain daily and weekly rules, which are expanded by counting days', () => {
  const plainRule = fc.record({
    freq: fc.constantFrom<Frequency>('DAILY', 'WEEKLY'),
    interval: fc.integer({ min: 1, max: 5 }),
    byDay: some(fc.constantFrom(...DAYS), 6, 5),
    wkst: fc.constantFrom(undefined, ...DAYS),
    end: fc.oneof(
      fc.constant(noCut),
      fc.record({ count: fc.integer({ min: 1, max: 60 }), until: fc.constant(undefined) }),
      fc.record({ count: fc.constant(undefined), until: fc.integer({ min: 0, max: 300 }) }),
    ),
  });

  test('start as period by period, whether asked at once, in pieces or in any order', () => {
    const pieces = fc.array(fc.integer({ min: -30, max: 450 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        plainRule,
        anyStart,
        fc.constantFrom(...ZONES),
        pieces,
        ({ end, wkst, ...rest }, local, zone, days) => {
          const { instant: first, exists } = toInstant(zone, local);
          fc.pre(exists);
          const until = end.until === undefined ? Number.POSITIVE_INFINITY : first + end.until * DAY;
          const rule: RecurrenceRule = {
            ...NO_PARTS,
            ...rest,
            ...(wkst ? { wkst } : {}),
            ...(end.count ? { count: end.count } : {}),
            ...(Number.isFinite(until) ? { until: formatInstant(until, zone) } : {}),
          };
          expect(isPlain(rule)).toBe(true);
          const to = first + 400 * DAY;
          const locals = [...ruleStarts(rule, local, local, toLocal(zone, to))];
          const expected = onTheClock(zone, locals)
            .filter((at) => at < to && at <= until)
            .slice(0, end.count);
          const counting = recurrence(rule, first, zone);
          expect(counting.between(first, to)).toEqual(expected);
          for (const [i, from] of days.entries()) {
            const piece = [first + from * DAY, first + (days[i + 1] ?? 500) * DAY] as const;
            expect(counting.between(...piece).filter((at) => at < to)).toEqual(
              expected.filter((at) => at >= piece[0] && at < piece[1]),
            );
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
