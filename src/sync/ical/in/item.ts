/** A component of a calendar that takes or opens time, read and resolved: an event, an AVAILABLE, a busy period. */
import type { CodeableConcept, Identifier } from '../../../fhir/resource.ts';
import { type Clock, instantOf } from '../zones/clock.ts';
import type { ReadRule } from '../text/recur.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';

export interface Item {
  kind: 'closure' | 'opening';
  uid: string;
  line: number;
  /** Of iTIP: the higher one replaces the lower one. */
  sequence: number;
  /** DTSTAMP, epoch milliseconds; of one sequence the later stamp counts. */
  stamp: number;
  /** STATUS:CANCELLED, or METHOD:CANCEL. */
  isCancelled: boolean;
  /** False for events that take no time. */
  isBusy: boolean;
  /** Written by Créneau: it says what an availability says, and is never joined with others. */
  isOurs: boolean;
  /** The occurrence of a series that it replaces. */
  recurrence?: RecurrenceId;
  /** It replaces an occurrence, and nobody knows which. */
  isMisnamed?: boolean;
  /** `undefined` if it cannot be said when it is. */
  times?: Times;
  details: Details;
}

export interface RecurrenceId {
  /** The start of the occurrence, as it is written and as the clock of its series shows it (`recurrence-id.ts`). */
  instant: number;
  /** On the wall clock, if it names no zone that is known. */
  floating?: number;
  /** Midnight of the day that it names, on the wall clock. */
  day: number;
  /** It names a day, not a time. */
  isDate: boolean;
  /** RANGE=THISANDFUTURE: all later occurrences too. */
  isThisAndFuture: boolean;
}

export interface Times {
  clock: Clock;
  /** The wall clock of the first start, local milliseconds. */
  start: number;
  /** Whole days. */
  isDate: boolean;
  length: Length;
  rules: readonly { rule: ReadRule; line: number }[];
  exRules: readonly ReadRule[];
  /** Starts that are left out: instants, and days (their midnight on the wall clock). */
  exDates: { instants: ReadonlySet<number>; days: ReadonlySet<number> };
  /** Further occurrences. */
  rDates: readonly { start: number; end?: number }[];
  /** Where a rule stands, for what is said of it. */
  line: number;
}

/** How long an occurrence lasts. */
export interface Length {
  /** Days of the calendar. */
  days: number;
  /** Elapsed milliseconds after them. */
  ms: number;
  /** Where DTEND says the end: what the clock shows from the start to the end of the first occurrence. */
  wallMs?: number;
}

export function isEmpty({ length }: Times): boolean {
  return length.days === 0 && length.ms === 0;
}

export interface Details {
  reason?: CodeableConcept;
  /** FHIR dateTime. */
  created?: string;
  priority?: number;
  /** Identifiers that Créneau wrote beside the UID. */
  identifiers?: Identifier[];
}

/**
 * Where readers of RFC 5545 differ, a closure of another calendar covers what any of them shows. Availabilities that
 * Créneau wrote follow their rules alone.
 */
export function isForeignClosure({ kind, isOurs }: Pick<Item, 'kind' | 'isOurs'>): boolean {
  return kind === 'closure' && !isOurs;
}

/**
 * The occurrence that starts at a wall-clock time. Where DTEND says the length and the clock changes in between,
 * RFC 5545 (3.8.5.3) repeats the elapsed time, and calendars show the wall clock, or the elapsed time on the wall
 * clock: a closure lasts as long as any of them says.
 */
export function occurrenceAt(item: Item & { times: Times }, local: number): Interval {
  const { clock, length } = item.times;
  const start = instantOf(clock, local);
  const elapsed = length.days === 0 ? start + length.ms : instantOf(clock, local + length.days * DAY) + length.ms;
  if (length.wallMs === undefined) return { start, end: elapsed };
  const wall = instantOf(clock, local + length.wallMs);
  if (!isForeignClosure(item)) return { start, end: wall };
  // Of the first one the end itself is written.
  const shown = local === item.times.start ? elapsed : instantOf(clock, local + length.ms);
  return { start, end: Math.max(elapsed, wall, shown) };
}
