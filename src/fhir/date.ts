/**
 * FHIR dates and instants as half-open ranges of epoch milliseconds: a date means the whole day, `10:30` the whole
 * minute.
 * A date without a zone is wall-clock time of the zone that is given (Europe/Paris in France; traps H8 and H9).
 * https://hl7.org/fhir/R4/search.html#date
 */
import { Temporal } from 'temporal-polyfill';

export interface DateRange {
  /** Epoch milliseconds, included. */
  start: number;
  /** Epoch milliseconds, excluded. */
  end: number;
}

/** The zone of everything that names none. */
export const FRANCE = 'Europe/Paris';

const FORM = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The range that a FHIR date, dateTime or instant covers; `undefined` when the text is none. */
export function parseDateRange(text: string, zone: string = FRANCE): DateRange | undefined {
  const parts = FORM.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = parts;
  if (Number(year) === 0) return undefined;
  if (hour !== undefined && Number(hour) > 23) return undefined;
  try {
    const first = Temporal.PlainDateTime.from(
      {
        year: Number(year),
        month: Number(month ?? 1),
        day: Number(day ?? 1),
        hour: Number(hour ?? 0),
        minute: Number(minute ?? 0),
        second: second === '60' ? 59 : Number(second ?? 0),
        millisecond: fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3)),
      },
      { overflow: 'reject' },
    );
    const start = toEpoch(first, offset, zone);
    if (start === undefined) return undefined;
    if (fraction !== undefined) return { start, end: start + 1 };
    if (second !== undefined) return { start, end: start + 1000 };
    if (minute !== undefined) return { start, end: start + 60_000 };
    const next =
      day !== undefined
        ? first.add({ days: 1 })
        : month !== undefined
          ? first.add({ months: 1 })
          : first.add({ years: 1 });
    return { start, end: toEpoch(next, undefined, zone)! };
  } catch {
    return undefined;
  }
}

function toEpoch(local: Temporal.PlainDateTime, offset: string | undefined, zone: string): number | undefined {
  if (offset === undefined) return local.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
  const utc = Date.UTC(
    local.year,
    local.month - 1,
    local.day,
    local.hour,
    local.minute,
    local.second,
    local.millisecond,
  );
  const exact = local.year < 100 ? local.toZonedDateTime('UTC').epochMilliseconds : utc;
  if (offset === 'Z') return exact;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6));
  if (Number(offset.slice(1, 3)) > 14 || Number(offset.slice(4, 6)) > 59) return undefined;
  return exact - (offset[0] === '-' ? -1 : 1) * minutes * 60_000;
}
