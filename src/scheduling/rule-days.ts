/** Which days a recurrence rule chooses in a year, some months or a week (RFC 5545 3.3.10, the table of BY parts). */
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { type CivilDate, civil, dayNumber, daysInMonth, WEEKDAYS, weekday, weekStart } from './civil-date.ts';

/** The parts that choose days, and DTSTART for what the rule leaves unsaid. */
export interface RuleDays
  extends Pick<RecurrenceRule, 'freq' | 'byDay' | 'byMonthDay' | 'byYearDay' | 'byWeekNo' | 'byMonth' | 'wkst'> {
  first: CivilDate;
  firstDay: number;
}

/** Days that the rule chooses in a year; for BYWEEKNO the year of the weeks. Ascending. */
export function daysOfYear(year: number, rule: RuleDays): number[] {
  const { byDay, byMonthDay, byYearDay, byWeekNo, byMonth, first } = rule;
  if (byWeekNo.length > 0) {
    const isDayNamed = byDay.length + byMonthDay.length + byYearDay.length > 0;
    return weeksOf(year, rule)
      .flatMap((start) => span(start, start + 7))
      .filter((day) => fits(day, rule) && (isDayNamed || weekday(day) === weekday(rule.firstDay)));
  }
  const newYear = dayNumber(year, 1, 1);
  const length = dayNumber(year + 1, 1, 1) - newYear;
  if (byYearDay.length > 0)
    return positions(byYearDay, length)
      .map((at) => newYear + at)
      .filter((day) => fits(day, rule));
  if (byMonthDay.length > 0) {
    // A day of the month alone is one of the month of DTSTART (libical and ical.js read it so).
    const months = byMonth.length > 0 ? sortedUnique(byMonth) : byDay.length > 0 ? ALL_MONTHS : [first.month];
    return daysOfMonths(year, months, rule);
  }
  if (byMonth.length > 0) return daysOfMonths(year, sortedUnique(byMonth), rule);
  if (byDay.length > 0) return rankedDays(newYear, length, byDay);
  return daysOfMonths(year, [first.month], rule);
}

const ALL_MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** Days that the rule chooses in these months, ascending. */
export function daysOfMonths(year: number, months: readonly number[], rule: RuleDays): number[] {
  const { byDay, byMonthDay, first } = rule;
  return months.flatMap((month) => {
    const begin = dayNumber(year, month, 1);
    const length = daysInMonth(year, month);
    if (byMonthDay.length > 0)
      return positions(byMonthDay, length)
        .map((at) => begin + at)
        .filter((day) => fits(day, rule));
    if (byDay.length > 0) return rankedDays(begin, length, byDay).filter((day) => fits(day, { ...rule, byDay: [] }));
    return positions([first.day], length)
      .map((at) => begin + at)
      .filter((day) => fits(day, rule));
  });
}

/** Days that the rule chooses in the week that begins on `start`, ascending. */
export function daysOfWeeks(start: number, rule: RuleDays): number[] {
  const days = span(start, start + 7).filter((day) => fits(day, rule));
  return rule.byDay.length > 0 ? days : days.filter((day) => weekday(day) === weekday(rule.firstDay));
}

/** Do the parts that limit let a daily or shorter rule start on this day? */
export function isDayOf(day: number, rule: RuleDays): boolean {
  return fits(day, rule);
}

/** The year whose weeks a day is counted in: the week with 4 January is the first. */
export function weekYearOf(day: number, { wkst }: Pick<RuleDays, 'wkst'>): number {
  const { year } = civil(day);
  if (day >= firstWeek(year + 1, wkst)) return year + 1;
  return day < firstWeek(year, wkst) ? year - 1 : year;
}

function firstWeek(year: number, wkst: string | undefined): number {
  return weekStart(dayNumber(year, 1, 4), wkst);
}

function weeksOf(year: number, { byWeekNo, wkst }: RuleDays): number[] {
  const begin = firstWeek(year, wkst);
  const weeks = (firstWeek(year + 1, wkst) - begin) / 7;
  return positions(byWeekNo, weeks).map((at) => begin + at * 7);
}

/** `1` is the first and `-1` the last of so many; positions from 0, ascending. */
function positions(numbers: readonly number[], length: number): number[] {
  return sortedUnique(numbers.map((number) => (number > 0 ? number - 1 : length + number))).filter(
    (at) => at >= 0 && at < length,
  );
}

function sortedUnique(numbers: readonly number[]): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function span(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Weekdays of a month or year, with or without a rank in it (`MO`, `2MO`, `-1FR`); ascending. */
function rankedDays(begin: number, length: number, byDay: readonly string[]): number[] {
  return sortedUnique(
    byDay.flatMap((name) => {
      const wanted = WEEKDAYS.indexOf(name.slice(-2));
      const offset = (wanted - weekday(begin) + 7) % 7;
      const all = Array.from({ length: Math.ceil((length - offset) / 7) }, (_, week) => begin + offset + week * 7);
      const rank = Number(name.slice(0, -2));
      if (rank === 0) return all;
      return all.at(rank > 0 ? rank - 1 : rank) ?? [];
    }),
  );
}

/** Does a day meet every part that names days? Ranks count in the month if the rule names months, else in the year. */
function fits(day: number, { freq, byDay, byMonthDay, byYearDay, byMonth }: RuleDays): boolean {
  if (byDay.length + byMonthDay.length + byYearDay.length + byMonth.length === 0) return true;
  const date = civil(day);
  if (byMonth.length > 0 && !byMonth.includes(date.month)) return false;
  const monthLength = daysInMonth(date.year, date.month);
  if (byMonthDay.length > 0 && !isNamed(byMonthDay, date.day, monthLength)) return false;
  const newYear = dayNumber(date.year, 1, 1);
  const yearLength = dayNumber(date.year + 1, 1, 1) - newYear;
  if (byYearDay.length > 0 && !isNamed(byYearDay, day - newYear + 1, yearLength)) return false;
  if (byDay.length === 0) return true;
  const isInMonth = freq === 'MONTHLY' || byMonth.length > 0;
  const [at, length] = isInMonth ? [date.day, monthLength] : [day - newYear + 1, yearLength];
  const name = WEEKDAYS[weekday(day)]!;
  return (
    byDay.includes(name) ||
    byDay.includes(`${Math.ceil(at / 7)}${name}`) ||
    byDay.includes(`-${Math.ceil((length - at + 1) / 7)}${name}`)
  );
}

/** Is it named from the beginning, or from the end? */
function isNamed(numbers: readonly number[], at: number, length: number): boolean {
  return numbers.includes(at) || numbers.includes(at - length - 1);
}
