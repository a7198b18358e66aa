/**
 * A rule of a calendar as a rule of an availability, where FHIR can say the same: one RRULE on the clock of the agenda,
 * with parts that the extension has and `scheduling` accepts.
 */
import type { RecurrenceRule } from '../../../fhir/french/fr-extensions.ts';
import type { Extension } from '../../../fhir/resource.ts';
import { MAX_COUNT, MAX_PER_DAY, MAX_STEP_MS, perDay, stepOf } from '../../../scheduling/recurrence.ts';
import type { RuleParts } from '../../../scheduling/rule-starts.ts';
import { DAY, HOUR } from '../../../scheduling/zone.ts';
import type { TimedItem } from './occurrences.ts';

/** The rule without its end, or `undefined` if FHIR cannot say it. `start`, `end`: the wall clock of an occurrence. */
export function fhirRule(
  { times }: TimedItem,
  parts: RuleParts,
  start: number,
  end: number,
): RecurrenceRule | undefined {
  const { bySetPos, ...plain } = withRank(times.isDate ? { ...parts, byHour: [], byMinute: [], bySecond: [] } : parts);
  const time = start - Math.floor(start / DAY) * DAY;
  // Times that only repeat the start are left out; in a rule of hours or less they limit it.
  const isDaily = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(plain.freq);
  const without = (list: number[], own: number): number[] =>
    isDaily && list.length === 1 && list[0] === own ? [] : list;
  const rule: RecurrenceRule = {
    ...plain,
    bySecond: without(plain.bySecond, Math.floor(time / 1000) % 60),
    byMinute: without(plain.byMinute, Math.floor(time / 60_000) % 60),
    byHour: without(plain.byHour, Math.floor(time / HOUR)),
    path: 'RRULE',
  };
  const hasZero = [rule.bySecond, rule.byMinute, rule.byHour].some((list) => list.includes(0));
  // Two hours would be read as the start and the end (GAP maps heureDebut and heureFin to byHour).
  const bounds = [start, end].map((local) => new Date(local).getUTCHours());
  const looksLikeBounds = rule.byHour.length === 2 && rule.byHour.every((hour) => bounds.includes(hour));
  const isRefused = perDay(rule) > MAX_PER_DAY || stepOf(rule) > MAX_STEP_MS || (bySetPos?.length ?? 0) > 0;
  return hasZero || looksLikeBounds || isRefused || !isAllowed(rule) ? undefined : rule;
}

/** "The second of all Tuesdays" is the second Tuesday: `BYDAY=TU;BYSETPOS=2` is `BYDAY=2TU`, as Outlook writes it. */
function withRank(parts: RuleParts): RuleParts {
  const { freq, byDay, bySetPos = [], byMonthDay, byYearDay, byWeekNo, byMonth } = parts;
  const isOne = byDay.length === 1 && byDay[0]!.length === 2 && bySetPos.length === 1;
  const isAlone = byMonthDay.length + byYearDay.length + byWeekNo.length === 0;
  const isOnce = [parts.byHour, parts.byMinute, parts.bySecond].every((list) => list.length < 2);
  const isMonthly = freq === 'MONTHLY' || (freq === 'YEARLY' && byMonth.length === 1);
  if (!isOne || !isAlone || !isOnce || !isMonthly || Math.abs(bySetPos[0]!) > 5) return parts;
  return { ...parts, byDay: [`${bySetPos[0]}${byDay[0]}`], bySetPos: [] };
}

/** Combinations that the reader of availabilities refuses (RFC 5545 forbids them). */
function isAllowed({ freq, byYearDay, byWeekNo, byMonthDay }: RecurrenceRule): boolean {
  if (byWeekNo.length > 0 && freq !== 'YEARLY') return false;
  if (byYearDay.length > 0 && ['DAILY', 'WEEKLY', 'MONTHLY'].includes(freq)) return false;
  return byMonthDay.length === 0 || freq !== 'WEEKLY';
}

export function isCountAllowed(count: number | undefined): boolean {
  return (count ?? 0) <= MAX_COUNT;
}

const FHIR_DAYS: Record<string, string> = {
  MO: 'mon',
  TU: 'tue',
  WE: 'wed',
  TH: 'thu',
  FR: 'fri',
  SA: 'sat',
  SU: 'sun',
};

export function ruleExtension(rule: RecurrenceRule): Extension {
  const parts = (url: string, key: string, values: readonly unknown[]): Extension[] =>
    values.map((value) => ({ url, [key]: value }));
  return {
    url: 'rrule',
    extension: [
      { url: 'freq', valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: rule.freq } },
      ...parts('until', 'valueDateTime', rule.until === undefined ? [] : [rule.until]),
      ...parts('count', 'valueInteger', rule.count === undefined ? [] : [rule.count]),
      ...parts('interval', 'valueInteger', rule.interval === 1 ? [] : [rule.interval]),
      ...parts('bySecond', 'valuePositiveInt', rule.bySecond),
      ...parts('byMinute', 'valuePositiveInt', rule.byMinute),
      ...parts('byHour', 'valuePositiveInt', rule.byHour),
      ...parts('byDay', 'valueString', rule.byDay),
      ...parts('byMonthDay', 'valueInteger', rule.byMonthDay),
      ...parts('byYearDay', 'valueString', rule.byYearDay.map(String)),
      ...parts('byWeekNo', 'valueInteger', rule.byWeekNo),
      ...parts('byMonth', 'valuePositiveInt', rule.byMonth),
      ...parts('wkst', 'valueCode', rule.wkst === undefined ? [] : [FHIR_DAYS[rule.wkst] ?? 'mon']),
    ],
  };
}
