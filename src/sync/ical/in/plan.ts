/**
 * How the occurrences of a series are written down: as rules where an availability can say them, cut at exceptions and
 * at the bounds of their VAVAILABILITY; else as single dates up to a horizon. The occurrences of a rule are compared
 * with those of the calendar: a rule is only written if both are the same.
 */
import type { Interval } from '../../../scheduling/interval.ts';
import { type StepBudget, TooManySteps } from '../../../scheduling/rule-starts.ts';
import { isForeignClosure, occurrenceAt } from './item.ts';
import { instantOf } from '../zones/clock.ts';
import { isExcluded, isTimed, occurrencesOf, type TimedItem } from './occurrences.ts';
import { planRule } from './plan-rule.ts';
import { type Plan, type PlannedTime, type PlanSettings, within } from './planned-time.ts';
import type { EventSeries } from './series.ts';

/** No series of an agenda takes as much work; one that does is not written. */
const MAX_STEPS = 300_000;

/** A date is named, written and joined with others. */
const STEPS_OF_DATE = 8;

/** `undefined` if it takes too much work to say when the series is. */
export function planSeries(
  series: EventSeries,
  regions: readonly Interval[],
  settings: PlanSettings,
): Plan | undefined {
  const only = onlyTime(series, regions);
  if (only !== undefined) return { times: only, isCut: false };
  const mayRule = series.masters.every((item) => settings.mayRule(item));
  const ruled = mayRule ? limited(settings, (own) => planRule(series, regions, own)) : undefined;
  return ruled ?? limited(settings, (own) => planDates(series, regions, own));
}

/** Runs with a part of the budget, so that one series does not take the work of all others. */
function limited(settings: PlanSettings, plan: (settings: PlanSettings) => Plan | undefined): Plan | undefined {
  if (settings.budget.left <= 0) return undefined;
  const budget = { left: Math.min(MAX_STEPS, settings.budget.left) };
  const before = budget.left;
  try {
    return plan({ ...settings, budget });
  } catch (error) {
    if (error instanceof TooManySteps) return undefined;
    throw error;
  } finally {
    settings.budget.left -= before - Math.max(0, budget.left);
  }
}

/** A component that does not repeat is written whenever it is, also long before the window. */
function onlyTime({ masters, overrides }: EventSeries, regions: readonly Interval[]): PlannedTime[] | undefined {
  const items = [...masters, ...overrides];
  if (items.some(({ times }) => times !== undefined && times.rules.length + times.rDates.length > 0)) return undefined;
  if (masters.length > 0 && overrides.length > 0) return undefined;
  const found = items
    .filter(isTimed)
    .filter((item) => !item.isCancelled && item.isBusy)
    // Readers show an event that does not repeat whatever exceptions it has.
    .filter((item) => isForeignClosure(item) || !isExcluded(item.times, item.times.start))
    .map((item) => {
      const occurrence = occurrenceAt(item, item.times.start);
      return { ...occurrence, item, id: item.recurrence?.instant ?? occurrence.start };
    })
    .filter(({ start, end }) => end > start);
  return found.flatMap((occurrence) => within(occurrence, regions, found.length > 1 || overrides.length > 0));
}

function planDates(series: EventSeries, regions: readonly Interval[], settings: PlanSettings): Plan {
  const { window, budget } = settings;
  const found = occurrencesOf(series, window, budget);
  budget.left -= STEPS_OF_DATE * found.length;
  if (budget.left < 0) throw new TooManySteps();
  return {
    times: found.flatMap((occurrence) => within(occurrence, regions, true)),
    isCut: goesOnAfter(series, regions, window, budget),
  };
}

/** How far after the window an occurrence is looked for: soon at first; rarer ones than the last are not expected. */
const LOOK_AHEAD_MS = [32, 5 * 366].map((days) => days * 86_400_000);
const MAX_LOOKING_STEPS = 20_000;

/** Also long after: a series that no rule can say is told, whenever it begins. */
function beginsAfter({ times: { clock, start, rDates } }: TimedItem, end: number): boolean {
  return instantOf(clock, start) >= end || rDates.some((date) => date.start >= end);
}

function goesOnAfter(
  series: EventSeries,
  regions: readonly Interval[],
  { end }: Interval,
  budget: StepBudget,
): boolean {
  const last = Math.max(...regions.map((region) => region.end), Number.NEGATIVE_INFINITY);
  if (last <= end) return false;
  if ([...series.masters, ...series.overrides].some((item) => isTimed(item) && item.isBusy && beginsAfter(item, end)))
    return true;
  const own = Math.min(budget.left, MAX_LOOKING_STEPS);
  const looking = { left: own };
  try {
    return LOOK_AHEAD_MS.some((ahead) => {
      const after = { start: end, end: Math.min(end + ahead, last) };
      return occurrencesOf(series, after, looking).some(({ start }) => start >= end);
    });
  } catch (error) {
    if (error instanceof TooManySteps) return true;
    throw error;
  } finally {
    budget.left -= own - Math.max(0, looking.left);
  }
}
