/**
 * A second reading of RFC 5545 3.3.10 for tests: recurrence rules by exhaustion, slow and plain. There is no zone
 * here: wall-clock times are local milliseconds.
 */
import type { Frequency } from '../fhir/french/availability-time.ts';
import type { RecurrenceRule } from '../fhir/french/fr-extensions.ts';
import { DAY, HOUR } from './zone.ts';

export const MINUTE = 60_000;
export const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
export const NO_PARTS = {
  interval: 1,
  bySecond: [],
  byMinute: [],
  byHour: [],
  byDay: [],
  byMonthDay: [],
  byYearDay: [],
  byWeekNo: [],
  byMonth: [],
  path: '',
};

/** `YEARLY interval=2 byDay=1MO,TU` */
export function ruleOf(text: string): RecurrenceRule {
  const [freq, ...parts] = text.split(' ');
  const read = parts.map((part) => {
    const [name, value = ''] = part.split('=');
    if (name === 'interval' || name === 'count') return [name, Number(value)];
    if (name === 'wkst' || name === 'until') return [name, value];
    return [name, name === 'byDay' ? value.split(',') : value.split(',').map(Number)];
  });
  return { ...NO_PARTS, freq: freq as Frequency, ...Object.fromEntries(read) };
}

/**
 * Every wall-clock start in `[first, last]`, local milliseconds: each day, then each time of it, is asked whether it
 * fits.
 */
export function exhaustive(rule: RecurrenceRule, first: number, last: number): number[] {
  const { freq, interval, byDay, byMonthDay, byYearDay, byWeekNo, byMonth, wkst = 'MO' } = rule;
  const firstDay = Math.floor(first / DAY);
  const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / DAY;
  const weekday = (day: number): number => (day + 3) % 7;
  const weekOf = (day: number): number => day - ((weekday(day) - DAYS.indexOf(wkst) + 7) % 7);
  const begin = new Date(first);
  const isOneOf = (list: number[], at: number, length: number): boolean =>
    list.includes(at) || list.includes(at - length - 1);

  const fitsDay = (day: number): boolean => {
    const date = new Date(day * DAY);
    const [year, month, monthDay] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const months = (year - begin.getUTCFullYear()) * 12 + month - 1 - begin.getUTCMonth();
    const [newYear, nextYear] = [dayOf(year, 1, 1), dayOf(year + 1, 1, 1)];
    const [yearDay, monthLength] = [day - newYear + 1, dayOf(year, month + 1, 1) - dayOf(year, month, 1)];
    // The first week of a year is the one that has four days of it: that of 4 January.
    const firstWeek = (of: number): number => weekOf(dayOf(of, 1, 4));
    const weekYear = day >= firstWeek(year + 1) ? year + 1 : day < firstWeek(year) ? year - 1 : year;
    const years = (byWeekNo.length > 0 ? weekYear : year) - begin.getUTCFullYear();
    const periods =
      { YEARLY: years, MONTHLY: months, WEEKLY: (weekOf(day) - weekOf(firstDay)) / 7, DAILY: day - firstDay }[
        freq as 'DAILY'
      ] ?? 0;
    if (periods % interval !== 0) return false;
    if (byMonth.length > 0 && !byMonth.includes(month)) return false;
    if (byWeekNo.length > 0) {
      const [week, weeks] = [
        (weekOf(day) - firstWeek(weekYear)) / 7 + 1,
        (firstWeek(weekYear + 1) - firstWeek(weekYear)) / 7,
      ];
      if (!isOneOf(byWeekNo, week, weeks)) return false;
    }
    if (byYearDay.length > 0 && !isOneOf(byYearDay, yearDay, nextYear - newYear)) return false;
    if (byMonthDay.length > 0 && !isOneOf(byMonthDay, monthDay, monthLength)) return false;
    if (byDay.length > 0) {
      const inMonth = freq === 'MONTHLY' || byMonth.length > 0;
      const [at, length] = inMonth ? [monthDay, monthLength] : [yearDay, nextYear - newYear];
      const ranks = ['', String(Math.ceil(at / 7)), String(-Math.ceil((length - at + 1) / 7))];
      return ranks.some((rank) => byDay.includes(rank + DAYS[weekday(day)]));
    }
    // The first day decides everything that the rule leaves open.
    if (freq === 'WEEKLY') return weekday(day) === weekday(firstDay);
    const isMonthOpen = byMonth.length + byYearDay.length + byWeekNo.length > 0 || freq !== 'YEARLY';
    if (byMonthDay.length > 0 && !isMonthOpen) return month === begin.getUTCMonth() + 1;
    if (byMonthDay.length + byYearDay.length > 0 || (freq !== 'MONTHLY' && freq !== 'YEARLY')) return true;
    if (byWeekNo.length > 0) return weekday(day) === weekday(firstDay);
    return (
      monthDay === begin.getUTCDate() && (freq === 'MONTHLY' || byMonth.length > 0 || month === begin.getUTCMonth() + 1)
    );
  };

  const unit = { HOURLY: HOUR, MINUTELY: MINUTE, SECONDLY: 1000 }[freq as 'HOURLY'];
  const finest = rule.bySecond.length > 0 || freq === 'SECONDLY' || first % MINUTE !== 0 ? 1000 : MINUTE;
  const fitsTime = (local: number): boolean => {
    if (unit !== undefined && (Math.floor(local / unit) - Math.floor(first / unit)) % interval !== 0) return false;
    const fits = (list: number[], size: number, most: number, isFree: boolean): boolean => {
      const value = Math.floor(local / size) % most;
      return list.length > 0 ? list.includes(value) : isFree || value === Math.floor(first / size) % most;
    };
    return (
      fits(rule.byHour, HOUR, 24, unit !== undefined) &&
      fits(rule.byMinute, MINUTE, 60, unit !== undefined && unit < HOUR) &&
      fits(rule.bySecond, 1000, 60, unit === 1000)
    );
  };

  const found: number[] = [];
  const times = Array.from({ length: DAY / finest }, (_, i) => i * finest);
  // Without a step of hours, the times of one day are those of all.
  const usual = unit === undefined || interval === 1 ? times.filter((time) => fitsTime(firstDay * DAY + time)) : times;
  for (let day = firstDay; day * DAY <= last; day++) {
    if (!fitsDay(day)) continue;
    for (const time of usual) {
      const local = day * DAY + time;
      if (local >= first && local <= last && fitsTime(local)) found.push(local);
    }
  }
  return found;
}
