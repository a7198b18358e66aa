/**
 * A zone as a VTIMEZONE (RFC 5545 3.6.5), made from the zone database: rules where the changes of the clock follow one
 * (the last Sunday of
 * March), dates where they do not. And zones as others name them: Windows' names, `X-LIC-LOCATION`.
 */
import { DAY, HOUR, isZone, offsetAt, toLocal } from '../../scheduling/zone.ts';
import { type Component, component, property } from './content-line.ts';

interface Transition {
  /** The wall clock before it, local milliseconds. */
  local: number;
  from: number;
  to: number;
}

const YEARS = 10;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/** `since`: epoch milliseconds of the earliest time that the calendar speaks of. */
export function zoneComponent(zone: string, since: number): Component {
  const year = new Date(since).getUTCFullYear();
  const start = Date.UTC(year - 1, 0, 1);
  const changes = transitions(zone, start, Date.UTC(year + YEARS, 0, 1));
  const parts: Component[] = [];
  if (changes.length === 0)
    parts.push(
      observance('standard', [{ local: start, from: offsetAt(zone, start), to: offsetAt(zone, start) }], undefined),
    );
  for (const name of ['daylight', 'standard'] as const) {
    const own = changes.filter((change) => change.to > change.from === (name === 'daylight'));
    if (own.length > 0) parts.push(observance(name, own, ruleOf(own)));
  }
  return component('vtimezone', [property('tzid', 'text', zone), property('x-lic-location', 'unknown', zone)], parts);
}

function transitions(zone: string, from: number, to: number): Transition[] {
  const found: Transition[] = [];
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
function ruleOf(changes: readonly Transition[]): object | undefined {
  const place = changes.map(({ local }) => {
    const date = new Date(local);
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    return {
      month: date.getUTCMonth() + 1,
      weekday: WEEKDAYS[date.getUTCDay()]!,
      nth: Math.ceil(date.getUTCDate() / 7),
      isLast: date.getUTCDate() > last - 7,
      time: local % DAY,
    };
  });
  const [first] = place;
  if (
    first === undefined ||
    changes.length < YEARS ||
    !place.every((one) => one.month === first.month && one.weekday === first.weekday && one.time === first.time)
  )
    return undefined;
  if (!changes.every((change) => change.from === changes[0]!.from && change.to === changes[0]!.to)) return undefined;
  const rank = place.every((one) => one.isLast)
    ? -1
    : place.every((one) => one.nth === first.nth)
      ? first.nth
      : undefined;
  return rank === undefined ? undefined : { freq: 'YEARLY', bymonth: first.month, byday: `${rank}${first.weekday}` };
}

function observance(name: string, changes: readonly Transition[], rule: object | undefined): Component {
  const first = changes[0]!;
  const others = rule === undefined ? changes.slice(1) : [];
  return component(name, [
    property('dtstart', 'date-time', wallText(first.local)),
    rule === undefined ? undefined : property('rrule', 'recur', rule),
    others.length === 0
      ? undefined
      : property(
          'rdate',
          'date-time',
          others.map((other) => wallText(other.local)),
        ),
    property('tzoffsetfrom', 'utc-offset', offsetText(first.from)),
    property('tzoffsetto', 'utc-offset', offsetText(first.to)),
  ]);
}

/** `2026-03-29T02:00:00`, as jCal writes wall-clock time. */
export function wallText(local: number): string {
  return new Date(local).toISOString().slice(0, 19);
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(Math.floor(minutes % 60)).padStart(2, '0')}`;
}

/** Names of Windows and Exchange for the zones of France and its neighbours. */
const WINDOWS: Record<string, string> = {
  'Romance Standard Time': 'Europe/Paris',
  'W. Europe Standard Time': 'Europe/Berlin',
  'Central Europe Standard Time': 'Europe/Budapest',
  'Central European Standard Time': 'Europe/Warsaw',
  'GMT Standard Time': 'Europe/London',
  'Greenwich Standard Time': 'Atlantic/Reykjavik',
  'SA Western Standard Time': 'America/Guadeloupe',
  'SA Eastern Standard Time': 'America/Cayenne',
  'Arabian Standard Time': 'Asia/Dubai',
  'E. Africa Standard Time': 'Indian/Mayotte',
  'Mauritius Standard Time': 'Indian/Reunion',
  'Central Pacific Standard Time': 'Pacific/Noumea',
  'Hawaiian Standard Time': 'Pacific/Tahiti',
  'Saint Pierre Standard Time': 'America/Miquelon',
  UTC: 'Etc/UTC',
};

/** The IANA zone that a TZID means; `undefined` for one that nobody knows. */
export function zoneOf(tzid: string, definitions: readonly Component[]): string | undefined {
  const bare = tzid.replace(/^\/.*?\/(?=[A-Z][A-Za-z]+\/)/, '');
  const own = definitions.find((definition) => textOf(definition, 'tzid') === tzid);
  return [bare, WINDOWS[tzid], own && textOf(own, 'x-lic-location')].find((one) => one !== undefined && isZone(one));
}

export function textOf(of: Component, name: string): string | undefined {
  const value = of.properties.find((property) => property.name === name)?.values[0];
  return value === undefined ? undefined : String(value);
}

/** Do two zones show the same clock for the years that a recurring rule will see? */
export function sameClock(a: string, b: string, from: number): boolean {
  if (a === b) return true;
  for (let instant = from; instant < from + 4 * 366 * DAY; instant += 7 * DAY)
    if (offsetAt(a, instant) !== offsetAt(b, instant)) return false;
  return toLocal(a, from + HOUR) === toLocal(b, from + HOUR);
}
