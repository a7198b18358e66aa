/**
 * The starts of a recurrence rule on the wall clock, period by period, as RFC 5545 3.3.10 describes them: each part
 * either expands the period or limits it, then BYSETPOS chooses. There is no zone here: wall-clock times are local
 * milliseconds. The work is bounded by the span that is asked for and by a budget of steps.
 */
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { daysOfMonths, daysOfWeeks, daysOfYear, isDayOf, type RuleDays, weekYearOf } from './rule-days.ts';
import { civil, weekStart } from './civil-date.ts';
import { DAY } from './zone.ts';

/** The parts of a rule that choose its starts; COUNT and UNTIL end it, and are applied by the caller. */
export type RuleParts = Omit<RecurrenceRule, 'until' | 'count' | 'path'> & { bySetPos?: readonly number[] };

/** Steps that may still be taken; shared by several rules if their work together is limited. */
export interface StepBudget {
  left: number;
}

export class TooManySteps extends Error {}

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1000;

/**
 * Starts in `[max(first, from), to]`, ascending. `first` is DTSTART, which counts as a start only if the rule yields
 * it.
 */
export function* ruleStarts(
  rule: RuleParts,
  first: number,
  from: number,
  to: number,
  budget: StepBudget = { left: Number.POSITIVE_INFINITY },
): Generator<number> {
  const since = Math.max(first, from);
  const periods = isSubDaily(rule) ? timePeriods(rule, first, since, to, budget) : dayPeriods(rule, first, since, to);
  let last = Number.NEGATIVE_INFINITY;
  for (const period of periods) {
    if (--budget.left < 0) throw new TooManySteps();
    for (const start of chosen(period, rule.bySetPos ?? [])) {
      if (start > to) break;
      if (start < since || start <= last) continue;
      if (--budget.left < 0) throw new TooManySteps();
      last = start;
      yield start;
    }
  }
}

/** The starts on the days of one period: at the times of the rule, and of these the ones that BYSETPOS chooses. */
export function startsOn(days: readonly number[], rule: RuleParts, first: number): Generator<number> {
  return chosen({ days: sorted(days), times: timesOfDay(rule, first) }, rule.bySetPos ?? []);
}

function isSubDaily({ freq }: RuleParts): boolean {
  return freq === 'HOURLY' || freq === 'MINUTELY' || freq === 'SECONDLY';
}

/** The candidates of one period: every time on every day, both ascending. */
interface Period {
  days: readonly number[];
  /** Milliseconds from the beginning of the day. */
  times: readonly number[];
}

function* chosen({ days, times }: Period, positions: readonly number[]): Generator<number> {
  const length = days.length * times.length;
  const at = (index: number): number => days[Math.floor(index / times.length)]! * DAY + times[index % times.length]!;
  if (positions.length === 0) {
    for (let index = 0; index < length; index++) yield at(index);
    return;
  }
  const indexes = new Set(positions.map((position) => (position > 0 ? position - 1 : length + position)));
  for (const index of [...indexes].sort((a, b) => a - b)) if (index >= 0 && index < length) yield at(index);
}

const sorted = (list: readonly number[]): number[] => [...new Set(list)].sort((a, b) => a - b);

/** Times of a day: what the rule names, else what the first start shows. */
function timesOfDay({ byHour, byMinute, bySecond }: RuleParts, first: number): number[] {
  const time = first - Math.floor(first / DAY) * DAY;
  const hours = byHour.length > 0 ? sorted(byHour) : [Math.floor(time / HOUR)];
  const minutes = byMinute.length > 0 ? sorted(byMinute) : [Math.floor(time / MINUTE) % 60];
  const seconds = bySecond.length > 0 ? sorted(bySecond) : [Math.floor(time / SECOND) % 60];
  return hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => hour * HOUR + minute * MINUTE + second * SECOND)),
  );
}

