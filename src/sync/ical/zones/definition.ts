/** The clock that a VTIMEZONE defines by its observances (RFC 5545 3.6.5). */
import { ruleStarts, type StepBudget } from '../../../scheduling/rule-starts.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { readRule } from '../text/recur.ts';
import { type Component, textOf } from '../text/read-calendar.ts';
import { momentOf, offsetOf } from '../text/values.ts';
import type { Clock } from './clock.ts';

export interface Definition extends Clock {
  /** Instants at which the clock changes. */
  changes: readonly number[];
  /** Until when the definition speaks; infinite if a rule goes on for ever, or if the clock never changes. */
  end: number;
  /** An observance begins with an offset that no other one leads to, or does not say it: something is missing. */
  isIncomplete: boolean;
}

interface Observance {
  from: number;
  to: number;
  /** Wall-clock times, by the offset before, at which it begins. */
  onsets: number[];
  isEndless: boolean;
  /** Without the offset before. */
  isPartial: boolean;
}

/** Changes before are of no interest to an agenda. */
const EARLIEST = Date.UTC(1970, 0);
/** For one definition; a century of two changes a year takes some hundred. */
const MAX_STEPS = 5000;

/**
 * `until`: changes after it are left out; `shared`: the work that all definitions of a calendar may take. `undefined`
 * for a definition that cannot be read.
 */
export function definitionOf(timezone: Component, until: number, shared: StepBudget): Definition | undefined {
  const observances: Observance[] = [];
  for (const part of timezone.components) {
    if (part.name !== 'standard' && part.name !== 'daylight') continue;
    const observance = observanceOf(part, until, shared);
    if (observance === undefined) return undefined;
    observances.push(observance);
  }
  const changes = observances
    .flatMap(({ from, to, onsets }) => onsets.map((local) => ({ at: local - from, from, to })))
    .sort((a, b) => a.at - b.at);
  const [first] = changes;
  if (first === undefined) return undefined;
  const offsets = new Set(observances.map(({ to }) => to));
  const isConstant = observances.every(({ from, to }) => from === first.from && to === first.from);
  return {
    changes: changes.map(({ at }) => at),
    end: isConstant || observances.some(({ isEndless }) => isEndless) ? Number.POSITIVE_INFINITY : changes.at(-1)!.at,
    isIncomplete: observances.some(({ from, isPartial }) => isPartial || !offsets.has(from)),
    offsetAt(instant) {
      let [low, high] = [0, changes.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (changes[middle]!.at <= instant) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? first.from : changes[low - 1]!.to;
    },
  };
}

function observanceOf(part: Component, until: number, shared: StepBudget): Observance | undefined {
  const property = (name: string) => part.properties.find((candidate) => candidate.name === name);
  const start = momentOf({ parameters: {} }, textOf(part, 'dtstart') ?? '');
  const from = offsetOf(textOf(part, 'tzoffsetfrom') ?? '');
  const to = offsetOf(textOf(part, 'tzoffsetto') ?? '');
  if (start === undefined || to === undefined) return undefined;
  const observance: Observance = {
    ...{ from: from ?? to, to, onsets: [start.local] },
    ...{ isEndless: false, isPartial: from === undefined },
  };
  for (const { value, parameters } of part.properties.filter(({ name }) => name === 'rdate')) {
    const dates = value.split(',').map((text) => momentOf({ parameters }, text.split('/')[0]!));
    if (dates.some((date) => date === undefined)) return undefined;
    observance.onsets.push(...dates.map((date) => date!.local));
  }
  const rrule = property('rrule');
  if (rrule === undefined) return observance;
  const rule = readRule(rrule);
  if (typeof rule === 'string' || rule.scale !== undefined) return undefined;
  const last = rule.until === undefined ? until : rule.until.local + (rule.until.isUtc ? observance.from : 0);
  const most = Math.min(MAX_STEPS, shared.left);
  const budget = { left: most };
  try {
    const since = rule.count === undefined ? Math.max(start.local, EARLIEST - 2 * 366 * DAY) : start.local;
    let left = rule.count ?? Number.POSITIVE_INFINITY;
    for (const onset of ruleStarts(rule.parts, start.local, since, Math.min(last, until), budget)) {
      if (left-- <= 0) break;
      observance.onsets.push(onset);
    }
  } catch {
    return undefined;
  } finally {
    shared.left -= most - Math.max(0, budget.left);
  }
  observance.isEndless = rule.until === undefined && rule.count === undefined;
  return observance;
}
