/** The value of RRULE and EXRULE (RFC 5545 3.3.10). Names and values may be in any case. */
import type { Frequency } from '../../../fhir/french/availability-time.ts';
import type { RuleParts } from '../../../scheduling/rule-starts.ts';
import type { Property } from './parse-line.ts';
import { calendarNamed, isMonthOf, type RuleScale, scaleOf } from './rule-scale.ts';
import { type Moment, momentOf } from './values.ts';

export interface ReadRule {
  parts: RuleParts;
  count?: number;
  until?: Moment;
  /** Absent for a rule that counts in the Gregorian calendar and skips no date. */
  scale?: RuleScale;
}

const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const MAX_INTERVAL = 1_000_000;
/** Exchange and others write "until the end of time"; such a rule has no end. */
const LAST_YEAR = Date.UTC(9000, 0);

/** Bounds of the numbers; where they count from the end too, 0 is none. */
const BOUNDS: ReadonlyMap<string, readonly [low: number, high: number]> = new Map([
  ['BYSECOND', [0, 59]],
  ['BYMINUTE', [0, 59]],
  ['BYHOUR', [0, 23]],
  ['BYMONTHDAY', [-31, 31]],
  ['BYYEARDAY', [-366, 366]],
  ['BYWEEKNO', [-53, 53]],
  ['BYSETPOS', [-366, 366]],
]);

/** The rule, or why it cannot be read. */
export function readRule(property: Property): ReadRule | string {
  const values = new Map<string, string>();
  for (const part of plainText(property.value).split(';')) {
    if (part.trim() === '') continue;
    const [name = '', text = ''] = part.split('=').map((text) => text.trim().toUpperCase());
    const value = text.replace(/[\s,]+$/, '');
    if ((values.get(name) ?? value) !== value) return `${name.slice(0, 20)} is there twice`;
    values.set(name, value);
  }
  const calendar = calendarNamed(values.get('RSCALE') ?? 'GREGORIAN');
  if (calendar === undefined) return 'RSCALE cannot be read';
  const wrong = [...values].find(([name, value]) => !isKnown(name, value, calendar))?.[0];
  if (wrong !== undefined) return `${wrong.slice(0, 20)} cannot be read`;
  const freq = values.get('FREQ');
  if (freq === undefined || !FREQUENCIES.includes(freq)) return 'FREQ cannot be read';
  const untilText = values.get('UNTIL');
  const until = untilText === undefined ? undefined : momentOf({ parameters: {} }, untilText);
  if (untilText !== undefined && until === undefined) return 'UNTIL cannot be read';
  const numbers = (name: string): number[] => [
    ...new Set((values.get(name) ?? '').split(',').filter(Boolean).map(Number)),
  ];
  const wkst = values.get('WKST');
  const count = values.get('COUNT');
  const parts: RuleParts = {
    freq: freq as Frequency,
    interval: Number(values.get('INTERVAL') ?? 1),
    bySecond: numbers('BYSECOND'),
    byMinute: numbers('BYMINUTE'),
    byHour: numbers('BYHOUR'),
    byDay: [...new Set((values.get('BYDAY') ?? '').split(',').filter(Boolean).map(withoutPlus))],
    byMonthDay: numbers('BYMONTHDAY'),
    byYearDay: numbers('BYYEARDAY'),
    byWeekNo: numbers('BYWEEKNO'),
    byMonth: numbers('BYMONTH'),
    bySetPos: numbers('BYSETPOS'),
    ...(wkst === undefined ? {} : { wkst }),
  };
  const months = (values.get('BYMONTH') ?? '').split(',').filter(Boolean);
  const scale = scaleOf(calendar, (values.get('SKIP') ?? 'OMIT') as RuleScale['skip'], months, parts);
  if (scale === 'unreadable') return 'RSCALE cannot be read';
  return {
    parts: withoutForbidden(parts),
    ...(scale === undefined ? {} : { scale }),
    ...(count === undefined ? {} : { count: Number(count) }),
    ...(until === undefined || until.local >= LAST_YEAR ? {} : { until }),
  };
}

/** Some programs write the name of the property into its value, or escape the value as if it were a text. */
function plainText(value: string): string {
  return value
    .trim()
    .replace(/^(RRULE|EXRULE)\s*:/i, '')
    .replace(/\\([;,])/g, '$1');
}

function isKnown(name: string, value: string, calendar: string): boolean {
  if (name === 'BYMONTH') return value.split(',').every((text) => isMonthOf(calendar, text));
  const bounds = BOUNDS.get(name);
  if (bounds !== undefined) return value !== '' && value.split(',').every((text) => isWithin(text, bounds));
  switch (name) {
    case 'FREQ':
    case 'UNTIL':
      return true;
    case 'INTERVAL':
      return /^\d{1,7}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_INTERVAL;
    case 'COUNT':
      return /^\d{1,9}$/.test(value) && Number(value) >= 1;
    case 'BYDAY':
      return value.split(',').every((text) => /^([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)$/.test(text.trim()));
    case 'WKST':
      return /^(MO|TU|WE|TH|FR|SA|SU)$/.test(value);
    case 'RSCALE':
      return true;
    case 'SKIP':
      return /^(OMIT|BACKWARD|FORWARD)$/.test(value);
    default:
      return name.startsWith('X-');
  }
}

function isWithin(text: string, [low, high]: readonly [number, number]): boolean {
  if (!/^\s*[+-]?\d{1,3}\s*$/.test(text)) return false;
  const number = Number(text);
  return number >= low && number <= high && (number !== 0 || low === 0);
}

const withoutPlus = (day: string): string => day.trim().replace(/^\+/, '');

/** A rank has a meaning in months and years only (RFC 5545 3.3.10); elsewhere the weekday counts. */
function withoutForbidden(parts: RuleParts): RuleParts {
  const hasRanks = (parts.freq === 'MONTHLY' || parts.freq === 'YEARLY') && parts.byWeekNo.length === 0;
  return hasRanks ? parts : { ...parts, byDay: [...new Set(parts.byDay.map((day) => day.slice(-2)))] };
}
