/** A series as rules: one, or several between its exceptions, with single dates for what stands beside them. */
import type { RecurrenceRule } from '../../../fhir/french/fr-extensions.ts';
import { contains, type Interval } from '../../../scheduling/interval.ts';
import { expansionSteps } from '../../../scheduling/expansion-cost.ts';
import { recurrence, yieldsAnything } from '../../../scheduling/recurrence.ts';
import { DAY, formatInstant, toInstant, toLocal } from '../../../scheduling/zone.ts';
import type { ReadRule } from '../text/recur.ts';
import type { Moment } from '../text/values.ts';
import { agree, instantOf, localOf } from '../zones/clock.ts';
import { fhirRule, isCountAllowed } from './fhir-rule.ts';
import { isEmpty, isForeignClosure, occurrenceAt } from './item.ts';
import {
  datesOf,
  isExcluded,
  isTimed,
  type Occurrence,
  overriding,
  Replaced,
  startsOfRule,
  STEPS_OF_OCCURRENCE,
  type TimedItem,
} from './occurrences.ts';
import { ANYWHERE, type Plan, type PlannedTime, type PlanSettings, within } from './planned-time.ts';
import type { EventSeries } from './series.ts';

/** More rules for one series are harder to read than its dates. */
const MAX_RULES = 60;
/** Occurrences that a rule misses around changes of the clock stand beside it; more of them make it a bad rule. */
const MAX_MISSED = 20;
/** Work to expand a rule as the agenda will. */
const MAX_RULE_STEPS = 10_000;
const YEAR = 366 * DAY;
/** A rule that begins later than that after DTSTART is not expected. */
const MAX_WAIT = 30 * YEAR;

/** `undefined` if no rule can say it. */
export function planRule(series: EventSeries, regions: readonly Interval[], settings: PlanSettings): Plan | undefined {
  const [master, second] = series.masters.filter(isTimed);
  if (master === undefined || second !== undefined || master.times.rules.length !== 1) return undefined;
  if (master.times.exRules.length > 0 || series.overrides.some(({ recurrence: id }) => id!.isThisAndFuture))
    return undefined;
  if (isEmpty(master.times) || !isOnClock(master, settings) || ruleOf(master).scale !== undefined) return undefined;
  const replaced = new Replaced(master, series.overrides);
  const runs = runsOf(master, replaced, regions, settings);
  if (runs.rules.length > MAX_RULES) return undefined;
  const times: PlannedTime[] = runs.cut.flatMap((occurrence) => within(occurrence, regions, true));
  for (const run of runs.rules) {
    const planned = ruled(run, master, run === runs.rules[0], settings);
    if (planned === undefined) return undefined;
    times.push(...planned);
  }
  const beside = [...datesOf(master, replaced), ...overriding(series)];
  times.push(...beside.flatMap((occurrence) => within(occurrence, regions, true)));
  return { times, isCut: false };
}

/** A rule repeats on the clock of the agenda: another clock must show the same for as long as anybody plans. */
function isOnClock({ times }: TimedItem, { own, window }: PlanSettings): boolean {
  if (times.isDate) return true;
  const from = Math.max(window.start - YEAR, Math.min(instantOf(times.clock, times.start), window.end));
  return agree(times.clock, own, from, window.end + 2 * YEAR);
}

/** Occurrences in a row, without an exception between them. */
interface Run {
  /** Wall-clock starts in the window. */
  starts: number[];
  /** Goes on for ever after the window. */
  isOpen: boolean;
  /** Nothing is cut off: the rule is written from DTSTART on, as it stands. */
  isWhole: boolean;
}

interface Runs {
  rules: Run[];
  /** Occurrences that only partly lie in a region. */
  cut: Occurrence[];
}

const LAST = Date.UTC(9990, 0);

function ruleOf({ times }: TimedItem): ReadRule {
  return times.rules[0]!.rule;
}

function runsOf(master: TimedItem, replaced: Replaced, regions: readonly Interval[], settings: PlanSettings): Runs {
  const { window, budget } = settings;
  const { times } = master;
  const rule = ruleOf(master);
  const isExcepted = !replaced.isEmpty || times.exDates.instants.size + times.exDates.days.size > 0;
  const isWhole = !isExcepted && regions === ANYWHERE;
  const lastRegion = Math.max(...regions.map(({ end }) => end), Number.NEGATIVE_INFINITY);
  const isOpen = rule.count === undefined && rule.until === undefined && !Number.isFinite(lastRegion);
  // A run that is cut ends with its last occurrence: a finite series is followed to its end.
  const to = isWhole || isOpen ? window.end : Math.min(Math.max(window.end, lastRegion), LAST);
  const from = localOf(times.clock, window.start - DAY);
  const rules: Run[] = isWhole ? [{ starts: [], isOpen: false, isWhole }] : [];
  const cut: Occurrence[] = [];
  let run = rules[0];
  for (const start of startsOfRule(master, rule, from, localOf(times.clock, to), budget)) {
    budget.left -= STEPS_OF_OCCURRENCE;
    const occurrence = occurrenceAt(master, start);
    const isOut = isExcluded(times, start) || replaced.has(start);
    const isInside = regions.some((region) => contains(region, occurrence));
    if (isOut || !isInside) {
      run = undefined;
      if (!isOut) cut.push({ ...occurrence, item: master, id: occurrence.start });
    } else {
      if (run === undefined) {
        run = { starts: [], isOpen: false, isWhole };
        rules.push(run);
      }
      run.starts.push(start);
    }
  }
  if (run !== undefined) run.isOpen = isOpen;
  return { rules, cut };
}

