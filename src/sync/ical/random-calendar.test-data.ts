/**
 * Random calendars, as a plan and as text, and a second reader of the plan: ical.js for rules, Temporal for zones. It
 * shares no code with the import. Rules are those that ical.js reads right (`scheduling/recurrence.test.ts` lists what
 * it does not), times keep away from the hours in which clocks change.
 */
import fc from 'fast-check';
import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';
import type { Interval } from '../../scheduling/interval.ts';
import { writeCalendar } from './text/write-calendar.ts';
import { zoneComponent } from './zones/zone-component.ts';

export interface PlannedEvent {
  uid: string;
  zone: Zone;
  /** Wall-clock time: `2026-12-01T09:00:00`, or a date for whole days. */
  start: string;
  minutes: number;
  rule: string | undefined;
  /** Of the occurrences of the rule, by their number: left out, moved by so many minutes, cancelled. */
  excluded: number[];
  moved: { index: number; minutes: number }[];
  cancelled: number[];
  /** Days after the start on which there is one occurrence more. */
  added: number[];
}

/** A zone, and how the calendar names it. `define`: with a VTIMEZONE under that name. */
interface Zone {
  iana: string;
  tzid: string | undefined;
  define: boolean;
}

/** `undefined` for a TZID means UTC. */
const ZONES: Zone[] = [
  { iana: 'Europe/Paris', tzid: 'Europe/Paris', define: false },
  { iana: 'Europe/Paris', tzid: 'Romance Standard Time', define: false },
  { iana: 'Europe/Paris', tzid: '/registry.example/v1/Europe/Paris', define: false },
  { iana: 'America/New_York', tzid: 'Eastern Standard Time', define: false },
  { iana: 'America/New_York', tzid: 'Bureau', define: true },
  { iana: 'Indian/Reunion', tzid: 'Customized Time Zone', define: true },
  { iana: 'Australia/Lord_Howe', tzid: 'Australia/Lord_Howe', define: false },
  { iana: 'UTC', tzid: undefined, define: false },
];

/** Occurrences are looked at in these two years. */
export const SPAN: Interval = { start: Date.UTC(2026, 10, 30), end: Date.UTC(2028, 10, 30) };

const list = (max: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min: 1, max }), { maxLength });

const weekdays = fc.uniqueArray(fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'), {
  minLength: 1,
  maxLength: 4,
});
const every = fc.integer({ min: 1, max: 3 });
const anyRule: fc.Arbitrary<string> = fc.oneof(
  every.map((n) => `FREQ=DAILY;INTERVAL=${n}`),
  fc.tuple(every, weekdays).map(([n, days]) => `FREQ=WEEKLY;INTERVAL=${n};BYDAY=${days.join(',')}`),
  fc.tuple(every, fc.integer({ min: 1, max: 28 })).map(([n, day]) => `FREQ=MONTHLY;INTERVAL=${n};BYMONTHDAY=${day}`),
  fc
    .tuple(fc.constantFrom(1, 2, 3, -1), fc.constantFrom('MO', 'WE', 'FR'))
    .map(([rank, day]) => `FREQ=MONTHLY;BYDAY=${rank}${day}`),
  fc.constantFrom(1, 2, -1).map((rank) => `FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=${rank}`),
  fc.integer({ min: 1, max: 12 }).map((month) => `FREQ=YEARLY;BYMONTH=${month};BYMONTHDAY=15`),
);
const anyEnd = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 60 }).map((count) => `;COUNT=${count}`),
  fc.integer({ min: 10, max: 700 }).map((days) => `;UNTIL=${days}`),
);

