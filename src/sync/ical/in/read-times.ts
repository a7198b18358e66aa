/** When an item is: its first occurrence, how long it lasts, how it repeats (RFC 5545 3.6.1, 3.8.2, 3.8.5). */
import { DAY } from '../../../scheduling/zone.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { type ReadRule, readRule } from '../text/recur.ts';
import { durationOf, isDuration, type Moment, momentOf, periodOf } from '../text/values.ts';
import { type Clock, instantOf, localOf } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Item, Length, Times } from './item.ts';
import { clockOf, guessedZone, unknownZone } from './moments.ts';
import { dayNamedBy } from './recurrence-id.ts';

/** No agenda reaches further; the texts of FHIR have no later year. */
const LAST = Date.UTC(9990, 0);

/** `undefined`, with a warning, if it cannot be said when the first occurrence is, or when an opening is not. */
export function readTimes(
  component: Component,
  kind: Item['kind'],
  clocks: Clocks,
  issues: ImportIssue[],
): Times | undefined {
  const lost = (line: number, english: string, french: string): undefined => {
    issues.push(importIssue(line, english, french));
  };
  const property = component.properties.find(({ name }) => name === 'dtstart');
  const name = component.name.toUpperCase();
  if (property === undefined) return lost(component.line, `${name} has no DTSTART`, `${name} sans DTSTART`);
  const moment = momentOf(property, property.value);
  if (moment === undefined || moment.local > LAST)
    return lost(property.line, 'DTSTART is not a date', "DTSTART n'est pas une date");
  const named = clockOf(moment, clocks);
  // Programs that do not know a zone show its times as they are written. Nothing is opened on that ground.
  if (named === undefined) issues.push(kind === 'closure' ? guessedZone(property) : unknownZone(property));
  if (named === undefined && kind === 'opening') return undefined;
  const clock = named ?? clocks.floating;
  const length = readLength(component, kind, moment, [clock, clocks]);
  if (length === 'none') {
    issues.push(
      importIssue(property.line, 'no duration: takes no time', 'sans durée : ne prend pas de temps', 'information'),
    );
    // Later occurrences of a series may last.
    if (!component.properties.some((own) => own.name === 'rrule' || own.name === 'rdate')) return undefined;
  }
  const isUnclear = typeof length === 'string' && length !== 'none';
  if (isUnclear) lost(property.line, length, FRENCH[length]);
  // The first day is certain without an end.
  if (isUnclear && (kind === 'opening' || !moment.isDate)) return undefined;
  const reader: DateReader = { clocks, clock, issues, start: moment, isDoubtful: false };
  const exRules = exRulesOf(component, kind, reader);
  const exDates = exDatesOf(component, reader);
  if (kind === 'opening' && reader.isDoubtful)
    return lost(component.line, UNKNOWN_EXCEPTIONS, FRENCH[UNKNOWN_EXCEPTIONS]);
  return {
    clock,
    start: moment.local,
    isDate: moment.isDate,
    length: isUnclear ? { days: 1, ms: 0 } : length === 'none' ? { days: 0, ms: 0 } : length,
    rules: rulesOf(component, 'rrule', issues),
    exRules,
    exDates,
    rDates: rDatesOf(component, reader),
    line: component.properties.find((candidate) => candidate.name === 'rrule')?.line ?? component.line,
  };
}

const UNKNOWN_EXCEPTIONS = 'its exceptions cannot be read: nothing of it is open';

const FRENCH = {
  [UNKNOWN_EXCEPTIONS]: 'ses exceptions sont illisibles : rien n’en est ouvert',
  'DURATION cannot be read': 'DURATION illisible',
  'DTEND cannot be read': 'DTEND illisible',
  'the end is not after the start': 'la fin ne suit pas le début',
} as const;

type ReadLength = Length | 'none' | keyof typeof FRENCH;

/** RFC 5545 knows DTEND or DURATION. Of both, a closure lasts as long as either says, an opening as both do. */
function readLength(
  component: Component,
  kind: Item['kind'],
  start: Moment,
  [clock, clocks]: readonly [Clock, Clocks],
): ReadLength {
  const dtend = component.properties.find(({ name }) => name === 'dtend');
  const duration = component.properties.find(({ name }) => name === 'duration');
  const toEnd = dtend && lengthTo(dtend, start, clock, clocks);
  const lasting = duration && lengthIn(duration, start);
  if (toEnd === undefined || lasting === undefined)
    return toEnd ?? lasting ?? (start.isDate ? { days: 1, ms: 0 } : 'none');
  const isToEnd = kind === 'closure' ? sizeOf(toEnd) >= sizeOf(lasting) : sizeOf(toEnd) <= sizeOf(lasting);
  return isToEnd ? toEnd : lasting;
}

function lengthIn(duration: Property, start: Moment): ReadLength {
  const length = durationOf(duration.value);
  if (length === undefined) return 'DURATION cannot be read';
  if (length.days === 0 && length.ms === 0) return start.isDate ? { days: 1, ms: 0 } : 'none';
  // A day is never cut: a duration of hours on a date is rounded up.
  return start.isDate ? { days: length.days + Math.ceil(length.ms / DAY), ms: 0 } : length;
}

/** To compare two readings; one that cannot be read is the shortest. */
function sizeOf(length: ReadLength): number {
  if (typeof length === 'string') return length === 'none' ? 0 : -1;
  return length.days * DAY + length.ms;
}

