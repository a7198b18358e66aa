/**
 * RECURRENCE-ID (RFC 5545 3.8.4.4): the occurrence that a component replaces. Programs name it as a day where the
 * series has times, as a time where the series has days, and without a zone.
 */
import { DAY } from '../../../scheduling/zone.ts';
import type { Component } from '../text/read-calendar.ts';
import { type Moment, momentOf } from '../text/values.ts';
import { type Clock, instantOf, localOf } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Item, RecurrenceId } from './item.ts';
import { clockOf } from './moments.ts';

/** `unreadable`: there is one, and nobody knows what it says. */
export function readRecurrenceId(
  component: Component,
  clocks: Clocks,
  issues: ImportIssue[],
): RecurrenceId | 'unreadable' | undefined {
  const property = component.properties.find(({ name }) => name === 'recurrence-id');
  if (property === undefined) return undefined;
  const moment = momentOf(property, property.value);
  if (moment === undefined) {
    issues.push(
      importIssue(
        property.line,
        'RECURRENCE-ID cannot be read: the event counts by itself',
        'RECURRENCE-ID illisible : l’événement compte pour lui-même',
      ),
    );
    return 'unreadable';
  }
  const range = property.parameters['range']?.trim().toUpperCase();
  if (range !== undefined && range !== 'THISANDFUTURE')
    issues.push(
      importIssue(
        property.line,
        `RANGE=${range.slice(0, 20)} is not known: this occurrence alone is replaced`,
        `RANGE=${range.slice(0, 20)} inconnu : seule cette occurrence est remplacée`,
      ),
    );
  const named = moment.tzid === undefined && !moment.isUtc && !moment.isDate ? undefined : clockOf(moment, clocks);
  const instant = instantOf(named ?? clocks.floating, moment.local);
  return {
    instant,
    ...(named === undefined ? { floating: moment.local } : {}),
    day: dayNamedBy(moment, instant, clocks.own),
    isDate: moment.isDate,
    isThisAndFuture: range === 'THISANDFUTURE',
  };
}

/** A time that stands for a whole day: midnight in UTC is the day of that date, any other is a time of its clock. */
export function dayNamedBy({ isDate, isUtc, local }: Moment, instant: number, clock: Clock): number {
  const wall = isDate || (isUtc && local % DAY === 0) ? local : localOf(clock, instant);
  return Math.floor(wall / DAY) * DAY;
}

/** The component with the start that its series knows the occurrence by. */
export function inSeries(override: Item, master: Item | undefined): Item {
  const id = override.recurrence!;
  if (master?.times === undefined) return override;
  const { clock, start, isDate, rules } = master.times;
  if (isDate) return { ...override, recurrence: { ...id, isDate, instant: instantOf(clock, id.day) } };
  const time = timeOf(start);
  const named = id.isDate ? id.day : (id.floating ?? localOf(clock, id.instant));
  // Midnight of a series at another time stands for the day, as Outlook writes it.
  const isOnceADay = rules.every(
    ({ rule: { parts } }) => parts.byHour.length === 0 && !/^(HOUR|MINUTE|SECOND)LY$/.test(parts.freq),
  );
  if (id.isDate || (timeOf(named) === 0 && time !== 0 && isOnceADay))
    return { ...override, recurrence: { ...id, isDate: true, day: named, instant: instantOf(clock, named + time) } };
  return { ...override, recurrence: { ...id, instant: instantOf(clock, named) } };
}

/** The time of day of a wall-clock time. */
function timeOf(local: number): number {
  return local - Math.floor(local / DAY) * DAY;
}
