/**
 * Leaves out the rules that would make searches of the agenda slow: the dearest first, until the rest is within
 * bounds.
 */
import { expansionSteps, MAX_SEARCH_MS } from '../../../scheduling/expansion-cost.ts';
import type { Item } from './item.ts';
import type { PlannedTime } from './planned-time.ts';

export interface Affordable {
  times: PlannedTime[];
  /** Components of the rules that are left out. */
  lost: Item[];
}

/**
 * `steps`: what the agenda has left for them (`scheduling/expansion-cost.ts`); `reach`: of its openings,
 * milliseconds.
 */
export function affordable(
  times: readonly PlannedTime[],
  { zone, steps, reach }: { zone: string; steps: number; reach: number },
): Affordable {
  const openings = times.filter(({ item }) => item.kind === 'opening');
  const widest = openings.reduce((most, { start, end }) => Math.max(most, end - start), reach);
  const stepsOf = ({ rule, start, end }: PlannedTime, most: number): number =>
    expansionSteps(rule, start, zone, MAX_SEARCH_MS + 2 * widest + (end - start), most);
  const ruled = measured(
    times.filter(({ rule }) => rule !== undefined),
    stepsOf,
    steps,
  );
  let left = steps - (times.length - ruled.length);
  const lost = new Set<PlannedTime>();
  for (const { time, steps: own } of ruled.sort((a, b) => a.steps - b.steps)) {
    if (own > left) lost.add(time);
    else left -= own;
  }
  return { times: times.filter((time) => !lost.has(time)), lost: [...new Set([...lost].map(({ item }) => item))] };
}

/** A rule that takes more than one bound is measured again with the next. */
const FIRST_BOUND = 1_000;
const GROWTH = 4;

/**
 * The steps of each rule, the cheap ones first. Measuring takes at most twice the work that the agenda may have. Rules
 * that it does not reach are as dear as any.
 */
function measured(
  times: readonly PlannedTime[],
  stepsOf: (time: PlannedTime, most: number) => number,
  most: number,
): { time: PlannedTime; steps: number }[] {
  const known: { time: PlannedTime; steps: number }[] = [];
  let [open, left] = [times, 2 * most];
  for (let bound = FIRST_BOUND; open.length > 0; bound *= GROWTH) {
    const dearer: PlannedTime[] = [];
    for (const time of open) {
      const own = Math.min(bound, most, Math.max(0, left));
      const steps = stepsOf(time, own);
      left -= Math.min(steps, own);
      if (Number.isFinite(steps)) known.push({ time, steps });
      else dearer.push(time);
    }
    if (bound >= most || left <= 0)
      return [...known, ...dearer.map((time) => ({ time, steps: Number.POSITIVE_INFINITY }))];
    open = dearer;
  }
  return known;
}
