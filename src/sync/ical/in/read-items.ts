/** The components of calendars, sorted by kind: events, busy periods, availabilities (RFC 5545 3.6, RFC 7953). */
import { FhirError } from '../../../fhir/issue.ts';
import { type Component, textOf } from '../text/read-calendar.ts';
import { periodOf, isDuration } from '../text/values.ts';
import { instantOf, localOf } from '../zones/clock.ts';
import { Clocks } from '../zones/clocks.ts';
import { DAY } from '../../../scheduling/zone.ts';
import { PRODUCT } from '../product.ts';
import { type Availability, readAvailability } from './read-availability.ts';
import { importIssue, type ImportIssue } from './import-issue.ts';
import type { Item } from './item.ts';
import { clockOf } from './moments.ts';
import { readItem, type ReadingContext } from './read-item.ts';

export interface CalendarItems {
  events: Item[];
  /** Periods of VFREEBUSY. */
  busy: Item[];
  availabilities: Availability[];
  issues: ImportIssue[];
}

/** Components that are looked at. */
const MAX_COMPONENTS = 100_000;
/** Methods of iTIP (RFC 5546) that change nothing by themselves. */
const WITHOUT_EFFECT = /^(REPLY|COUNTER|DECLINECOUNTER|REFRESH)$/;

/** Throws FhirError (`too-costly`) when there is more than anybody plans. */
export function readItems(calendars: readonly Component[], zone: string, now: number): CalendarItems {
  const found: CalendarItems = { events: [], busy: [], availabilities: [], issues: [] };
  const count = calendars.reduce((sum, { components }) => sum + components.length, 0);
  if (count > MAX_COMPONENTS) {
    throw new FhirError('too-costly', `The calendar has more than ${MAX_COMPONENTS} events and availabilities`, {
      expression: 'text/calendar',
      text: `Le calendrier a plus de ${MAX_COMPONENTS} événements et disponibilités.`,
    });
  }
  for (const calendar of calendars) {
    const method = textOf(calendar, 'method')?.trim().toUpperCase();
    const clocks = new Clocks(calendar, zone, now);
    const reading: ReadingContext = { clocks, method, issues: found.issues };
    for (const component of calendar.components) {
      if (component.name === 'vtimezone') continue;
      if (WITHOUT_EFFECT.test(method ?? '')) found.issues.push(withoutEffect(component, method!));
      else readComponent(component, found, reading, textOf(calendar, 'prodid') === PRODUCT);
    }
    found.issues.push(...clocks.issues);
  }
  return found;
}

function readComponent(component: Component, found: CalendarItems, reading: ReadingContext, isOurs: boolean): void {
  const { issues } = reading;
  switch (component.name) {
    case 'vevent':
      if (textOf(component, 'x-creneau-appointment') === undefined)
        found.events.push(readItem(component, 'closure', reading));
      else
        issues.push(
          importIssue(
            component.line,
            'an appointment of Créneau is not a closure',
            'un rendez-vous de Créneau n’est pas une fermeture',
            'information',
          ),
        );
      return;
    case 'vfreebusy':
      if (!isOurs) found.busy.push(...busyPeriods(component, reading));
      else
        issues.push(
          importIssue(
            component.line,
            'VFREEBUSY of Créneau follows from the rest',
            'VFREEBUSY de Créneau découle du reste',
            'information',
          ),
        );
      return;
    case 'vavailability':
      found.availabilities.push(readAvailability(component, reading));
      return;
    default: {
      const name = component.name.toUpperCase();
      issues.push(
        importIssue(
          component.line,
          `${name} is not an availability`,
          `${name} n'est pas une disponibilité`,
          'information',
        ),
      );
    }
  }
}

function withoutEffect({ line }: Component, method: string): ImportIssue {
  return importIssue(line, `METHOD:${method} changes nothing`, `METHOD:${method} ne change rien`, 'information');
}

/** The periods that are not free, each a closure. */
function busyPeriods(component: Component, { clocks, method, issues }: ReadingContext): Item[] {
  const uid = textOf(component, 'uid')?.trim() || 'freebusy';
  const items: Item[] = [];
  for (const property of component.properties.filter(({ name }) => name === 'freebusy')) {
    if (property.parameters['fbtype']?.toUpperCase() === 'FREE') {
      issues.push(
        importIssue(
          property.line,
          'FBTYPE=FREE opens nothing: openings come from VAVAILABILITY',
          "FBTYPE=FREE n'ouvre rien : les ouvertures viennent de VAVAILABILITY",
          'information',
        ),
      );
      continue;
    }
    for (const text of property.value.split(',')) {
      const period = periodOf(property, text);
      const clock = period && clockOf(period.start, clocks);
      if (period === undefined || clock === undefined) {
        issues.push(importIssue(property.line, 'FREEBUSY is not a period', "FREEBUSY n'est pas une période"));
        continue;
      }
      const start = instantOf(clock, period.start.local);
      const { end } = period;
      const until = isDuration(end)
        ? instantOf(clock, localOf(clock, start) + end.days * DAY) + end.ms
        : instantOf(clockOf(end, clocks) ?? clock, end.local);
      if (until < start)
        issues.push(importIssue(property.line, 'FREEBUSY ends before it begins', 'FREEBUSY finit avant de commencer'));
      items.push(busyItem(uid, property.line, start, until, method === 'CANCEL'));
    }
  }
  return items;
}

function busyItem(uid: string, line: number, start: number, end: number, isCancelled: boolean): Item {
  const dates = { instants: new Set<number>(), days: new Set<number>() };
  return {
    ...{ kind: 'closure', uid, line, sequence: 0, stamp: 0, isCancelled, isBusy: true, isOurs: false, details: {} },
    times: {
      ...{ clock: { zone: 'Etc/UTC', offsetAt: () => 0 }, start, isDate: false, length: { days: 0, ms: end - start } },
      ...{ rules: [], exRules: [], exDates: dates, rDates: [], line },
    },
  };
}