/** The run as a rule and as dates beside it, or `undefined` if what the rule says is not what the calendar says. */
function ruled(run: Run, master: TimedItem, bearsName: boolean, settings: PlanSettings): PlannedTime[] | undefined {
  const { times } = master;
  const { zone } = settings;
  const rule = ruleOf(master);
  const counts = isForeignClosure(master);
  const begin = !run.isWhole ? run.starts[0] : counts ? firstInRule(master) : times.start;
  // DTSTART of a closure counts even if it stands outside its rule.
  const outside = run.isWhole && counts && begin !== times.start ? [times.start] : [];
  const dates = outside.map((start) => planned(master, start, true));
  if (begin === undefined || (rule.count ?? 2) <= outside.length) return dates;
  const first = occurrenceAt(master, begin);
  const part = bearsName ? {} : { part: new Date(first.start).toISOString() };
  if (run.starts.length === 1 && !run.isOpen && !run.isWhole) return [{ ...planned(master, begin, false), ...part }];
  const parts = fhirRule(master, rule.parts, toLocal(zone, first.start), toLocal(zone, first.end));
  const end = parts && endOf(run, master, outside.length, zone);
  if (parts === undefined || end === undefined) return undefined;
  const fhir: RecurrenceRule = { ...parts, ...end };
  const starts = run.starts.filter((start) => !outside.includes(start));
  const missed = missedBy(fhir, master, starts, first, settings);
  if (missed === undefined) return undefined;
  return [...dates, { ...first, item: master, isDate: times.isDate, rule: fhir, ...part }, ...missed];
}

function planned(master: TimedItem, start: number, isNamed: boolean): PlannedTime {
  const occurrence = occurrenceAt(master, start);
  const part = new Date(occurrence.start).toISOString();
  return { ...occurrence, item: master, isDate: master.times.isDate, ...(isNamed ? { part } : {}) };
}

/** The first start that the rule itself names. */
function firstInRule(master: TimedItem): number | undefined {
  const { count: _count, ...endless } = ruleOf(master);
  const first = master.times.start;
  for (const start of startsOfRule({ ...master, kind: 'opening' }, endless, first, first + MAX_WAIT, { left: 100_000 }))
    return start;
  return undefined;
}

/** COUNT and UNTIL as they stand, or the last start of a run that was cut. */
function endOf(
  run: Run,
  master: TimedItem,
  outside: number,
  zone: string,
): Pick<RecurrenceRule, 'count' | 'until'> | undefined {
  const { times } = master;
  const { count, until } = ruleOf(master);
  const untilText = (local: number): string =>
    times.isDate ? new Date(local).toISOString().slice(0, 10) : formatInstant(instantOf(times.clock, local), zone);
  if (run.isOpen) return {};
  if (!run.isWhole) return { until: untilText(run.starts.at(-1)!) };
  if (!isCountAllowed(count)) return undefined;
  return {
    ...(count === undefined ? {} : { count: count - outside }),
    ...(until === undefined ? {} : { until: untilText(lastOf(until, times)) }),
  };
}

/** UNTIL on the wall clock; a date alone lasts its whole day. */
function lastOf(until: Moment, { clock, isDate }: TimedItem['times']): number {
  if (until.isUtc) return localOf(clock, until.local);
  return until.isDate && !isDate ? until.local + DAY - 1000 : until.local;
}

/**
 * Occurrences of a closure that the rule misses, as dates; `undefined` if the rule has any that the calendar lacks, or
 * takes more work than dates do.
 */
function missedBy(
  rule: RecurrenceRule,
  master: TimedItem,
  starts: readonly number[],
  first: Interval,
  { zone, window, budget }: PlanSettings,
): PlannedTime[] | undefined {
  // A rule with COUNT is expanded from its beginning, a sparse one for long.
  const steps = expansionSteps(rule, first.start, zone, window.end - first.start, MAX_RULE_STEPS);
  budget.left -= Math.min(steps, MAX_RULE_STEPS);
  if (steps > MAX_RULE_STEPS) return undefined;
  const wall = toLocal(zone, first.end) - toLocal(zone, first.start);
  const said = new Map<number, number>();
  for (const start of recurrence(rule, first.start, zone).between(Math.max(window.start, first.start), window.end))
    said.set(start, start === first.start ? first.end : toInstant(zone, toLocal(zone, start) + wall).instant);
  const wanted = new Map(starts.map((start) => occurrenceAt(master, start)).map(({ start, end }) => [start, end]));
  const missed: PlannedTime[] = [];
  for (const [start, end] of said)
    if (!wanted.has(start) || (master.kind === 'opening' && end > wanted.get(start)!)) return undefined;
  for (const [start, end] of wanted) {
    if (start < window.start || start >= window.end || said.get(start) === end) continue;
    if (master.kind === 'opening') return undefined;
    missed.push({ start, end, item: master, isDate: false, part: new Date(start).toISOString() });
  }
  if (said.size === 0 && !yieldsAnything(rule, first.start, zone, first.start, Number.POSITIVE_INFINITY))
    return undefined;
  return missed.length > MAX_MISSED ? undefined : missed;
}
