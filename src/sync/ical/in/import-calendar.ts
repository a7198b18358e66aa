/**
 * Calendars into availabilities of an agenda: VAVAILABILITY gives openings, VEVENT and VFREEBUSY closures. Nothing
 * becomes open that the calendar does not open, and busy time that is not closed is reported with its line.
 * docs/icalendar.md.
 */
import type { Extension, Identifier } from '../../../fhir/resource.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import type { StepBudget } from '../../../scheduling/rule-starts.ts';
import { DAY, formatInstant, toInstant, toLocal } from '../../../scheduling/zone.ts';
import type { Component } from '../text/read-calendar.ts';
import { zoneClock } from '../zones/clock.ts';
import { affordable } from './afford.ts';
import { availabilityExtension, identifiersOf } from './availability-extension.ts';
import { fit, type Fitted } from './fit.ts';
import { calendarIssue, importIssue, type ImportIssue } from './import-issue.ts';
import type { Item } from './item.ts';
import { planSeries } from './plan.ts';
import { planAvailabilities } from './plan-availability.ts';
import { ANYWHERE, type PlannedTime, type PlanSettings } from './planned-time.ts';
import { type CalendarItems, readItems } from './read-items.ts';
import { type EventSeries, seriesOf } from './series.ts';

export interface ImportSettings {
  /** Of the agenda. */
  zone: string;
  now: number;
  /** Availabilities that the agenda has room for. */
  room: number;
  /** Steps that the agenda has left for rules (`scheduling/expansion-cost.ts`). */
  steps: number;
  /** So far its own openings reach out of a window, milliseconds. */
  reach: number;
}

export interface ImportedTime {
  /** The UID of the component that it comes from. */
  uid: string;
  identifiers: Identifier[];
  extension: Extension;
}

export interface Imported {
  times: ImportedTime[];
  issues: ImportIssue[];
  /** Dates after it are not written: the calendar has to be read again before. */
  horizon?: number;
}

/** Single dates are written for so many months ahead; for fewer if it takes too much work. */
const MONTHS_AHEAD = [24, 6, 1];
const MONTHS_BACK = 2;
/** Work for all plans of a calendar: about a second. Each may take half of what is left, so that a nearer one can. */
const MAX_STEPS = 2_000_000;

export function importCalendars(calendars: readonly Component[], settings: ImportSettings): Imported {
  const items = readItems(calendars, settings.zone, settings.now);
  const issues = [...items.issues];
  const planner: Planner = { items, events: seriesOf(items.events, issues), settings, budget: { left: MAX_STEPS } };
  const plan = bestPlan(planner);
  const { fitted, lost } = plan;
  const horizon = Math.min(
    fitted.end ?? Number.POSITIVE_INFINITY,
    plan.isCut ? plan.window.end : Number.POSITIVE_INFINITY,
  );
  issues.push(...plan.issues, ...lost.map(tooMuchWork), ...limits(fitted.past, horizon, settings));
  return {
    times: named(plan.times, settings.zone),
    issues,
    ...(Number.isFinite(horizon) ? { horizon } : {}),
  };
}

interface Planner {
  items: CalendarItems;
  events: readonly EventSeries[];
  settings: ImportSettings;
  budget: StepBudget;
}

interface PlannedCalendar {
  times: PlannedTime[];
  window: Interval;
  isCut: boolean;
  isTooMuch: boolean;
  lost: Item[];
  issues: ImportIssue[];
}

interface FittedCalendar extends PlannedCalendar {
  fitted: Fitted;
}

/**
 * As far ahead as the work allows; with rules where the agenda has room for them, else as dates, which can be joined.
 */
function bestPlan(planner: Planner): FittedCalendar {
  let [months, ...nearer] = MONTHS_AHEAD as [number, ...number[]];
  let plan = planAll(planner, months, () => true);
  while (plan.isTooMuch && nearer.length > 0) {
    [months, ...nearer] = nearer as [number, ...number[]];
    plan = planAll(planner, months, () => true);
  }
  const ruled = fitInto(plan, planner.settings);
  const dear = new Set(ruled.lost.filter((item) => !plan.lost.includes(item)));
  if (ruled.fitted.end === undefined && dear.size === 0) return ruled;
  const all = ruled.fitted.end !== undefined;
  const dated = fitInto(
    planAll(planner, months, (item) => !all && !dear.has(item)),
    planner.settings,
  );
  return isBetter(dated, ruled) ? dated : ruled;
}

