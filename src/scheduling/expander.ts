/**
 * The starts of any recurrence rule, by rrule-temporal: this is its only door. What it gets wrong is put right here,
 * and held
 * against RFC 5545 3.3.10 by property tests.
 */
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { DAY, HOUR, toInstant, toLocal } from './zone.ts';

type Options = Extract<ConstructorParameters<typeof RRuleTemporal<Temporal.ZonedDateTime>>[0], { freq: unknown }>;

/** Shortest length of a period, in milliseconds. */
export const STEP_MS = {
  SECONDLY: 1000,
  MINUTELY: 60_000,
  HOURLY: 3_600_000,
  DAILY: DAY,
  WEEKLY: 7 * DAY,
  MONTHLY: 28 * DAY,
  YEARLY: 365 * DAY,
};

export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

/** Monday is 0; day 0 of the epoch was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The clock never goes back further (Casey, Antarctica: three hours). */
const MAX_BACK = 3 * HOUR;

/**
 * The library's expansion of a rule, and what it gets wrong put right. It works on the wall clock, read as if it were
 * UTC: in a
 * zone it counts steps of hours and minutes in elapsed time, and "every four hours" would move when the clock changes.
 */
export class Expander {
  private readonly library: RRuleTemporal<Temporal.ZonedDateTime>;
  private readonly keeps: (local: number) => boolean;
  /**
   * Days before a span that are asked too: where weeks are named, the library begins with those of the span's own year.
   */
  private readonly back: number;
  private readonly first: number;
  private readonly zone: string;

  constructor(rule: RecurrenceRule, first: number, zone: string, mostSteps: number) {
    const local = toLocal(zone, first);
    const { asked, keeps } = apart(rule, Math.floor(local / DAY));
    this.first = first;
    this.zone = zone;
    this.keeps = keeps;
    this.back = asked.byWeekNo.length > 0 ? 7 * DAY : 0;
    const anchor = asked.byWeekNo.length > 0 ? yearsBefore(local, asked.interval) : local;
    this.library = new RRuleTemporal({ ...optionsOf(asked, anchor), maxIterations: mostSteps });
  }

  between(from: number, to: number): number[] {
    const span = [from - this.back, to + MAX_BACK].map((instant) => new Date(toLocal(this.zone, instant)));
    const found = this.library.between(span[0]!, span[1]!, true).map((one) => this.startAt(one.epochMilliseconds));
    return found.filter((start): start is number => start !== undefined && start >= from && start < to);
  }

  /** The first so many starts; fewer when they are too far apart to be found within the library's limit (decades). */
  firstStarts(count: number, until: number): number[] {
    const starts: number[] = [];
    try {
      this.library.all((one) => {
        const start = this.startAt(one.epochMilliseconds);
        if (start !== undefined && start <= until) starts.push(start);
        return starts.length < count && (start ?? until) <= until;
      });
    } catch (error) {
      if (!isExhausted(error)) throw error;
    }
    return starts;
  }

  private startAt(local: number): number | undefined {
    return this.keeps(local) ? startOf(local, this.first, this.zone) : undefined;
  }
}

/**
 * The start at a wall-clock time, if the clock shows it. DTSTART itself may lie in the second hour of a doubled one.
 */
export function startOf(local: number, first: number, zone: string): number | undefined {
  if (local === toLocal(zone, first)) return first;
  const { instant, exists } = toInstant(zone, local);
  return exists && instant >= first ? instant : undefined;
}

/**
 * Each day part of a yearly rule narrows the others (RFC 5545 3.3.10); the library joins some of them, so it is asked
 * for the
 * widest, and its answers are held against the rest. Nor does it keep to the weekday of DTSTART when only weeks are
 * named.
 */
function apart(rule: RecurrenceRule, firstDay: number): { asked: RecurrenceRule; keeps: (local: number) => boolean } {
  const { freq, byDay, byMonthDay, byYearDay, byWeekNo } = rule;
  const dayParts = [byDay, byMonthDay, byYearDay].filter((part) => part.length > 0).length;
  if (freq !== 'YEARLY' || (dayParts < 2 && byWeekNo.length === 0)) return { asked: rule, keeps: () => true };
  const weekDays = dayParts > 0 ? WEEKDAYS : [WEEKDAYS[weekdayOf(firstDay)]!];
  const isByDay = byDay.length + byWeekNo.length > 0;
  return {
    asked: {
      ...rule,
      byDay: byDay.length > 0 || byWeekNo.length === 0 ? byDay : weekDays,
      byMonthDay: [],
      byYearDay: isByDay ? [] : byYearDay,
    },
    keeps: (local) => {
      const date = new Date(local);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
      const dayOf = (m: number, d: number): number => Date.UTC(year, m, d) / DAY;
      const isOne = (list: number[], at: number, length: number): boolean =>
        list.length === 0 || list.includes(at) || list.includes(at - length - 1);
      const [newYear, today] = [dayOf(0, 1), dayOf(month, day)];
      return (
        isOne(byMonthDay, day, dayOf(month + 1, 1) - dayOf(month, 1)) &&
        isOne(byYearDay, today - newYear + 1, dayOf(12, 1) - newYear)
      );
    },
  };
}

/** The first days of January may be of the last week of a year before: the library would not look there. */
function yearsBefore(local: number, years: number): number {
  const date = new Date(local);
  return date.setUTCFullYear(date.getUTCFullYear() - years);
}

/** The library's way of saying that it has looked far enough. */
export function isExhausted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Maximum ');
}

function optionsOf(rule: RecurrenceRule, local: number): Options {
  const { freq, byHour, byMinute, bySecond } = byTheDay(rule);
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth } = rule;
  const lists = { bySecond, byMinute, byHour, byDay, byMonthDay, byYearDay, byWeekNo, byMonth };
  return {
    freq,
    interval: rule.interval,
    dtstart: Temporal.Instant.fromEpochMilliseconds(local).toZonedDateTimeISO('UTC'),
    tzid: 'UTC',
    ...(rule.wkst ? { wkst: rule.wkst } : {}),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** "Every hour" is "every day at 0, 1, 2..."; said so, the library walks over days instead of seconds. */
function byTheDay(rule: RecurrenceRule): Pick<RecurrenceRule, 'freq' | 'byHour' | 'byMinute' | 'bySecond'> {
  const { freq, interval, byHour, byMinute, bySecond } = rule;
  if (STEP_MS[freq] >= DAY || interval > 1) return rule;
  return {
    freq: 'DAILY',
    byHour: byHour.length > 0 ? byHour : upTo(24),
    byMinute: byMinute.length > 0 || freq === 'HOURLY' ? byMinute : upTo(60),
    bySecond: bySecond.length > 0 || freq !== 'SECONDLY' ? bySecond : upTo(60),
  };
}
