/**
 * The starts of a recurring availability, in its own zone: 08:00 stays 08:00 across the changes of the clock, and a
 * time that the clock skips gives no start (RFC 5545 3.3.10). Plain daily and weekly rules, nearly all of them, are
 * expanded by counting local days; the rest by `rule-starts.ts`. Property tests hold both equal.
 */
import { parseDateRange } from '../fhir/date.ts';
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { WEEKDAYS, weekday } from './civil-date.ts';
import { ruleStarts, type StepBudget, TooManySteps } from './rule-starts.ts';
import { DAY, HOUR, toInstant, toLocal } from './zone.ts';

export interface Recurrence {
  /** Starts in `[from, to)`, sorted, epoch milliseconds. */
  between(from: number, to: number): number[];
}

/** Every five minutes around the clock; no agenda needs more starts a day. */
export const MAX_PER_DAY = 288;

/** More than 27 years of days: such a count means "no end", and is said by leaving it out. */
export const MAX_COUNT = 10_000;

/** No recurrence waits longer than a century for its next start. */
export const MAX_STEP_MS = 100 * 366 * DAY;

/** Shortest length of a period. */
const PERIOD_MS = {
  SECONDLY: 1000,
  MINUTELY: 60_000,
  HOURLY: HOUR,
  DAILY: DAY,
  WEEKLY: 7 * DAY,
  MONTHLY: 28 * DAY,
  YEARLY: 365 * DAY,
};

/** `first`: DTSTART, epoch milliseconds. */
export function recurrence(rule: RecurrenceRule | undefined, first: number, zone: string): Recurrence {
  if (rule === undefined) return { between: (from, to) => (from <= first && first < to ? [first] : []) };
  const until = untilOf(rule, zone);
  if (isPlain(rule)) return plain(rule, first, until, zone);
  return rule.count === undefined ? byPeriods(rule, first, until, zone) : counted(rule, rule.count, first, until, zone);
}

/** Can the rule be expanded by counting days? */
export function isPlain({ freq, byDay, ...rule }: RecurrenceRule): boolean {
  const others = [
    rule.bySecond,
    rule.byMinute,
    rule.byHour,
    rule.byMonthDay,
    rule.byYearDay,
    rule.byWeekNo,
    rule.byMonth,
  ];
  return (
    (freq === 'DAILY' || freq === 'WEEKLY') &&
    others.every((part) => part.length === 0) &&
    byDay.every((day) => day.length === 2)
  );
}

/** Shortest time from one period of the rule to the next, in milliseconds. */
export function stepOf({ freq, interval }: RecurrenceRule): number {
  return PERIOD_MS[freq] * interval;
}

/**
 * Most starts that the rule can give on one day. Steps of minutes that miss all but a few are counted too: they cost as
 * much.
 */
export function perDay(rule: RecurrenceRule): number {
  const { freq, interval, bySecond, byMinute, byHour } = rule;
  const isSubDaily = PERIOD_MS[freq] < DAY;
  if (isSubDaily && interval > 1) {
    const perMinute = freq === 'SECONDLY' ? 1 : bySecond.length || 1;
    return Math.ceil(DAY / stepOf(rule)) * perMinute * (freq === 'HOURLY' ? byMinute.length || 1 : 1);
  }
  const seconds = bySecond.length || (freq === 'SECONDLY' ? 60 : 1);
  const minutes = byMinute.length || (freq === 'SECONDLY' || freq === 'MINUTELY' ? 60 : 1);
  const hours = byHour.length || (isSubDaily ? 24 : 1);
  return seconds * minutes * hours;
}

/** Last possible start, epoch milliseconds; a date alone lasts its whole local day. */
function untilOf({ until }: RecurrenceRule, zone: string): number {
  const range = until === undefined ? undefined : parseDateRange(until, zone);
  if (range === undefined) return Number.POSITIVE_INFINITY;
  return until!.includes('T') ? range.start : range.end - 1;
}

