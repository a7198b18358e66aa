/** When an item is: its first occurrence, how long it lasts, how it repeats (RFC 5545 3.6.1, 3.8.2, 3.8.5). */
import { DAY } from '../../../scheduling/zone.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { type ReadRule, readRule } from '../text/recur.ts';
import { durationOf, isDuration, type Moment, momentOf, periodOf } from '../text/values.ts';
import { type Clock, instantOf, localOf } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Length, Times } from './item.ts';
import { clockOf, unknownZone } from './moments.ts';

/** No agenda reaches further; the texts of FHIR have no later year. */
const LAST = Date.UTC(9990, 0);

/** `undefined`, with a warning, if it cannot be said when the first occurrence is. */
export function readTimes(component: Component, clocks: Clocks, issues: ImportIssue[]): Times | undefined {
  const lost = (line: number, english: string, french: string): undefined => {
    issues.push(importIssue(line, english, french));
  };
  const property = component.properties.find(({ name }) => name === 'dtstart');
  const name = component.name.toUpperCase();
  if (property === undefined) return lost(component.line, `${name} has no DTSTART`, `${name} sans DTSTART`);
  const moment = momentOf(property, property.value);
  if (moment === undefined || moment.local > LAST)
    return lost(property.line, 'DTSTART is not a date', "DTSTART n'est pas une date");
  const clock = clockOf(moment, clocks);
  if (clock === undefined) {
    issues.push(unknownZone(property));
    return undefined;
  }
  const length = readLength(component, moment, clock, clocks);
  if (length === 'none') {
    issues.push(
      importIssue(property.line, 'no duration: takes no time', 'sans durée : ne prend pas de temps', 'information'),
    );
    return undefined;
  }
  if (typeof length === 'string') return lost(property.line, length, FRENCH[length]);
  const reader = { clocks, clock, issues, start: moment };
  return {
    clock,
    start: moment.local,
    isDate: moment.isDate,
    length,
    rules: rulesOf(component, 'rrule', issues),
    exRules: rulesOf(component, 'exrule', issues).map(({ rule }) => rule),
    exDates: exDatesOf(component, reader),
    rDates: rDatesOf(component, reader),
    line: component.properties.find((candidate) => candidate.name === 'rrule')?.line ?? component.line,
  };
}

const FRENCH = {
  'DURATION cannot be read': 'DURATION illisible',
  'DTEND cannot be read': 'DTEND illisible',
  'the end is not after the start': 'la fin ne suit pas le début',
} as const;

function readLength(
  component: Component,
  start: Moment,
  clock: Clock,
  clocks: Clocks,
): Length | 'none' | keyof typeof FRENCH {
  const dtend = component.properties.find(({ name }) => name === 'dtend');
  if (dtend !== undefined) return lengthTo(dtend, start, clock, clocks);
  const duration = component.properties.find(({ name }) => name === 'duration');
  if (duration !== undefined) {
    const length = durationOf(duration.value);
    if (length === undefined) return 'DURATION cannot be read';
    if (length.days === 0 && length.ms === 0) return start.isDate ? { days: 1, ms: 0 } : 'none';
    // A day is never cut: a duration of hours on a date is rounded up.
    return start.isDate ? { days: length.days + Math.ceil(length.ms / DAY), ms: 0 } : length;
  }
  return start.isDate ? { days: 1, ms: 0 } : 'none';
}

function lengthTo(
  dtend: Property,
  start: Moment,
  clock: Clock,
  clocks: Clocks,
): Length | 'none' | 'DTEND cannot be read' | 'the end is not after the start' {
  const end = momentOf(dtend, dtend.value);
  const endClock = end && clockOf(end, clocks);
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
}

/** Dates without a zone are read on the clock of DTSTART. */
function instantOn({ clocks, clock, issues }: DateReader, property: Property, moment: Moment): number | undefined {
  const own = moment.tzid === undefined && !moment.isUtc ? clock : clockOf(moment, clocks);
  if (own !== undefined) return instantOf(own, moment.local);
  issues.push(unknownZone(property));
  return undefined;
}

function exDatesOf(component: Component, reader: DateReader): Times['exDates'] {
  const instants = new Set<number>();
  const days = new Set<number>();
  for (const property of component.properties.filter(({ name }) => name === 'exdate')) {
    for (const text of property.value.split(',')) {
      const moment = momentOf(property, text);
      if (moment === undefined) reader.issues.push(notADate(property));
      else if (moment.isDate) days.add(moment.local);
      else {
        const instant = instantOn(reader, property, moment);
        if (instant === undefined) continue;
        if (reader.start.isDate) days.add(Math.floor(localOf(reader.clock, instant) / DAY) * DAY);
        else instants.add(instant);
      }
    }
  }
  return { instants, days };
}

function rDatesOf(component: Component, reader: DateReader): Times['rDates'] {
  const found: { start: number; end?: number }[] = [];
  for (const property of component.properties.filter(({ name }) => name === 'rdate')) {
    for (const text of property.value.split(',')) {
      const period = text.includes('/') ? periodOf(property, text) : undefined;
      const moment = period?.start ?? (text.includes('/') ? undefined : momentOf(property, text));
      if (moment === undefined || moment.local > LAST) {
        reader.issues.push(notADate(property));
        continue;
      }
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
  const own = from.tzid === undefined && !from.isUtc ? reader.clock : clockOf(from, reader.clocks)!;
  return end.days === 0 ? start + end.ms : instantOf(own, localOf(own, start) + end.days * DAY) + end.ms;
}

function notADate({ name, line }: Property): ImportIssue {
  return importIssue(line, `${name.toUpperCase()} is not a date`, `${name.toUpperCase()} n'est pas une date`);
}