function lengthTo(
  dtend: Property,
  start: Moment,
  clock: Clock,
  clocks: Clocks,
): Length | 'none' | 'DTEND cannot be read' | 'the end is not after the start' {
  const end = momentOf(dtend, dtend.value);
  const endClock = end && (end.tzid !== undefined && end.tzid === start.tzid ? clock : clockOf(end, clocks));
  if (end === undefined || endClock === undefined || end.local > LAST) return 'DTEND cannot be read';
  if (start.isDate) {
    const days = Math.ceil((end.local - start.local) / DAY);
    return days < 0 ? 'the end is not after the start' : { days: Math.max(1, days), ms: 0 };
  }
  const from = instantOf(clock, start.local);
  const to = instantOf(endClock, end.local);
  if (to === from) return 'none';
  if (to < from) return 'the end is not after the start';
  return { days: 0, ms: to - from, wallMs: localOf(clock, to) - start.local };
}

function rulesOf(component: Component, name: string, issues: ImportIssue[]): { rule: ReadRule; line: number }[] {
  return component.properties
    .filter((property) => property.name === name)
    .flatMap((property) => {
      const rule = readRule(property);
      if (typeof rule !== 'string') return [{ rule, line: property.line }];
      const kept = 'its other dates are read';
      issues.push(
        importIssue(
          property.line,
          `${name.toUpperCase()}: ${rule}; ${kept}`,
          `${name.toUpperCase()} illisible : seules ses autres dates sont lues`,
        ),
      );
      return [];
    });
}

interface DateReader {
  clocks: Clocks;
  clock: Clock;
  issues: ImportIssue[];
  /** DTSTART. */
  start: Moment;
  /** An exception cannot be read. */
  isDoubtful: boolean;
}

/** Dates without a zone are read on the clock of DTSTART, as those of its own zone are. */
function clockAt({ clocks, clock, start }: DateReader, moment: Moment): Clock | undefined {
  const isOwn = !moment.isUtc && (moment.tzid === undefined || moment.tzid === start.tzid);
  return isOwn ? clock : clockOf(moment, clocks);
}

function instantOn(reader: DateReader, property: Property, moment: Moment): number | undefined {
  const own = clockAt(reader, moment);
  if (own !== undefined) return instantOf(own, moment.local);
  reader.issues.push(unknownZone(property));
  return undefined;
}

/**
 * EXRULE is of RFC 2445; RFC 5545 has no such property, and its readers show the dates. Openings leave them out, and
 * closures cover them.
 */
function exRulesOf(component: Component, kind: Item['kind'], reader: DateReader): ReadRule[] {
  const written = component.properties.filter(({ name }) => name === 'exrule');
  if (kind === 'opening') {
    const rules = rulesOf(component, 'exrule', reader.issues);
    reader.isDoubtful ||= rules.length < written.length;
    return rules.map(({ rule }) => rule);
  }
  for (const { line } of written)
    reader.issues.push(
      importIssue(
        line,
        'EXRULE is not of RFC 5545: its dates stay closed',
        'EXRULE n’est pas de la RFC 5545 : ses dates restent fermées',
        'information',
      ),
    );
  return [];
}

function exDatesOf(component: Component, reader: DateReader): Times['exDates'] {
  const instants = new Set<number>();
  const days = new Set<number>();
  for (const property of component.properties.filter(({ name }) => name === 'exdate')) {
    for (const text of property.value.split(',').filter(isWritten)) {
      const moment = momentOf(property, text);
      if (moment === undefined) reader.issues.push(notADate(property));
      const instant = moment && (moment.isDate ? moment.local : instantOn(reader, property, moment));
      if (moment === undefined || instant === undefined) reader.isDoubtful = true;
      else if (moment.isDate || reader.start.isDate) days.add(dayNamedBy(moment, instant, reader.clock));
      else instants.add(instant);
    }
  }
  return { instants, days };
}

function rDatesOf(component: Component, reader: DateReader): Times['rDates'] {
  const found: { start: number; end?: number }[] = [];
  for (const property of component.properties.filter(({ name }) => name === 'rdate')) {
    for (const text of property.value.split(',').filter(isWritten)) {
      const period = text.includes('/') ? periodOf(property, text) : undefined;
      const moment = period?.start ?? (text.includes('/') ? undefined : momentOf(property, text));
      if (moment === undefined || moment.local > LAST) {
        reader.issues.push(notADate(property));
        continue;
      }
      if (moment.isDate && !reader.start.isDate) reader.issues.push(dateOfTimes(property));
      const start = instantOn(reader, property, atTimeOf(reader.start, moment));
      const end =
        period === undefined || start === undefined ? undefined : endOf(period.end, moment, start, reader, property);
      if (start !== undefined) found.push({ start, ...(end === undefined ? {} : { end }) });
    }
  }
  return found;
}

/** A date among the dates of a timed series is at its time of day. */
function atTimeOf(start: Moment, moment: Moment): Moment {
  if (!moment.isDate || start.isDate) return moment;
  return { ...moment, isDate: false, local: moment.local + (start.local - Math.floor(start.local / DAY) * DAY) };
}

function endOf(
  end: NonNullable<ReturnType<typeof periodOf>>['end'],
  from: Moment,
  start: number,
  reader: DateReader,
  property: Property,
): number | undefined {
  if (!isDuration(end)) return instantOn(reader, property, end);
  const own = clockAt(reader, from) ?? reader.clock;
  return end.days === 0 ? start + end.ms : instantOf(own, localOf(own, start) + end.days * DAY) + end.ms;
}

/** A list may be empty, or end with a comma. */
const isWritten = (text: string): boolean => text.trim() !== '';

/** Some readers show it at midnight. */
function dateOfTimes({ line }: Property): ImportIssue {
  return importIssue(
    line,
    'RDATE names a day in a series of times: it is read at the time of DTSTART',
    'RDATE nomme un jour dans une série d’heures : lu à l’heure de DTSTART',
  );
}

function notADate({ name, line }: Property): ImportIssue {
  return importIssue(line, `${name.toUpperCase()} is not a date`, `${name.toUpperCase()} n'est pas une date`);
}
