/**
 * A zone as a VTIMEZONE (RFC 5545 3.6.5), made from the zone database: rules where the changes of the clock follow one
 * (the last Sunday of March), dates where they do not.
 */
import { WEEKDAYS, weekday } from '../../../scheduling/civil-date.ts';
import { DAY, offsetAt } from '../../../scheduling/zone.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, localValue, property, textValue } from '../text/write-calendar.ts';

interface Change {
  /** The wall clock before it, local milliseconds. */
  local: number;
  from: number;
  to: number;
}

const YEARS = 10;

/** `since`: epoch milliseconds of the earliest time that the calendar speaks of. */
export function zoneComponent(zone: string, since: number): Component {
  const year = new Date(since).getUTCFullYear();
  const start = Date.UTC(year - 1, 0, 1);
  const all = changes(zone, start, Date.UTC(year + YEARS, 0, 1));
  const offset = offsetAt(zone, start);
  const parts =
    all.length === 0 ? [observance('standard', [{ local: start, from: offset, to: offset }], undefined)] : [];
  for (const name of ['daylight', 'standard'] as const) {
    const own = all.filter((change) => change.to > change.from === (name === 'daylight'));
    if (own.length > 0) parts.push(observance(name, own, ruleOf(own)));
  }
  return component(
    'vtimezone',
    [property('tzid', textValue(zone)), property('x-lic-location', textValue(zone))],
    parts,
  );
}

function changes(zone: string, from: number, to: number): Change[] {
  const found: Change[] = [];
  for (let day = from; day < to; day += DAY) {
    const [before, after] = [offsetAt(zone, day), offsetAt(zone, day + DAY)];
    if (before === after) continue;
    let [low, high] = [day, day + DAY];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetAt(zone, middle) === before) low = middle;
      else high = middle;
    }
    found.push({ local: high + before, from: before, to: after });
  }
  return found;
}

/** The yearly rule that all of them follow: the n-th or the last weekday of a month, at one time of the day. */
function ruleOf(all: readonly Change[]): string | undefined {
  const places = all.map(({ local }) => {
    const date = new Date(local);
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    return {
      month: date.getUTCMonth() + 1,
      day: WEEKDAYS[weekday(Math.floor(local / DAY))]!,
      nth: Math.ceil(date.getUTCDate() / 7),
      isLast: date.getUTCDate() > last - 7,
      time: local % DAY,
    };
  });
  const [first] = places;
  if (first === undefined || all.length < YEARS) return undefined;
  const isAlike = places.every(
    ({ month, day, time }) => month === first.month && day === first.day && time === first.time,
  );
  const isSame = all.every((change) => change.from === all[0]!.from && change.to === all[0]!.to);
  if (!isAlike || !isSame) return undefined;
  const nth = places.every(({ nth }) => nth === first.nth) ? first.nth : undefined;
  const rank = places.every(({ isLast }) => isLast) ? -1 : nth;
  return rank === undefined ? undefined : `FREQ=YEARLY;BYMONTH=${first.month};BYDAY=${rank}${first.day}`;
}

function observance(name: string, all: readonly Change[], rule: string | undefined): Component {
  const first = all[0]!;
  const others = rule === undefined ? all.slice(1) : [];
  return component(name, [
    property('dtstart', localValue(first.local)),
    rule === undefined ? undefined : property('rrule', rule),
    others.length === 0 ? undefined : property('rdate', others.map(({ local }) => localValue(local)).join(',')),
    property('tzoffsetfrom', offsetValue(first.from)),
    property('tzoffsetto', offsetValue(first.to)),
  ]);
}

function offsetValue(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}${two(minutes % 60)}`;
}