const anyEvent: fc.Arbitrary<PlannedEvent> = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    day: fc.integer({ min: -60, max: 400 }),
    quarter: fc.integer({ min: 5 * 4, max: 20 * 4 }),
    minutes: fc.constantFrom(15, 30, 60, 90),
    isDate: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
    rule: fc.option(fc.tuple(anyRule, anyEnd), { nil: undefined, freq: 4 }),
    excluded: list(8, 3),
    moved: fc.uniqueArray(
      fc.record({ index: fc.integer({ min: 1, max: 8 }), minutes: fc.constantFrom(-120, 45, 1500) }),
      {
        maxLength: 2,
        selector: ({ index }) => index,
      },
    ),
    cancelled: list(8, 1),
    added: list(200, 2),
  })
  .map(({ day, quarter, isDate, rule, zone, minutes, ...rest }) => {
    const date = Temporal.PlainDate.from('2026-12-01').add({ days: day });
    const time = Temporal.PlainTime.from('00:00').add({ minutes: quarter * 15 });
    const start = isDate ? date.toString() : `${date.toString()}T${time.toString({ smallestUnit: 'second' })}`;
    const first = rule === undefined ? start : firstOf(rule[0], start);
    const own = { zone, start: first, minutes: isDate ? 1440 : minutes, rule: rule && rule[0] + endOf(rule[1], first) };
    const parts = { ...rest, moved: isDate ? [] : rest.moved };
    return { uid: '', ...own, ...(rule === undefined ? { excluded: [], moved: [], cancelled: [], added: [] } : parts) };
  });

export const anyCalendar: fc.Arbitrary<PlannedEvent[]> = fc
  .array(anyEvent, { minLength: 1, maxLength: 5 })
  .map((events) => events.map((event, index) => ({ ...event, uid: `event-${index}@random` })));

const isDay = (start: string): boolean => !start.includes('T');
const timeOf = (start: string): ICAL.Time =>
  isDay(start) ? ICAL.Time.fromDateString(start) : ICAL.Time.fromDateTimeString(start);

/**
 * Starts of a rule from a date on, without its COUNT. ical.js always gives the first start of BYSETPOS and counts from
 * it: it begins in the month before.
 */
function* startsByRule(rule: string, start: string): Generator<string> {
  const before = Temporal.PlainDate.from(start.slice(0, 10)).subtract({ months: 1 }).with({ day: 1 });
  const from = rule.includes('BYSETPOS') ? `${before.toString()}${start.slice(10)}` : start;
  const iterator = ICAL.Recur.fromString(rule.replace(/;COUNT=\d+/, '')).iterator(timeOf(from));
  for (let next = iterator.next(); next && next.year < 2030; next = iterator.next())
    if (next.toString() >= start) yield next.toString();
}

/** The first start that the rule itself names, from a date on. */
function firstOf(rule: string, start: string): string {
  for (const first of startsByRule(rule, start)) return first;
  throw new Error(`no start of ${rule}`);
}

/** UNTIL is planned as a number of days; a date in a calendar of whole days, local time else. */
function endOf(end: string, first: string): string {
  if (!end.startsWith(';UNTIL=')) return end;
  const day = Temporal.PlainDate.from(first.slice(0, 10)).add({ days: Number(end.slice(7)) });
  return `;UNTIL=${day.toString().replaceAll('-', '')}${isDay(first) ? '' : `T${first.slice(11).replaceAll(':', '')}`}`;
}

/** Starts of the rule, in order, up to the end of the span. */
function startsOf({ start, rule }: PlannedEvent): string[] {
  if (rule === undefined) return [start];
  const count = Number(/COUNT=(\d+)/.exec(rule)?.[1] ?? Number.POSITIVE_INFINITY);
  const found: string[] = [];
  for (const next of startsByRule(rule, start)) {
    if (found.length >= count) break;
    found.push(next);
  }
  return found;
}

/** RDATE: the starts of the further occurrences. */
function addedTo({ start, added }: PlannedEvent): string[] {
  const first = Temporal.PlainDateTime.from(start);
  return added.map((days) => first.add({ days }).toString({ smallestUnit: 'second' }).slice(0, start.length));
}

function shifted(start: string, minutes: number): string {
  return Temporal.PlainDateTime.from(start).add({ minutes }).toString({ smallestUnit: 'second' });
}

