/**
 * The starts of a monthly or yearly rule in another calendar than the Gregorian one, or with SKIP (RFC 7529): the dates
 * that a month or a year of that calendar lacks are left out, or moved to the day before or after.
 */
import { WEEKDAYS, weekday } from '../../../scheduling/civil-date.ts';
import { type RuleParts, startsOn, type StepBudget, TooManySteps } from '../../../scheduling/rule-starts.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { RuleScale } from '../text/rule-scale.ts';
import { type ScaleMonth, type ScaleYear, yearAt, yearOf } from './scale-years.ts';

/** Calendars that follow the moon are known for so long. */
const [EARLIEST, LATEST] = [Date.UTC(1900, 0), Date.UTC(2100, 0)];
const STEPS_OF_PERIOD = 10;

type Bounds = readonly [first: number, from: number, to: number];
type Span = Pick<ScaleMonth, 'begin' | 'length'>;
/** The day of DTSTART in the calendar, which counts where the rule names none. */
interface First {
  year: number;
  month: ScaleMonth;
  /** From 1. */
  day: number;
}

/** As `ruleStarts`: starts in `[max(first, from), to]`, ascending. */
export function* scaledStarts(
  rule: RuleParts,
  scale: RuleScale,
  [first, from, to]: Bounds,
  budget: StepBudget,
): Generator<number> {
  if (first > to) return;
  if (first < EARLIEST || first > LATEST || from > LATEST) throw new TooManySteps();
  try {
    yield* startsIn(rule, scale, [first, from, Math.min(to, LATEST)], budget);
  } catch (error) {
    // A date that the calendar cannot say.
    throw error instanceof RangeError ? new TooManySteps() : error;
  }
}

function* startsIn(
  rule: RuleParts,
  scale: RuleScale,
  [first, from, to]: Bounds,
  budget: StepBudget,
): Generator<number> {
  const start = firstIn(Math.floor(first / DAY), scale);
  const since = Math.max(first, from);
  let known = Number.NEGATIVE_INFINITY;
  for (const { begin, length, days } of periodsOf(rule, scale, start, Math.floor(to / DAY))) {
    budget.left -= STEPS_OF_PERIOD;
    if (budget.left < 0) throw new TooManySteps();
    // A month or year may give a day to the next one.
    if ((begin + length + 2) * DAY < since) continue;
    for (const time of startsOn(days(), rule, first)) {
      if (time > to || time < since || time <= known) continue;
      if (--budget.left < 0) throw new TooManySteps();
      known = time;
      yield time;
    }
  }
}

interface Period extends Span {
  days: () => number[];
}

function firstIn(day: number, { calendar }: RuleScale): First {
  const year = yearAt(calendar, day);
  const month = yearOf(calendar, year).months.findLast(({ begin }) => begin <= day)!;
  return { year, month, day: day - month.begin + 1 };
}

/** The years or months that the interval reaches, from that of the first start to that of the last day. */
function* periodsOf(rule: RuleParts, scale: RuleScale, start: First, last: number): Generator<Period> {
  const { interval, freq } = rule;
  let passed = -yearOf(scale.calendar, start.year).months.indexOf(start.month);
  for (let at = start.year; ; at++) {
    const year = yearOf(scale.calendar, at);
    // It may take a day from the one before it.
    if (year.begin > last + 1) return;
    if (freq === 'YEARLY') {
      if ((at - start.year) % interval === 0) yield { ...year, days: () => daysOfYear(year, rule, scale, start) };
      continue;
    }
    for (const [index, month] of year.months.entries()) {
      const number = passed + index;
      if (number >= 0 && number % interval === 0)
        yield { ...month, days: () => daysOfMonth(month, rule, scale, start) };
    }
    passed += year.months.length;
  }
}

function daysOfYear(year: ScaleYear, rule: RuleParts, scale: RuleScale, start: First): number[] {
  const { byDay, byMonthDay, byYearDay } = rule;
  if (byYearDay.length > 0) return onWeekdays(placed(byYearDay, year, scale), rule);
  const isEvery = scale.months.length === 0 && byDay.length > 0;
  if (isEvery && byMonthDay.length === 0) return ranked(year, byDay);
  const codes = scale.months.length > 0 ? scale.months : [start.month.code];
  const months = isEvery ? year.months : codes.flatMap((code) => monthOf(code, year, scale) ?? []);
  return months.flatMap((month) => daysWithin(month, rule, scale, start));
}

/** The month of a code; a leap month that the year lacks as SKIP says. */
function monthOf(code: string, { months }: ScaleYear, { skip }: RuleScale): ScaleMonth | undefined {
  const found = months.find((month) => month.code === code);
  if (found !== undefined || !code.endsWith('L') || skip === 'OMIT') return found;
  const plain = months.findIndex((month) => month.code === code.slice(0, -1));
  return plain < 0 ? undefined : months[skip === 'FORWARD' ? plain + 1 : plain];
}

function daysOfMonth(month: ScaleMonth, rule: RuleParts, scale: RuleScale, start: First): number[] {
  if (scale.months.length > 0 && !scale.months.includes(month.code)) return [];
  return daysWithin(month, rule, scale, start);
}

/** Days of a month: as the rule names them, else the day of the first start. */
function daysWithin(month: Span, rule: RuleParts, scale: RuleScale, { day }: First): number[] {
  const { byDay, byMonthDay } = rule;
  if (byMonthDay.length === 0 && byDay.length > 0) return ranked(month, byDay);
  return onWeekdays(placed(byMonthDay.length > 0 ? byMonthDay : [day], month, scale), rule);
}

/** Days by their number in a month or year, from its beginning or its end. */
function placed(numbers: readonly number[], { begin, length }: Span, { skip }: RuleScale): number[] {
  return numbers.flatMap((number) => {
    if (Math.abs(number) <= length) return [begin + (number > 0 ? number - 1 : length + number)];
    if (skip === 'OMIT') return [];
    const after = number > 0 ? begin + length : begin;
    return [skip === 'FORWARD' ? after : after - 1];
  });
}

function onWeekdays(days: readonly number[], { byDay }: RuleParts): number[] {
  if (byDay.length === 0) return [...days];
  return days.filter((day) => byDay.some((name) => name.slice(-2) === WEEKDAYS[weekday(day)]));
}

/** Weekdays of a month or year, with or without a rank in it. */
function ranked({ begin, length }: Span, byDay: readonly string[]): number[] {
  return byDay.flatMap((name) => {
    const all = Array.from({ length }, (_, index) => begin + index).filter(
      (day) => WEEKDAYS[weekday(day)] === name.slice(-2),
    );
    const rank = Number(name.slice(0, -2));
    return rank === 0 ? all : (all.at(rank > 0 ? rank - 1 : rank) ?? []);
  });
}
