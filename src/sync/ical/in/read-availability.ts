/**
 * VAVAILABILITY (RFC 7953): a span of time in which only what its AVAILABLE components name is open. Of several that
 * overlap the one with the stronger PRIORITY counts.
 */
import type { Interval } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { Component } from '../text/read-calendar.ts';
import { durationOf, momentOf } from '../text/values.ts';
import { instantOf, localOf } from '../zones/clock.ts';
import type { Clocks } from '../zones/clocks.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Details, Item } from './item.ts';
import { clockOf, isUncertain, uncertainZone, unknownZone } from './moments.ts';
import { readDetails } from './read-details.ts';
import { isNameless, readItem, type ReadingContext, upperCase } from './read-item.ts';

export interface Availability {
  uid: string;
  line: number;
  sequence: number;
  stamp: number;
  isCancelled: boolean;
  span: Interval;
  /** 1 is the strongest; 10 stands for no priority, 0 for one that cannot be read. */
  rank: number;
  openings: Item[];
  details: Details;
}

export function readAvailability(component: Component, reading: ReadingContext): Availability {
  const { clocks, issues } = reading;
  const busyType = upperCase(component, 'busytype') ?? 'BUSY-UNAVAILABLE';
  if (busyType !== 'BUSY-UNAVAILABLE')
    issues.push(
      importIssue(
        component.properties.find(({ name }) => name === 'busytype')!.line,
        `BUSYTYPE ${busyType.slice(0, 30)}: outside its openings an agenda is closed`,
        `BUSYTYPE ${busyType.slice(0, 30)} : hors de ses ouvertures, un agenda est fermé`,
        'information',
      ),
    );
  const strength = priorityOf(component, issues);
  const priority = strength ?? 0;
  // UID, version and cancellation are those of an event.
  const itself = readItem(
    { ...component, properties: component.properties.filter(({ name }) => !TIMES.has(name)) },
    'opening',
    {
      ...reading,
      issues: [],
    },
  );
  const { uid, line, sequence, stamp, isCancelled } = itself;
  return {
    ...{ uid, line, sequence, stamp, isCancelled },
    span: spanOf(component, clocks, issues),
    rank: strength === undefined ? 0 : priority === 0 ? 10 : priority,
    openings: certain(
      component.components
        .filter(({ name }) => name === 'available' && strength !== undefined)
        .map((available) => withPriority(readItem(available, 'opening', reading), priority)),
      issues,
    ),
    details: readDetails(component, 'closure', clocks.own, []),
  };
}

/** 0 to 9. Where it cannot be read, the component may be stronger than any other: its span is closed. */
function priorityOf(component: Component, issues: ImportIssue[]): number | undefined {
  const property = component.properties.find(({ name }) => name === 'priority');
  const [, digit] = /^\s*(\d)\s*$/.exec(property?.value ?? '0') ?? [];
  if (digit === undefined)
    issues.push(
      importIssue(
        property!.line,
        'PRIORITY is not from 0 to 9: nothing is open',
        "PRIORITY n'est pas de 0 à 9 : rien n’est ouvert",
      ),
    );
  return digit === undefined ? undefined : Number(digit);
}

/**
 * Where nobody knows which opening another one replaces, none of them is open: one that does not say which occurrence,
 * and one whose series is not there, beside a series without a UID.
 */
function certain(openings: readonly Item[], issues: ImportIssue[]): Item[] {
  const doubtful = new Set(openings.filter(({ isMisnamed }) => isMisnamed).map(({ uid }) => uid));
  const series = new Set(openings.filter(({ recurrence }) => recurrence === undefined).map(({ uid }) => uid));
  const orphans = openings.filter(({ recurrence, uid }) => recurrence !== undefined && !series.has(uid));
  const nameless = openings.filter(({ uid }) => isNameless(uid));
  if (orphans.length > 0 && nameless.length > 0)
    for (const { uid, line } of [...orphans, ...nameless]) {
      doubtful.add(uid);
      issues.push(
        importIssue(
          line,
          'an opening has no UID, and a series is missing: nothing of it is open',
          'une ouverture est sans UID, et une série manque : rien n’en est ouvert',
        ),
      );
    }
  return openings.map((item) => {
    const { times: _times, ...untimed } = item;
    return doubtful.has(item.uid) ? untimed : item;
  });
}

const TIMES = new Set(['dtstart', 'dtend', 'duration']);

/** The priority also decides between openings of the agenda that overlap; Créneau writes it for each of them. */
function withPriority(item: Item, priority: number): Item {
  return item.details.priority !== undefined || priority === 0
    ? item
    : { ...item, details: { ...item.details, priority } };
}

/** Without DTSTART or an end it is unbounded. A bound that cannot be read closes everything on its side. */
function spanOf(component: Component, clocks: Clocks, issues: ImportIssue[]): Interval {
  const span = writtenSpan(component, clocks, issues);
  if (span.end < span.start)
    issues.push(
      importIssue(
        component.line,
        'VAVAILABILITY ends before it begins: nothing is open',
        'VAVAILABILITY finit avant de commencer : rien n’est ouvert',
      ),
    );
  return span;
}

function writtenSpan(component: Component, clocks: Clocks, issues: ImportIssue[]): Interval {
  const start = boundOf(component, 'dtstart', clocks, issues) ?? Number.NEGATIVE_INFINITY;
  const end = boundOf(component, 'dtend', clocks, issues);
  if (end !== undefined || !Number.isFinite(start)) return { start, end: end ?? Number.POSITIVE_INFINITY };
  const property = component.properties.find(({ name }) => name === 'duration');
  const duration = property && durationOf(property.value);
  if (property !== undefined && duration === undefined) {
    issues.push(
      importIssue(property.line, 'DURATION cannot be read: nothing is open', 'DURATION illisible : rien n’est ouvert'),
    );
    return { start, end: start };
  }
  if (duration === undefined) return { start, end: Number.POSITIVE_INFINITY };
  return { start, end: instantOf(clocks.own, localOf(clocks.own, start) + duration.days * DAY) + duration.ms };
}

function boundOf(component: Component, name: string, clocks: Clocks, issues: ImportIssue[]): number | undefined {
  const property = component.properties.find((candidate) => candidate.name === name);
  if (property === undefined) return undefined;
  const moment = momentOf(property, property.value);
  const clock = moment && clockOf(moment, clocks);
  const isClear = clock !== undefined && !isUncertain(property, clocks);
  if (moment !== undefined && isClear) return instantOf(clock, moment.local);
  const upper = name.toUpperCase();
  issues.push(
    moment === undefined
      ? importIssue(
          property.line,
          `${upper} is not a date: nothing is open`,
          `${upper} n'est pas une date : rien n’est ouvert`,
        )
      : clock === undefined
        ? unknownZone(property)
        : uncertainZone(property, 'opening'),
  );
  return name === 'dtstart' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}
