/** The values of calendar properties: dates, durations, periods (RFC 5545 3.3). Anything else is `undefined`. */
import { DAY, HOUR } from '../../../scheduling/zone.ts';
import type { Property } from './parse-line.ts';

/** A date or a time as it is written: what it means depends on a zone. */
export interface Moment {
  /** The wall clock, in local milliseconds. */
  local: number;
  isDate: boolean;
  isUtc: boolean;
  /** The name of its zone, if it has one. */
  tzid?: string;
}

/** Days are of the calendar, so that a day may last 23 or 25 hours; the rest is elapsed time. */
export interface Duration {
  days: number;
  ms: number;
}

export interface PeriodValue {
  start: Moment;
  end: Moment | Duration;
}

/**
 * A date, or a time of a date; 24:00 is midnight after it, and a leap second the second before. Fractions of a second
 * and offsets (`+0100`) are those of ISO 8601, which some programs write; a time with an offset is one in UTC.
 */
export function momentOf({ parameters }: Pick<Property, 'parameters'>, value: string): Moment | undefined {
  const [, year, month, day, time, hour = '0', minute = '0', second = '0', mark] =
    /^\s*(\d{4})-?(\d\d)-?(\d\d)(T(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?\s*$/i.exec(value) ??
    [];
  if (year === undefined) return undefined;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const midnight = new Date(0).setUTCFullYear(y, m - 1, d);
  const date = new Date(midnight);
  if (y === 0 || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return undefined;
  const clock = Number(hour) * HOUR + Number(minute) * 60_000 + Math.min(Number(second), 59) * 1000;
  if (clock > DAY || Number(minute) > 59 || Number(second) > 60) return undefined;
  const isUtc = mark !== undefined;
  const offset = isUtc && mark.length > 1 ? offsetOf(mark)! : 0;
  const tzid = parameters['tzid'];
  return {
    local: midnight + clock - offset,
    isDate: time === undefined,
    isUtc,
    ...(tzid === undefined || tzid === '' || isUtc || time === undefined ? {} : { tzid }),
  };
}

/** No calendar plans a century at once; longer durations are mistakes. */
const MAX_DURATION_DAYS = 36_525;

/** `PT1H30M`, `P1D`, `-PT5M` is none: time does not run back. */
export function durationOf(value: string): Duration | undefined {
  const parts = /^\s*\+?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?\s*$/i.exec(
    value,
  );
  if (parts === null) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const ms = hours * HOUR + minutes * 60_000 + seconds * 1000;
  const allDays = weeks * 7 + days;
  return allDays + ms / DAY > MAX_DURATION_DAYS ? undefined : { days: allDays, ms };
}

export function isDuration(value: Moment | Duration): value is Duration {
  return 'ms' in value;
}

/** `20261202T090000Z/PT1H`, `20261202T090000Z/20261202T100000Z` */
export function periodOf(property: Pick<Property, 'parameters'>, value: string): PeriodValue | undefined {
  const [from = '', to = ''] = value.split('/');
  const start = momentOf(property, from);
  const end = /^\s*[+P]/i.test(to) ? durationOf(to) : momentOf(property, to);
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** `+0100`, `-033000`; milliseconds. */
export function offsetOf(value: string): number | undefined {
  const [, sign, hours, minutes, seconds = '0'] = /^\s*([+-])(\d\d):?(\d\d):?(\d\d)?\s*$/.exec(value) ?? [];
  if (hours === undefined) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * 60_000 + Number(seconds) * 1000);
}
