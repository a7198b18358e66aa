/** The calendar that a rule counts in, and its SKIP (RFC 7529). */
import type { RuleParts } from '../../../scheduling/rule-starts.ts';

export interface RuleScale {
  /** Its name in Unicode CLDR. */
  calendar: string;
  /** A date that a month or year lacks is left out, or moved to the day before or after. */
  skip: 'OMIT' | 'BACKWARD' | 'FORWARD';
  /** BYMONTH as codes: `M05`, a leap month `M05L`. */
  months: string[];
}

/** Those that count months and days as the Gregorian calendar does are the Gregorian one. */
const CALENDARS: ReadonlyMap<string, string> = new Map([
  ...['GREGORIAN', 'GREGORY', 'ISO8601', 'JAPANESE', 'BUDDHIST', 'ROC'].map((name) => [name, 'gregory'] as const),
  ...['HEBREW', 'CHINESE', 'DANGI', 'ETHIOPIC', 'COPTIC', 'INDIAN', 'PERSIAN'].map(
    (name) => [name, name.toLowerCase()] as const,
  ),
  ...['ISLAMIC-CIVIL', 'ISLAMIC-UMALQURA', 'ISLAMIC-TBLA'].map((name) => [name, name.toLowerCase()] as const),
  ['ETHIOPIC-AMETE-ALEM', 'ethioaa'],
]);

export function calendarNamed(name: string): string | undefined {
  return CALENDARS.get(name);
}

/** `5`, `5L` */
export function isMonthOf(calendar: string, text: string): boolean {
  const [, number, leap] = /^\s*\+?(\d{1,2})(L?)\s*$/.exec(text) ?? [];
  const most = calendar === 'gregory' ? 12 : 13;
  return Number(number) >= 1 && Number(number) <= most && (leap === '' || calendar !== 'gregory');
}

function codeOf(text: string): string {
  const [, number = '', leap = ''] = /(\d+)(L?)/.exec(text) ?? [];
  return `M${number.padStart(2, '0')}${leap}`;
}

/**
 * `undefined` for a rule that says the same without a calendar and without SKIP; `unreadable` for one that nothing here
 * can count in that calendar.
 */
export function scaleOf(
  calendar: string,
  skip: RuleScale['skip'],
  months: readonly string[],
  parts: RuleParts,
): RuleScale | 'unreadable' | undefined {
  const { freq, byMonthDay, byYearDay, byWeekNo, byDay } = parts;
  const isLong = freq === 'MONTHLY' || freq === 'YEARLY';
  const isGregorian = calendar === 'gregory';
  if (isGregorian && (skip === 'OMIT' || !isLong || byWeekNo.length > 0)) return undefined;
  const namesDates = months.length + byMonthDay.length + byYearDay.length + byWeekNo.length > 0;
  if (!isLong) return namesDates ? 'unreadable' : undefined;
  const isRanked = byDay.some((day) => day.length > 2) && byMonthDay.length > 0;
  const isMixed = byYearDay.length > 0 && (freq === 'MONTHLY' || months.length + byMonthDay.length > 0);
  if (byWeekNo.length > 0 || isRanked || isMixed) return 'unreadable';
  return { calendar, skip, months: months.map(codeOf) };
}
