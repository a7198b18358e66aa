/**
 * A second reader of calendar files, for tests: ical.js for components, rules, exceptions and zones. It shares no code
 * with the import but the definitions of zones that it is given.
 */
import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';
import type { Interval } from '../../scheduling/interval.ts';
import { writeCalendar } from './text/write-calendar.ts';
import { zoneComponent } from './zones/zone-component.ts';

/** Components of one UID, where they stand in the file, and when they are. */
export interface SecondSeries {
  uid: string;
  lines: Interval[];
  /** `undefined` where ical.js cannot tell. */
  times: Interval[] | undefined;
}

/** Zones by name in the files of tests. */
const ZONES = ['Europe/Paris', 'America/New_York', 'Indian/Reunion', 'America/Guadeloupe', 'Asia/Tokyo'];
for (const zone of ZONES) {
  const component = new ICAL.Component(ICAL.parse(writeCalendar(zoneComponent(zone, Date.UTC(2020, 0)))));
  ICAL.TimezoneService.register(new ICAL.Timezone({ component, tzid: zone }), zone);
}

interface Block {
  uid: string;
  /** `undefined` where ical.js cannot read it. */
  component: ICAL.Component | undefined;
  /** Names of zones, in the order of the lines; `UTC` and nothing are names too. */
  tzids: string[];
  lines: Interval;
}

/** Whether ical.js reads every component of that name. It loses the second rule where the first one ends. */
export function isReadable(text: string, name: string): boolean {
  const blocks = blocksOf(text, name);
  return blocks.every(({ component }) => component !== undefined && component.getAllProperties('rrule').length < 2);
}

/** Series of events (`VEVENT`) or openings (`AVAILABLE`) that meet the span; nothing for what ical.js cannot read. */
export function secondReading(text: string, name: string, agendaZone: string, span: Interval): SecondSeries[] {
  const byUid = new Map<string, Block[]>();
  for (const block of blocksOf(text, name)) {
    byUid.set(block.uid, [...(byUid.get(block.uid) ?? []), block]);
  }
  return [...byUid].map(([uid, blocks]) => ({
    uid,
    lines: blocks.map(({ lines }) => lines),
    times: attempt(() => timesOf(blocks, agendaZone, span)),
  }));
}

/** Each component alone, so that a fault in one costs the others nothing. */
function blocksOf(text: string, name: string): Block[] {
  const lines = text.split(/\r?\n/);
  const blocks: Block[] = [];
  let begin: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (line === `BEGIN:${name}`) begin = index;
    if (line !== `END:${name}` || begin === undefined) continue;
    const own = lines.slice(begin, index + 1).join('\r\n');
    const unfolded = own.replace(/\r\n[ \t]/g, '');
    const component = hasShortTime(unfolded) ? undefined : attempt(() => new ICAL.Component(ICAL.parse(own)));
    // A component without a UID stands alone.
    const [, uid = `line ${begin}`] = /^uid[^:]*:(.*)/im.exec(unfolded) ?? [];
    const tzids = [...unfolded.matchAll(/;TZID="?([^":;]*)/gi)].map(([, tzid = '']) => tzid);
    blocks.push({ uid: uid.trim(), component, tzids, lines: { start: begin + 1, end: index + 1 } });
    begin = undefined;
  }
  return blocks;
}

/** Times without seconds: ical.js makes something else of them. */
const hasShortTime = (text: string): boolean =>
  /^(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)\b.*[:,]\d{8}T\d{0,5}(\D|$)/im.test(text);

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const MAX_OCCURRENCES = 2000;

/** Times in zones that it does not know cannot be compared with others. */
function namesZones(blocks: readonly Block[]): boolean {
  const names = new Set(blocks.flatMap(({ tzids }) => tzids));
  return names.size > 1 && [...names].some((name) => !ZONES.includes(name));
}

/** ical.js moves later occurrences by what two clocks show, where a component names its place on another one. */
function mixesZones(components: readonly ICAL.Component[]): boolean {
  const ranged = components.some((component) =>
    component.getFirstProperty('recurrence-id')?.getFirstParameter('range'),
  );
  const places = components.flatMap((component) => {
    const values = ['recurrence-id', 'dtstart'].map((name) => component.getFirstPropertyValue(name));
    return values.flatMap((value) => (value instanceof ICAL.Time ? [`${value.isDate} ${value.zone?.tzid}`] : []));
  });
  return ranged && new Set(places).size > 1;
}

/** ical.js makes something of its own of a time that ends with a day, and of a day that ends at a time. */
function mixesTypes(component: ICAL.Component): boolean {
  const values = ['dtstart', 'dtend'].map((name) => component.getFirstPropertyValue(name));
  const types = values.flatMap((value) => (value instanceof ICAL.Time ? [value.isDate] : []));
  return new Set(types).size > 1;
}

/** A further date before DTSTART. */
function beginsWithDate(component: ICAL.Component, zone: string): boolean {
  const start = component.getFirstPropertyValue('dtstart');
  if (!(start instanceof ICAL.Time)) return false;
  const dates = component.getAllProperties('rdate').flatMap((property) => property.getValues());
  return dates.some((date) => date instanceof ICAL.Time && instantOf(date, zone) < instantOf(start, zone));
}

