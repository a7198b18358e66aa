/**
 * How a component of a calendar repeats, as an availability can say it: a rule of its own, single dates where there is
 * an end to them, or not
 * at all, which is told. EXDATE of an opening becomes a closure of that time; RDATE a time more. RFC 5545 3.8.5.
 */
import type { RecurrenceRule } from '../../fhir/french/fr-extensions.ts';
import type { Issue } from '../../fhir/issue.ts';
import type { Extension } from '../../fhir/resource.ts';
import { MAX_PER_DAY, perDay, recurrence, yieldsAnything } from '../../scheduling/recurrence.ts';
import { DAY, formatInstant, toLocal } from '../../scheduling/zone.ts';
import type { Component, Property } from './content-line.ts';
import { instantOf, type Times } from './times-in.ts';
import { told } from './told.ts';

export interface Repetition {
  extension?: Extension;
  /** Single dates instead of, or beside, a rule; epoch milliseconds. */
  starts?: number[];
  /** Times of an opening that are taken out of it. */
  closed?: [number, number][];
  issues: Issue[];
  /** Cannot be represented at all. */
  lost?: boolean;
  line?: number;
}

const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const FHIR_DAYS: Record<string, string> = {
  MO: 'mon',
  TU: 'tue',
  WE: 'wed',
  TH: 'thu',
  FR: 'fri',
  SA: 'sat',
  SU: 'sun',
};
/** Occurrences that are written one by one where no rule can say them. */
const MAX_SINGLE = 500;
/** No later: who wants more writes a rule without an end. */
const MAX_DURATION_MS = 30 * 366 * DAY;

export function ruleOf(from: Component, times: Times, zone: string): Repetition {
  const issues: Issue[] = [];
  const [rrule, ...others] = from.properties.filter((property) => property.name === 'rrule');
  for (const other of [...others, ...from.properties.filter((part) => part.name === 'exrule')])
    issues.push(
      told(
        other.line,
        `a second rule (${other.name.toUpperCase()}) cannot be represented`,
        `une seconde règle (${other.name.toUpperCase()}) ne se représente pas`,
      ),
    );
  const dates = (name: string): number[] =>
    from.properties
      .filter((property) => property.name === name)
      .flatMap((property) => property.values.flatMap((value) => dateOf(property, value, zone, issues)));
  const [excluded, added] = [dates('exdate'), dates('rdate')];
  if (rrule === undefined)
    return {
      issues,
      ...(added.length === 0 ? {} : { starts: [times.start, ...added].filter((one) => !excluded.includes(one)) }),
    };
  const line = rrule.line;
  const read = readRecur(rrule, times, zone);
  if (typeof read === 'string')
    return { issues: [...issues, told(line, `RRULE: ${read}`, `RRULE : ${read}`)], lost: true, line };
  const { rule, awkward } = read;
  const reason = awkward ?? (times.otherClock ? 'its zone keeps another time than the agenda' : undefined);
  const isClosure = from.name === 'vevent';
  if (reason !== undefined || (excluded.length > 0 && isClosure)) {
    const starts = perDay(rule) > MAX_PER_DAY ? undefined : finite(rule, times, zone);
    if (starts === undefined) {
      if (reason === undefined) {
        // Closed rather than open: the exceptions are what is lost.
        for (const one of excluded)
          issues.push(
            told(
              line,
              `EXDATE ${formatInstant(one, zone)}: a closure without end has no exceptions; it stays closed then`,
              `EXDATE ${formatInstant(one, zone)} : une fermeture sans fin n'a pas d'exception, elle reste fermée`,
            ),
          );
        return { issues, extension: extensionOf(rule), ...(added.length === 0 ? {} : { starts: added }), line };
      }
      return {
        issues: [
          ...issues,
          told(line, `RRULE cannot be represented: ${reason}`, `RRULE non représentable : ${reason}`),
        ],
        lost: true,
        line,
      };
    }
    issues.push(
      told(
        line,
        `RRULE written as ${starts.length} single dates${reason === undefined ? '' : `: ${reason}`}`,
        `RRULE écrite en ${starts.length} dates isolées`,
        'information',
      ),
    );
    return { issues, starts: [...starts, ...added].filter((start) => !excluded.includes(start)), line };
  }
  if (excluded.length > 0)
    issues.push(
      told(
        line,
        `EXDATE: ${excluded.length} times are closed`,
        `EXDATE : ${excluded.length} horaires fermés`,
        'information',
      ),
    );
  return {
    issues,
    extension: extensionOf(rule),
    ...(added.length === 0 ? {} : { starts: added }),
    closed: excluded.map((start) => [start, start + (times.end - times.start)]),
    line,
  };
}

