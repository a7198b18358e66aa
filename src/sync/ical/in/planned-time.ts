/** Times to write down for a series: once each, or with a rule. */
import type { RecurrenceRule } from '../../../fhir/french/fr-extensions.ts';
import { clip, type Interval } from '../../../scheduling/interval.ts';
import type { StepBudget } from '../../../scheduling/rule-starts.ts';
import type { Clock } from '../zones/clock.ts';
import type { Item } from './item.ts';
import type { Occurrence } from './occurrences.ts';

export interface PlanSettings {
  /** The agenda's own clock. */
  own: Clock;
  zone: string;
  /** Single dates are written within it. */
  window: Interval;
  budget: StepBudget;
  /** May the series of this item be written as a rule? Not if the agenda has no room for it. */
  mayRule(item: Item): boolean;
}

/** A time to write: once, or with a rule from its first occurrence on. */
export interface PlannedTime extends Interval {
  item: Item;
  /** Whole days. */
  isDate: boolean;
  rule?: RecurrenceRule;
  /** Of several times of one UID, what tells this one from the others; absent for the one that bears the UID alone. */
  part?: string;
}

export interface Plan {
  times: PlannedTime[];
  /** Occurrences after the window are left out. */
  isCut: boolean;
}

/** Where an opening may lie; a closure may lie anywhere. */
export const ANYWHERE: readonly Interval[] = [{ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }];

/** The parts of an occurrence that lie in the regions; a part that is cut loses the days as such. */
export function within(occurrence: Occurrence, regions: readonly Interval[], isNamed: boolean): PlannedTime[] {
  const { item, id } = occurrence;
  return regions.flatMap((region) => {
    const part = clip(occurrence, region);
    if (part === undefined) return [];
    const isWhole = part.start === occurrence.start && part.end === occurrence.end;
    const name = new Date(id).toISOString() + (isWhole ? '' : `/${new Date(part.start).toISOString()}`);
    return {
      ...part,
      item,
      isDate: isWhole && item.times!.isDate,
      ...(isNamed || !isWhole ? { part: name } : {}),
    };
  });
}
