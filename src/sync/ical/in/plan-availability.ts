/**
 * The openings of several VAVAILABILITY together, and the time that those without openings close (RFC 7953, section 4).
 * Of two that overlap the stronger one counts; of two that are as strong, time is open where both are.
 */
import { type Interval, subtract } from '../../../scheduling/interval.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Item } from './item.ts';
import { occurrencesOf } from './occurrences.ts';
import { planSeries } from './plan.ts';
import { ANYWHERE, type PlannedTime, type PlanSettings } from './planned-time.ts';
import type { Availability } from './read-availability.ts';
import { type EventSeries, seriesOf } from './series.ts';

export interface AvailabilityPlan {
  times: PlannedTime[];
  isCut: boolean;
  /** EventSeries that it took too much work to expand. */
  lost: Item[];
}

interface Spanned extends Availability {
  series: EventSeries[];
}

/** A closure without end lasts as long as anybody plans. */
const FOREVER = Date.UTC(2200, 0);

export function planAvailabilities(
  all: readonly Availability[],
  settings: PlanSettings,
  issues: ImportIssue[],
): AvailabilityPlan {
  const known = newest(all).map((one) => ({ ...one, series: seriesOf(one.openings, issues) }));
  const plan: AvailabilityPlan = { times: [], isCut: false, lost: [] };
  for (const one of known) {
    const others = known.filter((other) => other !== one);
    if (one.openings.length === 0) plan.times.push(...closureOf(one, others, settings.window));
    const regions = regionsOf(one, others, settings, issues);
    for (const series of one.series) {
      const planned = planSeries(series, regions, settings);
      if (planned === undefined) plan.lost.push(...series.masters.slice(0, 1));
      else plan.times.push(...planned.times);
      plan.isCut ||= planned?.isCut ?? false;
    }
  }
  return plan;
}

/** The newest version of each UID; cancelled ones are gone. */
function newest(all: readonly Availability[]): Availability[] {
  const byUid = new Map<string, Availability>();
  for (const one of all) {
    const other = byUid.get(one.uid);
    const isNewer =
      other === undefined ||
      one.sequence > other.sequence ||
      (one.sequence === other.sequence && one.stamp >= other.stamp);
    if (isNewer) byUid.set(one.uid, one);
  }
  return [...byUid.values()].filter(({ isCancelled }) => !isCancelled);
}

/** Where openings may lie: in the span, outside those of stronger ones. */
function regionsOf(
  one: Spanned,
  others: readonly Spanned[],
  settings: PlanSettings,
  issues: ImportIssue[],
): readonly Interval[] {
  const stronger = others.filter(({ rank }) => rank < one.rank).map(({ span }) => span);
  const equal = others.filter((other) => other.rank === one.rank && meets(other.span, one.span));
  const isUnbounded = one.span.start === Number.NEGATIVE_INFINITY && one.span.end === Number.POSITIVE_INFINITY;
  if (isUnbounded && stronger.length === 0 && equal.length === 0) return ANYWHERE;
  if (equal.length > 0)
    issues.push(
      importIssue(
        one.line,
        'another VAVAILABILITY of the same priority overlaps: only time that both open is open',
        'un autre VAVAILABILITY de même priorité le recouvre : seul le temps ouvert par les deux est ouvert',
      ),
    );
  return subtract([one.span], [...stronger, ...equal.flatMap((other) => busyOf(other, settings))]);
}

const meets = (a: Interval, b: Interval): boolean => a.start < b.end && b.start < a.end;

/** The span without what is open in it; after the window nothing is taken for open. */
function busyOf({ span, series }: Spanned, { window, budget }: PlanSettings): Interval[] {
  return subtract(
    [span],
    series.flatMap((one) => occurrencesOf(one, window, budget)),
  );
}

/** A component without openings closes its span, but for what stronger ones decide. */
function closureOf(one: Spanned, others: readonly Spanned[], window: Interval): PlannedTime[] {
  const stronger = others.filter(({ rank }) => rank < one.rank).map(({ span }) => span);
  const span = { start: Math.max(one.span.start, window.start), end: Math.min(one.span.end, FOREVER) };
  const whole = one.span.start >= window.start ? span : { ...span, start: window.start };
  return subtract([whole], stronger).map((part, index) => ({
    ...part,
    item: closureItem(one),
    isDate: false,
    ...(index === 0 ? {} : { part: new Date(part.start).toISOString() }),
  }));
}

function closureItem({ uid, line, sequence, stamp, details }: Availability): Item {
  return { kind: 'closure', uid, line, sequence, stamp, isCancelled: false, isBusy: true, isOurs: false, details };
}
