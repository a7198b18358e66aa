/** The time of an agenda that is taken or closed, as VFREEBUSY: nothing about who and why. */
import { closures } from '../../../scheduling/availability.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import type { TakenTime } from '../../../store/resources/agenda-reader.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, property, textValue, utcValue } from '../text/write-calendar.ts';
import { type OwnedAgenda, versionOf } from './owned-agenda.ts';

export function freeBusyComponent(
  { row, agenda, schedule }: OwnedAgenda,
  taken: readonly TakenTime[],
  window: Interval,
): Component {
  const lists: [string, readonly Interval[]][] = [
    ['BUSY', taken.filter(({ tentative }) => !tentative)],
    ['BUSY-TENTATIVE', taken.filter(({ tentative }) => tentative)],
    ['BUSY-UNAVAILABLE', closures(agenda, window)],
  ];
  return component('vfreebusy', [
    property('uid', textValue(`${row.schedule}-freebusy@creneau`)),
    property('dtstamp', utcValue(versionOf(schedule, row).at || window.start)),
    property('dtstart', utcValue(window.start)),
    property('dtend', utcValue(window.end)),
    // A line for each: a list of periods makes widely used readers (icalendar 4 of Python) refuse the whole calendar.
    ...lists.flatMap(([type, list]) =>
      [...list]
        .sort((a, b) => a.start - b.start)
        .map(({ start, end }) => property('freebusy', `${utcValue(start)}/${utcValue(end)}`, { fbtype: type })),
    ),
  ]);
}
