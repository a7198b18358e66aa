/** The occurrences of a series within a span of time: its rules and dates, without exceptions and replaced ones. */
import type { Interval } from '../../../scheduling/interval.ts';
import { ruleStarts, type RuleParts, type StepBudget, TooManySteps } from '../../../scheduling/rule-starts.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { ReadRule } from '../text/recur.ts';
import type { Moment } from '../text/values.ts';
import { type Clock, instantOf, localOf } from '../zones/clock.ts';
import { isForeignClosure, type Item, occurrenceAt, type Times } from './item.ts';
import { scaledStarts } from './scaled-starts.ts';
import type { EventSeries } from './series.ts';

export interface Occurrence extends Interval {
  /** The component that describes it. */
  item: Item;
  /** The start by which the series knows it: that of the rule, whatever replaces it. */
  id: number;
}

/** An occurrence is placed on the clock, compared with others and kept: its work and its memory count. */
export const STEPS_OF_OCCURRENCE = 4;

export type TimedItem = Item & { times: Times };

export function isTimed(item: Item): item is TimedItem {
  return item.times !== undefined;
}

/**
 * Wall-clock starts of one rule in `[from, to]`, COUNT and UNTIL applied. DTSTART is the first occurrence of a closure
 * even if the rule does not name it, as calendars show it; of an opening it is not (RFC 5545 3.8.5.3: undefined).
 */
export function* startsOfRule(
  item: TimedItem,
  rule: ReadRule,
  from: number,
  to: number,
  budget: StepBudget,
): Generator<number> {
  const { times } = item;
  const parts = times.isDate ? withoutTimes(rule.parts) : rule.parts;
  const counts = rule.count !== undefined;
  let left = rule.count ?? Number.POSITIVE_INFINITY;
  let isFirst = isForeignClosure(item);
  if (isFirst) {
    left--;
    if (times.start >= from && times.start <= to) yield times.start;
  }
  const since = counts ? times.start : from;
  const starts =
    rule.scale === undefined
      ? ruleStarts(parts, times.start, since, to, budget)
      : scaledStarts(parts, rule.scale, [times.start, since, to], budget);
  for (const start of starts) {
    if (isFirst && start === times.start) {
      isFirst = false;
      continue;
    }
    if (left <= 0 || isAfter(times.clock, start, rule.until)) return;
    if (!isShown(item, start)) continue;
    left--;
    if (start >= from) yield start;
  }
}

function withoutTimes(parts: RuleParts): RuleParts {
  return { ...parts, byHour: [], byMinute: [], bySecond: [] };
}

function isAfter(clock: Clock, start: number, until: Moment | undefined): boolean {
  if (until === undefined) return false;
  if (until.isDate) return start >= until.local + DAY;
  return until.isUtc ? instantOf(clock, start) > until.local : start > until.local;
}

/** Longest time for which an occurrence may last, in local milliseconds, rounded up. */
function reach({ length }: Times): number {
  return (length.days + 2) * DAY + Math.max(length.ms, length.wallMs ?? 0);
}

/** Starts of a component that meet the span: DTSTART, rules and dates, without EXDATE and EXRULE. Ascending. */
function startsOf(item: TimedItem, span: Interval, budget: StepBudget): number[] {
  const { times } = item;
  const from = localOf(times.clock, span.start) - reach(times);
  const to = localOf(times.clock, span.end) + DAY;
  const starts = new Set<number>();
  const hasDtstart = isForeignClosure(item) || times.rules.length === 0;
  if (hasDtstart && times.start >= from && times.start <= to) starts.add(times.start);
  for (const { rule } of times.rules) for (const start of startsOfRule(item, rule, from, to, budget)) starts.add(start);
  for (const rule of times.exRules)
    for (const start of startsOfRule({ ...item, kind: 'opening' }, rule, from, to, budget)) starts.delete(start);
  return [...starts].filter((start) => !isExcluded(times, start)).sort((a, b) => a - b);
}

/**
 * An occurrence at a time that the clock skips does not exist and does not count (RFC 5545 3.3.10), but many calendars
 * show it later.
 */
function isShown(item: TimedItem, start: number): boolean {
  const { clock } = item.times;
  return isForeignClosure(item) || localOf(clock, instantOf(clock, start)) === start;
}

export function isExcluded({ clock, exDates }: Times, start: number): boolean {
  if (exDates.days.size > 0 && exDates.days.has(Math.floor(start / DAY) * DAY)) return true;
  return exDates.instants.size > 0 && exDates.instants.has(instantOf(clock, start));
}

/** The occurrences that other components replace, found by the start that they name. */
export class Replaced {
  private readonly byInstant = new Map<number, Item[]>();
  private readonly byDay = new Map<number, Item[]>();
  private readonly master: TimedItem;

  constructor(master: TimedItem, overrides: readonly Item[]) {
    this.master = master;
    for (const override of overrides) {
      const { instant, day, isDate, isThisAndFuture } = override.recurrence!;
      if (isThisAndFuture) continue;
      const [map, key] = isDate ? [this.byDay, dayOf(day)] : [this.byInstant, instant];
      map.set(key, [...(map.get(key) ?? []), override]);
    }
  }

