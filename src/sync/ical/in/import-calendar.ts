/**
 * Calendars into availabilities of an agenda: VAVAILABILITY gives openings, VEVENT and VFREEBUSY closures. Nothing
 * becomes open that the calendar does not open, and busy time that is not closed is reported with its line.
 * docs/icalendar.md.
 */
import type { Extension, Identifier } from '../../../fhir/resource.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY, formatInstant, toInstant, toLocal } from '../../../scheduling/zone.ts';
import type { Component } from '../text/read-calendar.ts';
import { zoneClock } from '../zones/clock.ts';
import { availabilityExtension, identifiersOf } from './availability-extension.ts';
import { fit } from './fit.ts';
import { calendarIssue, importIssue, type ImportIssue } from './import-issue.ts';
import type { Item } from './item.ts';
import { planSeries } from './plan.ts';
import { planAvailabilities } from './plan-availability.ts';
import { ANYWHERE, type PlannedTime, type PlanSettings } from './planned-time.ts';
import { type CalendarItems, readItems, Turn } from './read-items.ts';
import { type EventSeries, seriesOf } from './series.ts';

export interface ImportSettings {
  /** Of the agenda. */
  zone: string;
  now: number;
  /** Availabilities that the agenda has room for. */
  room: number;
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
const MONTHS_AHEAD = [24, 12, 6, 3, 1];
const MONTHS_BACK = 2;
/** Work for one calendar: some seconds. */
const MAX_STEPS = 8_000_000;

export async function importCalendars(calendars: readonly Component[], settings: ImportSettings): Promise<Imported> {
  const items = await readItems(calendars, settings.zone, settings.now);
  const issues = [...items.issues];
  const events = seriesOf(items.events, issues);
  for (const months of MONTHS_AHEAD) {
    const plan = await planAll(items, events, settings, months, true);
    if (plan.isTooMuch && months !== MONTHS_AHEAD.at(-1)) continue;
    const isOver = settings.now - DAY;
    let fitted = fit(plan.times, settings.room, isOver);
    let { isCut } = plan;
    if (fitted.end !== undefined) {
      // Rules that overlap take room each; their dates can be joined.
      const dated = await planAll(items, events, settings, months, false);
      const other = fit(dated.times, settings.room, isOver);
      if (!dated.isTooMuch && (other.end ?? Number.POSITIVE_INFINITY) > fitted.end) {
        fitted = other;
        isCut = dated.isCut;
      }
    }
    issues.push(...plan.issues, ...plan.lost.map(tooMuchWork));
    const horizon = Math.min(
      fitted.end ?? Number.POSITIVE_INFINITY,
      isCut ? plan.window.end : Number.POSITIVE_INFINITY,
    );
    issues.push(...limits(fitted.past, horizon, settings));
    return {
      times: named(fitted.times, settings.zone),
      issues,
      ...(Number.isFinite(horizon) ? { horizon } : {}),
    };
  }
  throw new Error('unreachable');
}

interface PlannedCalendar {
  times: PlannedTime[];
  window: Interval;
  isCut: boolean;
  isTooMuch: boolean;
  lost: Item[];
  issues: ImportIssue[];
}

async function planAll(
  items: CalendarItems,
  events: readonly EventSeries[],
  { zone, now }: ImportSettings,
  months: number,
  withRules: boolean,
): Promise<PlannedCalendar> {
  const window = windowAt(now, zone, months);
  const settings: PlanSettings = { own: zoneClock(zone), zone, window, budget: { left: MAX_STEPS }, withRules };
  const turn = new Turn();
  const issues: ImportIssue[] = [];
  const openings = planAvailabilities(items.availabilities, settings, issues);
  const found: PlannedCalendar = { ...openings, window, isTooMuch: false, issues };
  for (const item of items.busy.filter(({ isCancelled }) => !isCancelled)) {
    const { start, length } = item.times!;
    found.times.push({ start, end: start + length.ms, item, isDate: false, part: new Date(start).toISOString() });
  }
  found.times = found.times.filter(({ start, end }) => end > start);
  for (const series of events) {
    await turn.rest();
    const plan = planSeries(series, ANYWHERE, settings);
    if (plan === undefined) found.lost.push(...series.masters.slice(0, 1));
    else found.times.push(...plan.times);
    found.isCut ||= plan?.isCut ?? false;
  }
  found.isTooMuch = settings.budget.left <= 0;
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
    const [first, ...others] = identifiers as [Identifier, ...Identifier[]];
    const own = count === 1 ? identifiers : [{ ...first, value: `${first.value ?? ''}/${count}` }, ...others];
    return { uid: time.item.uid, identifiers: own, extension: availabilityExtension(time, own, zone) };
  });
}
