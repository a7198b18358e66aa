/**
 * When a component of a calendar begins and ends: UTC, a zone's wall clock, floating, or whole days. RFC 5545 3.3.5;
 * docs/icalendar.md.
 */
import { formatInstant, toInstant, DAY } from '../../scheduling/zone.ts';
import type { Component, Fault, Property } from './content-line.ts';
import { sameClock } from './zone-rules.ts';

export interface Times {
  /** Epoch milliseconds. */
  start: number;
  end: number;
  /** As FHIR dateTimes. */
  startText: string;
  endText: string;
  allDay: boolean;
  /** The zone of the start is another clock than the agenda's: a rule cannot repeat it. */
  otherClock: boolean;
}

type ZoneOf = (tzid: string) => string | undefined;

/** `zone` is the agenda's: floating times and whole days are its own. */
export function boundsOf(from: Component, zone: string, zoneOf: ZoneOf): Times | Fault {
  const dtstart = from.properties.find((property) => property.name === 'dtstart');
  if (dtstart === undefined)
    return {
      line: from.line,
      english: `${from.name.toUpperCase()} has no DTSTART`,
      french: `${from.name.toUpperCase()} sans DTSTART`,
    };
  const start = instantOf(dtstart, dtstart.values[0], zone, zoneOf);
  if (typeof start !== 'number') return start;
  const allDay = dtstart.type === 'date';
  const end = endOf(from, start, allDay, zone, zoneOf);
  if (typeof end !== 'number') return end;
  if (end <= start)
    return { line: dtstart.line, english: 'the end is not after the start', french: 'la fin ne suit pas le début' };
  const text = (instant: number): string =>
    allDay ? formatInstant(instant, zone).slice(0, 10) : formatInstant(instant, zone);
  const own = zoneName(dtstart, zone, zoneOf);
  return {
    start,
    end,
    startText: text(start),
    endText: text(end),
    allDay,
    otherClock: !allDay && !sameClock(own ?? zone, zone, start),
  };
}

function endOf(from: Component, start: number, allDay: boolean, zone: string, zoneOf: ZoneOf): number | Fault {
  const dtend = from.properties.find((property) => property.name === 'dtend');
  if (dtend !== undefined) return instantOf(dtend, dtend.values[0], zone, zoneOf);
  const duration = from.properties.find((property) => property.name === 'duration');
  if (duration !== undefined) {
    const length = millisecondsOf(String(duration.values[0]));
    return length === undefined
      ? { line: duration.line, english: 'DURATION cannot be read', french: 'DURATION illisible' }
      : start + length;
  }
  if (allDay) return toInstant(zone, Date.parse(`${formatInstant(start, zone).slice(0, 10)}T00:00:00Z`) + DAY).instant;
  return {
    line: from.line,
    english: 'neither DTEND nor DURATION: an availability has an end',
    french: 'ni DTEND ni DURATION : une disponibilité a une fin',
  };
}

/** `PT1H30M`, `P1D`; a sign or nothing at all is none. */
function millisecondsOf(text: string): number | undefined {
  const parts = /^\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (parts === null) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  return total > 0 ? total : undefined;
}

function zoneName({ parameters, values }: Property, zone: string, zoneOf: ZoneOf): string | undefined {
  if (String(values[0]).endsWith('Z')) return 'Etc/UTC';
  const tzid = parameters['tzid'];
  return tzid === undefined ? zone : zoneOf(String(tzid));
}

/** A value of a property: a date, a wall-clock time, an instant. */
export function instantOf(of: Property, value: unknown, zone: string, zoneOf: ZoneOf): number | Fault {
  const text = String(value);
  const local = Date.parse(`${/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(/Z$/, '')}Z`);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ?)?$/.test(text) || Number.isNaN(local))
    return {
      line: of.line,
      english: `${of.name.toUpperCase()} is no date`,
      french: `${of.name.toUpperCase()} n'est pas une date`,
    };
  if (text.endsWith('Z')) return local;
  const own = of.type === 'date' ? zone : zoneName(of, zone, zoneOf);
  if (own !== undefined) return toInstant(own, local).instant;
  const tzid = String(of.parameters['tzid']).slice(0, 60);
  return { line: of.line, english: `the zone "${tzid}" is not known`, french: `fuseau « ${tzid} » inconnu` };
}