  /** A closure whose replacement cannot be read stays as it was; an opening does not. */
  has(start: number): boolean {
    if (this.byInstant.size + this.byDay.size === 0) return false;
    const { kind, times } = this.master;
    const found = [
      ...(this.byInstant.get(instantOf(times.clock, start)) ?? []),
      ...(this.byDay.get(dayOf(start)) ?? []),
    ];
    return found.some(
      (override) => override.isCancelled || !override.isBusy || isTimed(override) || kind === 'opening',
    );
  }

  get isEmpty(): boolean {
    return this.byInstant.size + this.byDay.size === 0;
  }
}

const dayOf = (local: number): number => Math.floor(local / DAY);

/** Every occurrence of the series that meets the span. Throws TooManySteps. */
export function occurrencesOf(series: EventSeries, span: Interval, budget: StepBudget): Occurrence[] {
  const later = laterOf(series);
  const found: Occurrence[] = [];
  for (const master of series.masters.filter(isTimed)) {
    // Nobody knows which of several series moves, nor what moves before one begins: a closure is in both places.
    const first = instantOf(master.times.clock, master.times.start);
    const isClear = series.masters.length === 1 && later.every(({ recurrence }) => recurrence!.instant >= first);
    const mayStay = later.length > 0 && master.kind === 'closure' && !isClear;
    const replaced = new Replaced(master, series.overrides);
    for (const start of startsOf(master, later.length === 0 ? span : widened(span, master, later), budget)) {
      budget.left -= STEPS_OF_OCCURRENCE;
      if (budget.left < 0) throw new TooManySteps();
      if (replaced.has(start)) continue;
      const occurrence = shiftedBy(later, master, start);
      if (occurrence !== undefined) found.push(occurrence);
      if (mayStay)
        found.push({ ...occurrenceAt(master, start), item: master, id: instantOf(master.times.clock, start) });
    }
    for (const date of datesOf(master, replaced)) {
      const isOwnLength = date.end !== occurrenceAt(master, localOf(master.times.clock, date.start)).end;
      const moved =
        later.length === 0 || isOwnLength ? date : shiftedBy(later, master, localOf(master.times.clock, date.start));
      if (moved !== undefined) found.push(moved);
      if (mayStay) found.push(date);
    }
  }
  found.push(...overriding(series));
  return found.filter(({ start, end, item }) => item.isBusy && end > start && end > span.start && start < span.end);
}

/** Components that change all later occurrences, in the order in which they begin to. */
function laterOf({ overrides }: EventSeries): Item[] {
  return overrides
    .filter((override) => override.recurrence!.isThisAndFuture)
    .sort((a, b) => a.recurrence!.instant - b.recurrence!.instant);
}

/** The occurrences of the replacing components themselves. */
export function overriding({ overrides }: EventSeries): Occurrence[] {
  return overrides
    .filter(isTimed)
    .filter((override) => !override.isCancelled && override.isBusy)
    .map((override) => ({
      ...occurrenceAt(override, override.times.start),
      item: override,
      id: override.recurrence!.instant,
    }));
}

/** RDATE, each with its own end or that of the series; without those that are replaced or excluded. */
export function datesOf(master: TimedItem, replaced: Replaced): Occurrence[] {
  const { times } = master;
  return times.rDates
    .filter(({ start }) => {
      const local = localOf(times.clock, start);
      return !isExcluded(times, local) && !replaced.has(local);
    })
    .map(({ start, end }) => ({
      start,
      end: end ?? occurrenceAt(master, localOf(times.clock, start)).end,
      item: master,
      id: start,
    }));
}

/** RANGE=THISANDFUTURE moves all later occurrences by as much as the first one, and gives them its length. */
function shiftedBy(later: readonly Item[], master: TimedItem, start: number): Occurrence | undefined {
  const id = instantOf(master.times.clock, start);
  const override = later.findLast((candidate) => candidate.recurrence!.instant <= id);
  const isUnreadable = override !== undefined && !isTimed(override) && !override.isCancelled && override.isBusy;
  if (override === undefined || (isUnreadable && master.kind === 'closure'))
    return { ...occurrenceAt(master, start), item: master, id };
  // The first one is the component itself, which `overriding` gives.
  if (!isTimed(override) || override.recurrence!.instant === id) return undefined;
  const shift = override.times.start - localOf(override.times.clock, override.recurrence!.instant);
  return { ...occurrenceAt(override, localOf(override.times.clock, id) + shift), item: override, id };
}

/** An occurrence may be moved into the span from outside. */
function widened(span: Interval, master: TimedItem, later: readonly Item[]): Interval {
  const shifts = later.filter(isTimed).map((override) => {
    const { clock, start } = override.times;
    return Math.abs(start - localOf(clock, override.recurrence!.instant)) + reach(override.times);
  });
  const margin = Math.max(0, ...shifts) + reach(master.times);
  return { start: span.start - margin, end: span.end + margin };
}
