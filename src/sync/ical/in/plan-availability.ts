/**
 * The openings of several VAVAILABILITY together, and the time that those without openings close (RFC 7953, section 4).
 * Of two that overlap the stronger availability counts; of two that are as strong, time is open where both are.
 */
import { type Interval, subtract } from '../../../scheduling/interval.ts';
import { TooManySteps } from '../../../scheduling/rule-starts.ts';
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

/** So many that overlap without a priority are a mistake: nothing is open. */
const MAX_EQUAL = 20;
/** A closure without end lasts as long as anybody plans. */
const FOREVER = Date.UTC(2200, 0);

export function planAvailabilities(
  all: readonly Availability[],
  settings: PlanSettings,
  issues: ImportIssue[],
): AvailabilityPlan {
  const known = newest(all).map((availability) => ({
    ...availability,
    series: seriesOf(availability.openings, issues),
  }));
  const plan: AvailabilityPlan = { times: [], isCut: false, lost: [] };
  for (const availability of known) {
    const others = known.filter((other) => other !== availability);
    if (availability.openings.length === 0) plan.times.push(...closureOf(availability, others, settings.window));
    const regions = regionsOf(availability, others, settings, issues);
    for (const series of availability.series) {
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
  for (const availability of all) {
    const other = byUid.get(availability.uid);
    const isNewer =
      other === undefined ||
      availability.sequence > other.sequence ||
      (availability.sequence === other.sequence && availability.stamp >= other.stamp);
    if (isNewer) byUid.set(availability.uid, availability);
  }
  return [...byUid.values()].filter(({ isCancelled }) => !isCancelled);
}

/** Where openings may lie: in the span, outside those of stronger ones. */
function regionsOf(
  availability: Spanned,
  others: readonly Spanned[],
  settings: PlanSettings,
  issues: ImportIssue[],
): readonly Interval[] {
  const stronger = others.filter(({ rank }) => rank < availability.rank).map(({ span }) => span);
  const equal = others.filter((other) => other.rank === availability.rank && meets(other.span, availability.span));
  const isUnbounded =
    availability.span.start === Number.NEGATIVE_INFINITY && availability.span.end === Number.POSITIVE_INFINITY;
  if (isUnbounded && stronger.length === 0 && equal.length === 0) return ANYWHERE;
  if (equal.length > 0)
    issues.push(
      importIssue(
        availability.line,
        'another VAVAILABILITY of the same priority overlaps: only time that both open is open',
        'un autre VAVAILABILITY de même priorité le recouvre : seul le temps ouvert par les deux est ouvert',
      ),
    );
  if (equal.length > MAX_EQUAL) return [];
  return subtract([availability.span], [...stronger, ...equal.flatMap((other) => busyOf(other, settings))]);
}

const meets = (a: Interval, b: Interval): boolean => a.start < b.end && b.start < a.end;

/**
 * The span without what is open in it. After the window, and where it takes too much work, nothing is taken for open.
 */
function busyOf({ span, series }: Spanned, { window, budget }: PlanSettings): Interval[] {
  try {
    return subtract(
      [span],
      series.flatMap((events) => occurrencesOf(events, window, budget)),
    );
  } catch (error) {
    if (error instanceof TooManySteps) return [span];
    throw error;
  }
}

/** A component without openings closes its span, but for what stronger ones decide. */
function closureOf(availability: Spanned, others: readonly Spanned[], window: Interval): PlannedTime[] {
  const stronger = others.filter(({ rank }) => rank < availability.rank).map(({ span }) => span);
  const span = {
    start: Math.max(availability.span.start, window.start),
    end: Math.min(availability.span.end, FOREVER),
  };
  const whole = availability.span.start >= window.start ? span : { ...span, start: window.start };
  return subtract([whole], stronger).map((part, index) => ({
    ...part,
    item: closureItem(availability),
    isDate: false,
    ...(index === 0 ? {} : { part: new Date(part.start).toISOString() }),
  }));
}

function closureItem({ uid, line, sequence, stamp, details }: Availability): Item {
  return { kind: 'closure', uid, line, sequence, stamp, isCancelled: false, isBusy: true, isOurs: false, details };
}
