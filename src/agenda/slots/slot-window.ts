/**
 * The time that a slot search is about. Without bounds: from now, 7 days; with one bound, 7 days from or to it;
 * never more than the limit. Each slot is checked against every criterion afterwards, so a window may be wider.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import type { DateValue } from '../../fhir/search/value.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { DAY } from '../../scheduling/zone.ts';

const DEFAULT_DAYS = 7;

type DateCriterion = Criterion & { is: 'parameter' };

export function slotWindow(criteria: readonly DateCriterion[], now: number, maxDays: number): Interval {
  let from = Number.NEGATIVE_INFINITY;
  let to = Number.POSITIVE_INFINITY;
  for (const { values } of criteria) {
    const ranges = (values as DateValue[]).map(rangeOf);
    from = Math.max(from, Math.min(...ranges.map((range) => range.start)));
    to = Math.min(to, Math.max(...ranges.map((range) => range.end)));
  }
  if (from === Number.NEGATIVE_INFINITY && to === Number.POSITIVE_INFINITY) from = now;
  if (to === Number.POSITIVE_INFINITY) to = from + DEFAULT_DAYS * DAY;
  if (from === Number.NEGATIVE_INFINITY) from = to - DEFAULT_DAYS * DAY;
  // A day more than the limit: whole days and the hour of a clock change must fit.
  if (to - from > (maxDays + 1) * DAY) {
    throw new FhirError(
      'too-costly',
      `The slot search spans ${Math.ceil((to - from) / DAY)} days; the limit is ${maxDays}`,
      {
        expression: 'start',
        text: `Période trop longue : ${Math.ceil((to - from) / DAY)} jours, limite ${maxDays}. Réduisez les bornes « start ».`,
      },
    );
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
    case 'ap': {
      const margin = Math.max((end - start) / 10, 1);
      return { start: start - margin, end: end + margin };
    }
    case 'ne':
      return { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  }
}

/** Does an instant satisfy one date criterion? The same rules as the SQL of stored dates. */
export function startMatches(criterion: DateCriterion, instant: number): boolean {
  return (criterion.values as DateValue[]).some((value) => valueMatches(value, instant));
}

function valueMatches({ prefix, start, end }: DateValue, instant: number): boolean {
  const inside = start <= instant && instant + 1 <= end;
  switch (prefix) {
    case 'eq':
      return inside;
    case 'ne':
      return !inside;
    case 'gt':
      return instant + 1 > end;
    case 'ge':
      return instant + 1 > end || inside;
    case 'lt':
      return instant < start;
    case 'le':
      return instant < start || inside;
    case 'sa':
      return instant >= end;
    case 'eb':
      return instant + 1 <= start;
    case 'ap': {
      const margin = Math.max((end - start) / 10, 1);
      return instant + 1 > start - margin && instant < end + margin;
    }
  }
}
