/**
 * The time that a slot search covers. Without bounds: 7 days from now; with one bound: 7 days from it or to it; never
 * more than the limit. Each slot is checked against every criterion afterwards, so a window may be wider. A date
 * without a zone is that of the agenda's own clocks: `start=ge2026-12-01` begins at midnight in Saint-Denis for an
 * agenda of Saint-Denis.
 */
import { FRANCE } from '../../fhir/date.ts';
import { FhirError } from '../../fhir/issue.ts';
import { instantMatches } from '../../fhir/search/match.ts';
import { type ParameterCriterion, valuesOf } from '../../fhir/search/request.ts';
import { approximately, dateInZone, type DateValue } from '../../fhir/search/value.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { DAY } from '../../scheduling/zone.ts';

const DEFAULT_DAYS = 7;

/** `zone`: of dates that name none. */
export function slotWindow(
  criteria: readonly ParameterCriterion[],
  now: number,
  maxDays: number,
  zone: string = FRANCE,
): Interval {
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  for (const criterion of criteria) {
    const ranges = datesOf(criterion, zone).map(rangeOf);
    from = Math.max(from, Math.min(...ranges.map((range) => range.start)));
    to = Math.min(to, Math.max(...ranges.map((range) => range.end)));
  }
  if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) from = now;
  if (to === Number.POSITIVE_INFINITY) to = from + DEFAULT_DAYS * DAY;
  if (from === Number.NEGATIVE_INFINITY) from = to - DEFAULT_DAYS * DAY;
  // One day more than the limit leaves room for whole days and for the hour of a clock change.
  if (to - from > (maxDays + 1) * DAY) {
    const days = Math.ceil((to - from) / DAY);
    throw new FhirError('too-costly', `The slot search spans ${days} days; the limit is ${maxDays}`, {
      expression: 'start',
      text: `Période trop longue : ${days} jours, limite ${maxDays}. Réduisez les bornes « start ».`,
    });
  }
  return { start: from, end: Math.max(from, to) };
}

/** Where slots that match a value can start. */
function rangeOf({ prefix, start, end }: DateValue): Interval {
  switch (prefix) {
    case 'eq':
      return { start, end };
    case 'gt':
    case 'sa':
      return { start: end, end: Number.POSITIVE_INFINITY };
    case 'ge':
      return { start, end: Number.POSITIVE_INFINITY };
    case 'lt':
    case 'eb':
      return { start: Number.NEGATIVE_INFINITY, end: start };
    case 'le':
      return { start: Number.NEGATIVE_INFINITY, end };
    case 'ap':
      return approximately({ start, end });
    case 'ne':
      return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  }
}

/** Does a slot that starts then, in an agenda of that zone, satisfy every one of these criteria? */
export function startTest(criteria: readonly ParameterCriterion[]): (start: number, zone?: string) => boolean {
  const known = new Map<string, DateValue[][]>();
  const boundsIn = (zone: string): DateValue[][] => {
    const bounds = known.get(zone) ?? criteria.map((criterion) => datesOf(criterion, zone));
    known.set(zone, bounds);
    return bounds;
  };
  return (start, zone = FRANCE) => boundsIn(zone).every((values) => instantMatches(values, start));
}

function datesOf(criterion: ParameterCriterion, zone: string): DateValue[] {
  return valuesOf(criterion, 'date').map((value) => dateInZone(value, zone));
}