function isBetter(dated: FittedCalendar, ruled: FittedCalendar): boolean {
  const end = ({ fitted }: FittedCalendar): number => fitted.end ?? Number.POSITIVE_INFINITY;
  if (dated.isTooMuch || dated.lost.length > ruled.lost.length) return false;
  return end(dated) > end(ruled) || (end(dated) === end(ruled) && dated.lost.length < ruled.lost.length);
}

function fitInto(plan: PlannedCalendar, settings: ImportSettings): FittedCalendar {
  const fitted = fit(plan.times, settings.room, settings.now - DAY);
  const { times, lost } = affordable(fitted.times, settings);
  return { ...plan, fitted, times, lost: [...plan.lost, ...lost] };
}

function planAll(
  { items, events, settings: { zone, now }, budget: all }: Planner,
  months: number,
  mayRule: PlanSettings['mayRule'],
): PlannedCalendar {
  const window = windowAt(now, zone, months);
  const most = Math.ceil(all.left / 2);
  const budget = { left: most };
  const settings: PlanSettings = { own: zoneClock(zone), zone, window, budget, mayRule };
  const issues: ImportIssue[] = [];
  const openings = planAvailabilities(items.availabilities, settings, issues);
  const found: PlannedCalendar = { ...openings, window, isTooMuch: false, issues };
  for (const item of items.busy.filter(({ isCancelled }) => !isCancelled)) {
    const { start, length } = item.times!;
    found.times.push({ start, end: start + length.ms, item, isDate: false, part: new Date(start).toISOString() });
  }
  found.times = found.times.filter(({ start, end }) => end > start);
  for (const series of events) {
    const plan = planSeries(series, ANYWHERE, settings);
    if (plan === undefined) found.lost.push(...series.masters.slice(0, 1));
    else for (const time of plan.times) found.times.push(time);
    found.isCut ||= plan?.isCut ?? false;
  }
  found.isTooMuch = budget.left <= 0;
  all.left -= most - Math.max(0, budget.left);
  return found;
}

/** Whole months, so that a calendar that is read again within a month gives the same. */
function windowAt(now: number, zone: string, months = MONTHS_AHEAD[0]!): Interval {
  const today = new Date(toLocal(zone, now));
  const month = (offset: number): number =>
    toInstant(zone, Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + offset)).instant;
  return { start: month(-MONTHS_BACK), end: month(months + 1) };
}

function tooMuchWork({ line }: Item): ImportIssue {
  return importIssue(
    line,
    'it repeats too often to be written: the agenda stays as it is',
    'se répète trop souvent pour être repris : l’agenda reste comme il est',
  );
}

function limits(past: number, horizon: number, { zone, room }: ImportSettings): ImportIssue[] {
  const issues: ImportIssue[] = [];
  if (past > 0)
    issues.push(
      calendarIssue(
        `${past} times of the past are left out: the agenda has room for ${room}`,
        `${past} horaires passés ne sont pas repris : l’agenda a place pour ${room}`,
      ),
    );
  if (Number.isFinite(horizon)) {
    const day = formatInstant(horizon, zone).slice(0, 10);
    issues.push(
      calendarIssue(
        `dates from ${day} on are not written yet: the agenda does not follow the calendar then`,
        `les dates à partir du ${day} ne sont pas encore reprises : l’agenda ne suit pas le calendrier au-delà`,
        'warning',
      ),
    );
  }
  return issues;
}

/** Every time gets a name of its own, the same for the same calendar. */
function named(times: readonly PlannedTime[], zone: string): ImportedTime[] {
  const seen = new Map<string, number>();
  return times.map((time) => {
    const identifiers = identifiersOf(time);
    const key = JSON.stringify(identifiers[0]);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    const [first, ...others] = identifiers;
    const own = count === 1 ? identifiers : [{ ...first, value: `${first?.value ?? ''}/${count}` }, ...others];
    return { uid: time.item.uid, identifiers: own, extension: availabilityExtension(time, own, zone) };
  });
}
