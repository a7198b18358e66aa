/** The years of other calendars, month by month, found once: each date of such a calendar takes long to find. */
import { Temporal } from 'temporal-polyfill/full';
import { dayNumber } from '../../../scheduling/civil-date.ts';
import { DAY } from '../../../scheduling/zone.ts';

export interface ScaleMonth {
  /** `M05`, a leap month `M05L`. */
  code: string;
  /** Its first day, as a number (`civil-date.ts`). */
  begin: number;
  length: number;
}

export interface ScaleYear {
  months: readonly ScaleMonth[];
  begin: number;
  length: number;
}

const known = new Map<string, ScaleYear>();

/** Throws RangeError for a year that the calendar cannot say. */
export function yearOf(calendar: string, year: number): ScaleYear {
  const key = `${calendar} ${year}`;
  const found = known.get(key) ?? computed(calendar, year);
  known.set(key, found);
  return found;
}

function computed(calendar: string, year: number): ScaleYear {
  const first = Temporal.PlainDate.from({ calendar, year, month: 1, day: 1 });
  const months = Array.from({ length: first.monthsInYear }, (_, index): ScaleMonth => {
    const month = first.with({ month: index + 1 });
    return { code: month.monthCode, begin: numberOf(month), length: month.daysInMonth };
  });
  return { months, begin: months[0]!.begin, length: first.daysInYear };
}

function numberOf(date: Temporal.PlainDate): number {
  const { year, month, day } = date.withCalendar('iso8601');
  return dayNumber(year, month, day);
}

const NEAR = dayNumber(2000, 1, 1);

/** The year of a day; the lengths of the years around it tell where it is. */
export function yearAt(calendar: string, day: number): number {
  const near = Temporal.PlainDate.from(new Date(NEAR * DAY).toISOString().slice(0, 10)).withCalendar(calendar).year;
  let year = near + Math.floor((day - NEAR) / yearOf(calendar, near).length);
  while (yearOf(calendar, year).begin > day) year--;
  while (yearOf(calendar, year + 1).begin <= day) year++;
  return year;
}