function timesOf(blocks: readonly Block[], zone: string, span: Interval): Interval[] {
  const components = blocks.flatMap(({ component }) => component ?? []);
  if (components.length < blocks.length) throw new Error('a component cannot be read');
  if (namesZones(blocks)) throw new Error('zones that ical.js does not know, beside others');
  if (mixesZones(components)) throw new Error('moved from one zone to another');
  if (components.some(mixesTypes)) throw new Error('an end of another type');
  if (components.some((component) => beginsWithDate(component, zone))) throw new Error('ical.js leaves DTSTART out');
  const isOverride = (component: ICAL.Component): boolean => component.hasProperty('recurrence-id');
  const masters = components.filter((component) => !isOverride(component));
  const overrides = components.filter(isOverride);
  const replaced = new Set(overrides.map((component) => String(component.getFirstPropertyValue('recurrence-id'))));
  const hasVersions = masters.length > 1 || replaced.size < overrides.length;
  if (hasVersions && components.some((component) => component.hasProperty('sequence'))) throw new Error('two versions');
  const found = overrides
    .filter((component) => !isFree(component))
    .flatMap((component) => attempt(() => timeOf(new ICAL.Event(component), zone)) ?? []);
  if (masters.some((component) => component.getFirstPropertyValue('status') === 'CANCELLED')) return [];
  for (const master of masters) {
    const event = new ICAL.Event(master, { exceptions: overrides, strictExceptions: false });
    if (!event.isRecurring()) {
      if (!isFree(master)) found.push(timeOf(event, zone));
      continue;
    }
    countFromStart(master);
    // Of a start that two rules name, ical.js leaves out one.
    const excluded = new Set(excludedOf(master, zone));
    const first = timeOf(event, zone);
    // Without a rule ical.js goes from further date to further date.
    if (!isFree(master) && !excluded.has(first.start) && !master.hasProperty('rrule')) found.push(first);
    const iterator = event.iterator();
    for (let count = 0, next = iterator.next(); next && count < MAX_OCCURRENCES; next = iterator.next(), count++) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next);
      const time = { start: instantOf(startDate, zone), end: instantOf(endDate, zone) };
      if (instantOf(next, zone) > span.end) break;
      if (!isFree(item.component) && !excluded.has(instantOf(next, zone))) found.push(time);
    }
  }
  return found.filter(({ start, end }) => end > start && start < span.end && end > span.start);
}

/** DTSTART counts even where the rule does not name it (RFC 5545 3.8.5.3); ical.js gives one start more. */
function countFromStart(master: ICAL.Component): void {
  const start = master.getFirstPropertyValue('dtstart');
  for (const property of master.getAllProperties('rrule')) {
    const rule = property.getFirstValue();
    if (!(rule instanceof ICAL.Recur) || !(start instanceof ICAL.Time)) continue;
    // A day that ends a rule of times holds its whole day; not so for ical.js.
    if (master.name === 'available' && rule.until?.isDate === true && !start.isDate) throw new Error('ends with a day');
    if (!rule.count) continue;
    // libical does not count it, and ical.js does not say that it stands outside.
    if (master.name === 'available' && rule.parts.BYDAY !== undefined) throw new Error('DTSTART may not count');
    if (rule.iterator(start).next()?.compare(start) === 0) continue;
    if (rule.count === 1) master.removeProperty(property);
    else rule.count--;
  }
}

/** A day takes the start on that day away, and a time of a day the day. */
function excludedOf(master: ICAL.Component, zone: string): number[] {
  const start = master.getFirstPropertyValue('dtstart');
  const values = master.getAllProperties('exdate').flatMap((property) => property.getValues());
  return values.flatMap((value) => {
    if (!(value instanceof ICAL.Time)) return [];
    if (!(start instanceof ICAL.Time) || start.isDate === value.isDate) return instantOf(value, zone);
    const own = start.clone();
    [own.year, own.month, own.day] = dayOf(value, zone);
    return instantOf(own, zone);
  });
}

/** Midnight in UTC stands for the day of that date. */
function dayOf(time: ICAL.Time, zone: string): [year: number, month: number, day: number] {
  if (time.isDate || time.hour + time.minute === 0) return [time.year, time.month, time.day];
  const { year, month, day } = Temporal.Instant.fromEpochMilliseconds(instantOf(time, zone)).toZonedDateTimeISO(zone);
  return [year, month, day];
}

function timeOf(event: ICAL.Event, zone: string): Interval {
  return { start: instantOf(event.startDate, zone), end: instantOf(event.endDate, zone) };
}

/** TRANSP and its like are of events; openings may only be cancelled. */
function isFree(component: ICAL.Component): boolean {
  const [status, transp] = ['status', 'transp'].map((name) => String(component.getFirstPropertyValue(name) ?? ''));
  const busy = String(component.getFirstPropertyValue('x-microsoft-cdo-busystatus') ?? '');
  if (component.name !== 'vevent') return status === 'CANCELLED';
  return status === 'CANCELLED' || transp === 'TRANSPARENT' || (transp === '' && busy === 'FREE');
}

/** Days, and times without a zone that is known, are of the agenda. */
function instantOf(time: ICAL.Time, agendaZone: string): number {
  const zone = time.zone;
  if (!time.isDate && zone !== null && zone !== ICAL.Timezone.localTimezone) return time.toUnixTime() * 1000;
  const { year, month, day, hour, minute, second } = time;
  const plain = time.isDate ? { year, month, day } : { year, month, day, hour, minute, second };
  return Temporal.PlainDateTime.from(plain).toZonedDateTime(agendaZone).epochMilliseconds;
}