function plain(rule: RecurrenceRule, first: number, until: number, zone: string): Recurrence {
  const local = toLocal(zone, first);
  const firstDay = Math.floor(local / DAY);
  const time = local - firstDay * DAY;
  const days = new Set(rule.byDay.map((day) => WEEKDAYS.indexOf(day)));
  if (rule.freq === 'WEEKLY' && days.size === 0) days.add(weekday(firstDay));
  const weekStart = WEEKDAYS.indexOf(rule.wkst ?? 'MO');
  const weekOf = (day: number): number => Math.floor((day + 3 - weekStart) / 7);
  const falls = (day: number): boolean => days.size === 0 || days.has(weekday(day));
  /** The day itself, or the next one in a period that the interval reaches. */
  const inPhase = (day: number): number => {
    const steps = rule.freq === 'DAILY' ? day - firstDay : weekOf(day) - weekOf(firstDay);
    const rest = steps % rule.interval;
    if (rest === 0) return day;
    if (rule.freq === 'DAILY') return day + rule.interval - rest;
    return (weekOf(day) + rule.interval - rest) * 7 - 3 + weekStart;
  };
  /** The start on a local day, if the rule falls on it and the wall clock shows that time. */
  const startOn = (day: number): number | undefined => {
    if (!falls(day)) return undefined;
    const start = startOf(day * DAY + time, first, zone);
    return start !== undefined && start <= until ? start : undefined;
  };
  const { count = Number.POSITIVE_INFINITY } = rule;
  /** How far COUNT has been counted: the day after, and how many starts before it. */
  let counted = { day: firstDay, starts: 0 };
  return {
    between(from, to) {
      const starts: number[] = [];
      if (to <= first || from > until) return starts;
      const lastDay = Math.floor(toLocal(zone, Math.min(to, until + 1)) / DAY) + 1;
      let day = Math.max(firstDay, Math.floor(toLocal(zone, Math.max(from, first)) / DAY) - 1);
      let left = count;
      // At most one start a day: COUNT matters only that many days after the first.
      if (lastDay - firstDay >= count) {
        if (counted.day > day) counted = { day: firstDay, starts: 0 };
        let at = inPhase(counted.day);
        for (; at < day && counted.starts < count; at = inPhase(at + 1)) {
          if (startOn(at) !== undefined) counted.starts++;
        }
        counted.day = Math.min(at, day);
        left = count - counted.starts;
      }
      for (day = inPhase(day); day <= lastDay && left > 0; day = inPhase(day + 1)) {
        const start = startOn(day);
        if (start === undefined) continue;
        left--;
        if (start >= from && start < to) starts.push(start);
      }
      return starts;
    },
  };
}

/** The clock never goes back further (Casey, Antarctica: three hours). */
const MAX_BACK_MS = 3 * HOUR;

function byPeriods(rule: RecurrenceRule, first: number, until: number, zone: string): Recurrence {
  const local = toLocal(zone, first);
  return {
    between(from, to) {
      const end = Math.min(to, until + 1);
      if (end <= from || end <= first) return [];
      const starts: number[] = [];
      for (const at of ruleStarts(rule, local, toLocal(zone, from) - MAX_BACK_MS, toLocal(zone, end) + MAX_BACK_MS)) {
        const start = startOf(at, first, zone);
        if (start !== undefined && start >= from && start < end) starts.push(start);
      }
      return starts;
    },
  };
}

/** The start at a wall-clock time, if the clock shows it. DTSTART may lie in the second hour of a doubled one. */
function startOf(local: number, first: number, zone: string): number | undefined {
  if (local === toLocal(zone, first)) return first;
  const { instant, exists } = toInstant(zone, local);
  return exists && instant >= first ? instant : undefined;
}

/** A rule with COUNT that is too sparse to be counted within this work ends early. */
const MAX_COUNTING_STEPS = 200_000;
const LAST_YEAR = Date.UTC(9999, 0);

/** A rule with COUNT is expanded once, when it is first asked, and remembered. */
function counted(rule: RecurrenceRule, count: number, first: number, until: number, zone: string): Recurrence {
  let all: number[] | undefined;
  return {
    between(from, to) {
      all ??= firstStarts(rule, Math.min(count, MAX_COUNT), first, until, zone);
      return all.filter((start) => start >= from && start < to);
    },
  };
}

function firstStarts(rule: RecurrenceRule, count: number, first: number, until: number, zone: string): number[] {
  const starts: number[] = [];
  const local = toLocal(zone, first);
  try {
    for (const at of ruleStarts(rule, local, local, Math.min(LAST_YEAR, until + DAY), { left: MAX_COUNTING_STEPS })) {
      const start = startOf(at, first, zone);
      if (start === undefined) continue;
      if (start > until) break;
      starts.push(start);
      if (starts.length >= count) break;
    }
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
  }
  return starts;
}

/** A range of about 30 years holds a start of every rule that has one at all (29 February every third year: 12). */
const EVER = 31 * 366 * DAY;
const MAX_LOOKING_STEPS = 200_000;

/**
 * Does the rule give a start in `[from, to)`? Looks 31 years ahead at most; the work is bounded for any rule. Throws
 * TooManySteps when a budget that several rules share is used up.
 */
export function yieldsAnything(
  rule: RecurrenceRule,
  first: number,
  zone: string,
  from: number,
  to: number,
  shared: StepBudget = { left: Number.POSITIVE_INFINITY },
): boolean {
  const start = Math.max(from, first);
  const end = Math.min(to, untilOf(rule, zone) + 1, start + EVER);
  // At the beginning COUNT takes away no start; later, all starts before must be counted.
  if (from > first && rule.count !== undefined) return recurrence(rule, first, zone).between(start, end).length > 0;
  const local = toLocal(zone, first);
  const own = Math.min(MAX_LOOKING_STEPS, shared.left);
  const budget = { left: own };
  const until = toLocal(zone, end) + MAX_BACK_MS;
  try {
    for (const at of ruleStarts(rule, local, toLocal(zone, start) - MAX_BACK_MS, until, budget)) {
      const found = startOf(at, first, zone);
      if (found !== undefined && found >= start && found < end) return true;
    }
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    if (own < MAX_LOOKING_STEPS) throw error;
  } finally {
    shared.left -= own - Math.max(0, budget.left);
  }
  return false;
}
