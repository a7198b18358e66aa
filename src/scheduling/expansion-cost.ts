/**
 * How much work the recurrences of an agenda are to expand. Each rule has bounds of its own; the sum has one too, so
 * that no Schedule makes the searches of everybody else wait.
 */
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { parseDateRange } from '../fhir/date.ts';
import type { Agenda, Rule } from './agenda.ts';
import { MAX_COUNT } from './recurrence.ts';
import { ruleStarts, TooManySteps } from './rule-starts.ts';
import { DAY, toLocal } from './zone.ts';

/** About 0.2 s of work for the longest search. */
export const MAX_AGENDA_STEPS = 600_000;

/** No search of slots asks for more. */
export const MAX_SEARCH_MS = 92 * DAY;
/** A start is also placed on the clock of the agenda. */
const STEPS_OF_START = 2;

/** Steps for all rules together; infinite above `MAX_AGENDA_STEPS`. */
export function agendaSteps({ rules, zone }: Pick<Agenda, 'rules' | 'zone'>): number {
  const reach = openingReach(rules);
  let sum = 0;
  for (const rule of rules) {
    const span = MAX_SEARCH_MS + 2 * reach + rule.maxDurationMs;
    sum += expansionSteps(rule.repeats, rule.first.start, zone, span, MAX_AGENDA_STEPS - sum);
    if (sum > MAX_AGENDA_STEPS) return Number.POSITIVE_INFINITY;
  }
  return sum;
}

/** An opening that meets a window reaches so far out of it. */
export function openingReach(rules: readonly Pick<Rule, 'availability' | 'maxDurationMs'>[]): number {
  return rules.reduce(
    (most, { availability, maxDurationMs }) => (availability.type === 'free' ? Math.max(most, maxDurationMs) : most),
    0,
  );
}

/**
 * Steps to expand a rule over any span of that length; a rule with COUNT is expanded from its beginning. Infinite above
 * `most`.
 */
export function expansionSteps(
  rule: RecurrenceRule | undefined,
  first: number,
  zone: string,
  spanMs: number,
  most: number,
): number {
  if (rule === undefined) return 1;
  const local = toLocal(zone, first);
  const { count, until } = rule;
  const last = until === undefined ? Number.POSITIVE_INFINITY : (parseDateRange(until, zone)?.end ?? first) - first;
  const reach = count === undefined ? Math.min(spanMs, last) : last;
  const budget = { left: Math.max(0, most) };
  let left = Math.min(count ?? Number.POSITIVE_INFINITY, MAX_COUNT);
  try {
    for (const _start of ruleStarts(rule, local, local, Math.min(local + reach, LAST), budget)) {
      budget.left -= STEPS_OF_START;
      if (budget.left < 0) return Number.POSITIVE_INFINITY;
      if (--left <= 0) break;
    }
  } catch (error) {
    if (error instanceof TooManySteps) return Number.POSITIVE_INFINITY;
    throw error;
  }
  return 1 + most - budget.left;
}

const LAST = Date.UTC(9999, 0);