function dateOf(of: Property, value: unknown, zone: string, issues: Issue[]): number[] {
  const instant = instantOf(of, Array.isArray(value) ? value[0] : value, zone, () => zone);
  if (typeof instant === 'number') return [instant];
  issues.push(told(of.line, instant.english, instant.french));
  return [];
}

/** All starts of a rule that ends, and is short enough to be written one by one. */
function finite(rule: RecurrenceRule, times: Times, zone: string): number[] | undefined {
  if (times.otherClock || (rule.count ?? (rule.until === undefined ? Number.POSITIVE_INFINITY : 0)) > MAX_SINGLE)
    return undefined;
  const { between } = recurrence(rule, times.start, zone);
  const end = times.start + MAX_DURATION_MS;
  const piece = Math.ceil((2 * MAX_SINGLE) / perDay(rule)) * DAY;
  const starts: number[] = [];
  for (let from = times.start; from < end; from += piece) {
    starts.push(...between(from, Math.min(from + piece, end)));
    if (starts.length > MAX_SINGLE) return undefined;
  }
  return yieldsAnything(rule, times.start, zone, end, Number.POSITIVE_INFINITY) ? undefined : starts;
}

function readRecur(
  { values }: Property,
  times: Times,
  zone: string,
): { rule: RecurrenceRule; awkward: string | undefined } | string {
  const recur = values[0] as Record<string, unknown>;
  const list = (name: string): unknown[] =>
    recur[name] === undefined ? [] : Array.isArray(recur[name]) ? recur[name] : [recur[name]];
  const numbers = (name: string): number[] => list(name).map(Number);
  if (list('bysetpos').length > 0) return 'BYSETPOS has no counterpart';
  const local = new Date(toLocal(zone, times.start));
  // What only says the start once more is left out: 0 cannot be written in FHIR, and means the same.
  const told0 = (name: string, own: number): number[] => {
    const found = numbers(name);
    return found.length === 1 && found[0] === own ? [] : found;
  };
  const rule: RecurrenceRule = {
    freq: String(recur['freq']) as RecurrenceRule['freq'],
    ...(recur['until'] === undefined ? {} : { until: untilText(String(recur['until']), zone) }),
    ...(recur['count'] === undefined ? {} : { count: Number(recur['count']) }),
    interval: Number(recur['interval'] ?? 1),
    bySecond: told0('bysecond', local.getUTCSeconds()),
    byMinute: told0('byminute', local.getUTCMinutes()),
    byHour: told0('byhour', local.getUTCHours()),
    byDay: list('byday').map(String),
    byMonthDay: numbers('bymonthday'),
    byYearDay: numbers('byyearday'),
    byWeekNo: numbers('byweekno'),
    byMonth: numbers('bymonth'),
    ...(recur['wkst'] === undefined
      ? {}
      : { wkst: typeof recur['wkst'] === 'number' ? DAYS[recur['wkst'] - 1]! : String(recur['wkst']) }),
    path: 'RRULE',
  };
  const zeros = [rule.bySecond, rule.byMinute, rule.byHour].some((part) => part.includes(0));
  const hours = [times.start, times.end].map((one) => new Date(toLocal(zone, one)).getUTCHours());
  const looksLikeBounds = rule.byHour.length === 2 && rule.byHour.every((hour) => hours.includes(hour));
  return {
    rule,
    awkward: zeros
      ? 'a part is 0, which FHIR cannot write'
      : looksLikeBounds
        ? 'its two hours would be read as start and end'
        : undefined,
  };
}

function untilText(text: string, zone: string): string {
  return text.includes('T') ? (text.endsWith('Z') ? formatInstant(Date.parse(text), zone) : text) : text;
}

function extensionOf(rule: RecurrenceRule): Extension {
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
