/** When the events of a calendar are: for the ranges that a client asks for, and for an appointment that it moved. */
import type { Interval } from '../../scheduling/interval.ts';
import { TooManySteps } from '../../scheduling/rule-starts.ts';
import { type Item, occurrenceAt } from '../ical/in/item.ts';
import { isTimed, occurrencesOf, type TimedItem } from '../ical/in/occurrences.ts';
import { readItem } from '../ical/in/read-item.ts';
import { seriesOf } from '../ical/in/series.ts';
import type { Component } from '../ical/text/read-calendar.ts';
import { property } from '../ical/text/write-calendar.ts';
import { Clocks } from '../ical/zones/clocks.ts';

/** The events that take time and say when. */
export function eventsIn(calendars: readonly Component[], zone: string, now: number): TimedItem[] {
  return itemsIn(calendars, zone, now, (event) => event)
    .filter(({ isBusy }) => isBusy)
    .filter(isTimed);
}

function itemsIn(
  calendars: readonly Component[],
  zone: string,
  now: number,
  as: (event: Component) => Component,
): Item[] {
  return calendars.flatMap((calendar) => {
    const clocks = new Clocks(calendar, zone, now);
    return calendar.components
      .filter(({ name }) => name === 'vevent')
      .map((event) => readItem(as(event), 'closure', { clocks, method: undefined, issues: [] }));
  });
}

/** The first occurrence. */
export function firstTime(event: TimedItem): Interval {
  return occurrenceAt(event, event.times.start);
}

/** One object of a collection; a rule that takes more work is not followed to the range. */
const MAX_STEPS = 200_000;

/**
 * Does an occurrence overlap the range (RFC 4791, section 9.9)? Whether it takes time or is cancelled does not matter;
 * one without a length counts at its start.
 */
export function fallsInto(calendars: readonly Component[], zone: string, now: number, range: Interval): boolean {
  const items = itemsIn(calendars, zone, now, withLength);
  try {
    return seriesOf(items, []).some((series) => occurrencesOf(series, bounded(range), { left: MAX_STEPS }).length > 0);
  } catch (error) {
    if (error instanceof TooManySteps) return true;
    throw error;
  }
}

const STATUS = new Set(['status', 'transp', 'x-microsoft-cdo-busystatus']);
const LENGTH = new Set(['dtend', 'duration']);

function withLength(event: Component): Component {
  const properties = event.properties.filter(({ name }) => !STATUS.has(name));
  const [start, end] = ['dtstart', 'dtend'].map((name) => properties.find((own) => own.name === name)?.value);
  const lasts = properties.some(({ name }) => LENGTH.has(name)) && start !== end;
  const isTime = start?.includes('T') ?? false;
  if (lasts || !isTime) return { ...event, properties };
  const others = properties.filter(({ name }) => !LENGTH.has(name));
  return { ...event, properties: [...others, property('duration', 'PT1S')] };
}

/** An open bound reaches so far that nobody plans beyond it. */
function bounded({ start, end }: Interval): Interval {
  return { start: Math.max(start, Date.UTC(1970, 0)), end: Math.min(end, Date.UTC(2200, 0)) };
}