/** Where an event is busy, as the second reader finds it; `agendaZone`: whole days are days there. */
export function busyTimes(event: PlannedEvent, agendaZone: string): Interval[] {
  const { zone, minutes, start: first, excluded, moved, cancelled } = event;
  const isDate = isDay(first);
  const at = (start: string): Interval => {
    const plain = Temporal.PlainDateTime.from(start);
    const own = isDate ? agendaZone : zone.iana;
    const end = isDate ? plain.add({ days: 1 }) : undefined;
    const from = plain.toZonedDateTime(own).epochMilliseconds;
    return { start: from, end: end?.toZonedDateTime(own).epochMilliseconds ?? from + minutes * 60_000 };
  };
  const starts = startsOf(event);
  const named = (indexes: readonly number[]): (string | undefined)[] => indexes.map((index) => starts[index]);
  const gone = new Set([...named(excluded), ...named(cancelled)]);
  const moves = new Map(moved.map(({ index, minutes: by }) => [starts[index], by]));
  // A date that the rule names too is one occurrence.
  const found = [...new Set([...starts, ...addedTo(event)])]
    .filter((start) => !gone.has(start))
    .map((start) => at(moves.has(start) ? shifted(start, moves.get(start)!) : start));
  return found.filter(({ start, end }) => end > SPAN.start && start < SPAN.end);
}

/** The text of a calendar with these events, each described on its own. */
export function calendarText(events: readonly PlannedEvent[]): string {
  const defined = [...new Map(events.filter(({ zone }) => zone.define).map(({ zone }) => [zone.tzid, zone])).values()];
  const zones = defined.map(({ iana, tzid }) =>
    writeCalendar(zoneComponent(iana, SPAN.start))
      .replace(/TZID:.*\r\n/, `TZID:${tzid}\r\n`)
      .replace(/X-LIC-LOCATION:.*\r\n/, ''),
  );
  const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//random//EN', '', ...zones.map((zone) => zone.trimEnd())];
  return `${[...text.filter(Boolean), ...events.flatMap(componentLines), 'END:VCALENDAR', ''].join('\r\n')}`;
}

function componentLines(event: PlannedEvent): string[] {
  const { uid, zone, start, minutes, rule, excluded, moved, cancelled } = event;
  const isDate = isDay(start);
  const value = (text: string): string => text.replace(/[-:]/g, '');
  const line = (name: string, text: string): string => {
    if (isDate) return `${name};VALUE=DATE:${value(text.slice(0, 10))}`;
    return zone.tzid === undefined ? `${name}:${value(text)}Z` : `${name};TZID=${zone.tzid}:${value(text)}`;
  };
  const length = isDate ? 'DURATION:P1D' : `DURATION:PT${minutes}M`;
  const starts = startsOf(event);
  const known = (index: number): string[] => (starts[index] === undefined ? [] : [starts[index]]);
  const master = [
    ...['BEGIN:VEVENT', `UID:${uid}`, line('DTSTART', start), length],
    ...(rule === undefined ? [] : [`RRULE:${rule}`]),
    ...excluded.flatMap(known).map((text) => line('EXDATE', text)),
    ...addedTo(event).map((text) => line('RDATE', text)),
    'END:VEVENT',
  ];
  const isFree = (index: number): boolean => !excluded.includes(index);
  const overrides = moved
    .filter(({ index }) => isFree(index) && !cancelled.includes(index))
    .flatMap(({ index, minutes: by }) =>
      known(index).flatMap((text) => [
        ...['BEGIN:VEVENT', `UID:${uid}`, line('RECURRENCE-ID', text), line('DTSTART', shifted(text, by))],
        ...[length, 'END:VEVENT'],
      ]),
    );
  const gone = cancelled
    .filter(isFree)
    .flatMap(known)
    .flatMap((text) => ['BEGIN:VEVENT', `UID:${uid}`, line('RECURRENCE-ID', text), 'STATUS:CANCELLED', 'END:VEVENT']);
  return [...overrides, ...master, ...gone];
}