/** Periods of a day and longer that can hold a start in `[since, to]`. */
function* dayPeriods(rule: RuleParts, first: number, since: number, to: number): Generator<Period> {
  const times = timesOfDay(rule, first);
  const firstDay = Math.floor(first / DAY);
  const sinceDay = Math.floor(since / DAY);
  const lastDay = Math.floor(to / DAY);
  const context: RuleDays = { ...rule, first: civil(firstDay), firstDay };
  const { interval } = rule;
  /** The first period at or after `wanted` that the interval reaches. */
  const inPhase = (begin: number, wanted: number): number =>
    begin + Math.max(0, Math.ceil((wanted - begin) / interval)) * interval;
  switch (rule.freq) {
    case 'YEARLY': {
      const { year } = context.first;
      const lastYear = civil(lastDay).year + 1;
      // The week of DTSTART may belong to another year than DTSTART; it always counts.
      const own = rule.byWeekNo.length > 0 ? weekYearOf(firstDay, context) : year;
      if (own !== year) yield { days: daysOfYear(own, context), times };
      for (let at = inPhase(year, civil(sinceDay).year - 1); at <= lastYear; at += interval) {
        if (at !== own || own === year) yield { days: daysOfYear(at, context), times };
      }
      return;
    }
    case 'MONTHLY': {
      const monthOf = (day: number): number => {
        const { year, month } = civil(day);
        return year * 12 + month - 1;
      };
      for (let at = inPhase(monthOf(firstDay), monthOf(sinceDay)); at <= monthOf(lastDay); at += interval)
        yield { days: daysOfMonths(Math.floor(at / 12), [(((at % 12) + 12) % 12) + 1], context), times };
      return;
    }
    case 'WEEKLY': {
      const begin = weekStart(firstDay, rule.wkst);
      const steps = inPhase(0, Math.floor((sinceDay - begin) / 7));
      for (let at = begin + steps * 7; at <= lastDay; at += interval * 7)
        yield { days: daysOfWeeks(at, context), times };
      return;
    }
    default:
      for (let at = inPhase(firstDay, sinceDay); at <= lastDay; at += interval)
        yield { days: isDayOf(at, context) ? [at] : [], times };
  }
}

/** Hours, minutes or seconds that can hold a start in `[since, to]`, as periods of one day and few times. */
function* timePeriods(
  rule: RuleParts,
  first: number,
  since: number,
  to: number,
  budget: StepBudget,
): Generator<Period> {
  const { freq, interval } = rule;
  const unit = freq === 'HOURLY' ? HOUR : freq === 'MINUTELY' ? MINUTE : SECOND;
  const begin = Math.floor(first / unit) * unit;
  const step = unit * interval;
  const firstDay = Math.floor(first / DAY);
  const context: RuleDays = { ...rule, first: civil(firstDay), firstDay };
  const within = timesWithin(rule, first, unit);
  const [hours, minutes, seconds] = [new Set(rule.byHour), new Set(rule.byMinute), new Set(rule.bySecond)];
  const inPhase = (wanted: number): number => begin + Math.max(0, Math.ceil((wanted - begin) / step)) * step;
  let at = inPhase(Math.floor(since / unit) * unit);
  while (at <= to) {
    if (--budget.left < 0) throw new TooManySteps();
    const day = Math.floor(at / DAY);
    const time = at - day * DAY;
    if (!isDayOf(day, context)) at = inPhase((day + 1) * DAY);
    else if (hours.size > 0 && !hours.has(Math.floor(time / HOUR))) at = inPhase(day * DAY + nextUnit(time, HOUR));
    else if (unit < HOUR && minutes.size > 0 && !minutes.has(Math.floor(time / MINUTE) % 60))
      at = inPhase(day * DAY + nextUnit(time, MINUTE));
    else {
      if (unit >= MINUTE || seconds.size === 0 || seconds.has(Math.floor(time / SECOND) % 60))
        yield { days: [day], times: within.map((offset) => time + offset) };
      at += step;
    }
  }
}

const nextUnit = (time: number, unit: number): number => (Math.floor(time / unit) + 1) * unit;

/** Times within one hour, minute or second: what the rule names, else what the first start shows. */
function timesWithin({ byMinute, bySecond }: RuleParts, first: number, unit: number): number[] {
  const time = first - Math.floor(first / DAY) * DAY;
  const seconds = bySecond.length > 0 ? sorted(bySecond) : [Math.floor(time / SECOND) % 60];
  if (unit === SECOND) return [0];
  if (unit === MINUTE) return seconds.map((second) => second * SECOND);
  const minutes = byMinute.length > 0 ? sorted(byMinute) : [Math.floor(time / MINUTE) % 60];
  return minutes.flatMap((minute) => seconds.map((second) => minute * MINUTE + second * SECOND));
}
