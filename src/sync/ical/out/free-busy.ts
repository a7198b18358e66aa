/** The time of an agenda that is taken or closed, as VFREEBUSY: nothing about who and why. */
import type { Agenda } from '../../../scheduling/agenda.ts';
import { closures } from '../../../scheduling/availability.ts';
import { clip, type Interval, union } from '../../../scheduling/interval.ts';
import type { TakenTime } from '../../../store/resources/agenda-reader.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, property, textValue, utcValue } from '../text/write-calendar.ts';
import { type OwnedAgenda, versionOf } from './owned-agenda.ts';

const KINDS = ['BUSY', 'BUSY-TENTATIVE', 'BUSY-UNAVAILABLE'] as const;

/** Times by the value of FBTYPE. */
export type BusyTimes = Readonly<Record<(typeof KINDS)[number], readonly Interval[]>>;

export function freeBusyComponent(
  { row, agenda, schedule }: OwnedAgenda,
  taken: readonly TakenTime[],
  window: Interval,
): Component {
  return component('vfreebusy', [
    property('uid', textValue(`${row.schedule}-freebusy@creneau`)),
    property('dtstamp', utcValue(versionOf(schedule, row).at || window.start)),
    property('dtstart', utcValue(window.start)),
    property('dtend', utcValue(window.end)),
    ...freeBusyLines(busyTimes(agenda, taken, window)),
  ]);
}

export function busyTimes(agenda: Agenda, taken: readonly TakenTime[], window: Interval): BusyTimes {
  return {
    BUSY: taken.filter(({ tentative }) => !tentative),
    'BUSY-TENTATIVE': taken.filter(({ tentative }) => tentative),
    'BUSY-UNAVAILABLE': closures(agenda, window),
  };
}

/** The times of several agendas as those of one person, within a window; times that touch are one. */
export function joinedTimes(all: readonly BusyTimes[], window: Interval): BusyTimes {
  const joined = (kind: keyof BusyTimes): Interval[] =>
    union(all.flatMap((times) => times[kind].flatMap((time) => clip(time, window) ?? [])));
  return {
    BUSY: joined('BUSY'),
    'BUSY-TENTATIVE': joined('BUSY-TENTATIVE'),
    'BUSY-UNAVAILABLE': joined('BUSY-UNAVAILABLE'),
  };
}

/** A line for each: a list of periods makes widely used readers (icalendar 4 of Python) refuse the whole calendar. */
export function freeBusyLines(times: BusyTimes): Property[] {
  return KINDS.flatMap((kind) =>
    [...times[kind]]
      .sort((a, b) => a.start - b.start)
      .map(({ start, end }) => property('freebusy', `${utcValue(start)}/${utcValue(end)}`, { fbtype: kind })),
  );
}
