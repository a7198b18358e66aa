/**
 * The availabilities of a Schedule: the extension availabilityTime read into plain objects, with every fault at once.
 * Dates stay text here: their meaning depends on the agenda's zone (`scheduling/agenda.ts`).
 * Facts: FR Core availabilityTime (the same structure in 1.1.0, CI and 2.x), GAP flow 3a, RFC 5545 3.3.10.
 */
import { parseDateRange } from '../date.ts';
import {
  codeOf,
  extensionsOf,
  type LocatedExtension,
  partsOf,
  partValue,
  partValues,
  extensionValue,
} from '../extension.ts';
import { errorOf, type Issue, issue } from '../issue.ts';
import { numberOf } from '../json.ts';
import type { CodeableConcept, Identifier, Json, Resource } from '../resource.ts';
import { list } from '../resources.ts';

const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;

export type Frequency = (typeof FREQUENCIES)[number];

export interface RecurrenceRule {
  freq: Frequency;
  /** FHIR dateTime; the last start, included. */
  until?: string;
  count?: number;
  interval: number;
  bySecond: number[];
  byMinute: number[];
  byHour: number[];
  /** `MO`, `1MO`, `-1FR`. */
  byDay: string[];
  byMonthDay: number[];
  byYearDay: number[];
  byWeekNo: number[];
  byMonth: number[];
  /** `MO`... */
  wkst?: string;
  /** FHIRPath of the extension. */
  path: string;
}

export interface AvailabilityTime {
  identifiers: Identifier[];
  type: 'free' | 'busy-unavailable';
  /** FHIR dateTimes of the first occurrence, as they were written. */
  start: string;
  end: string;
  rrule?: RecurrenceRule;
  unavailabilityReason?: CodeableConcept;
  created?: string;
  /** iCalendar: 1 is the strongest, 9 the weakest, 0 or absent weaker still. */
  priority?: number;
  /** FHIRPath of the extension: `Schedule.extension[3]`. */
  path: string;
}

/** All availabilities of a Schedule. Throws FhirError (422, one issue per fault) when one cannot be understood. */
export function readAvailabilityTimes(schedule: Resource): AvailabilityTime[] {
  const faults: Issue[] = [];
  const read = extensionsOf(schedule, 'availabilityTime').map((extension) => readAvailabilityTime(extension, faults));
  if (faults.length > 0) throw errorOf(faults, 422);
  return read;
}

/** A fault of an availability. `diagnostics` and `text` go on a sentence: "end is missing", "« end » est absent". */
export function availabilityFault(path: string, diagnostics: string, text: string): Issue {
  return issue('error', 'business-rule', `availabilityTime: ${diagnostics}`, {
    expression: path,
    text: `Disponibilité incomprise : ${text}.`,
  });
}

/** The result is used only when `faults` stays empty. */
function readAvailabilityTime(whole: LocatedExtension, faults: Issue[]): AvailabilityTime {
  const { path } = whole;
  const rule = single(whole, 'rrule', faults);
  const reason = partValue(whole, 'unavailabilityReason');
  const created = partValue(whole, 'created');
  const priority = partValue(whole, 'priority');
  return {
    identifiers: identifiersOf(whole, faults),
    type: typeOf(whole, faults),
    start: dateOf(whole, 'start', 'first start', 'début de la première occurrence', faults),
    end: dateOf(whole, 'end', 'end of the first occurrence', 'fin de la première occurrence', faults),
    ...(rule === undefined ? {} : { rrule: readRule(rule, faults) }),
    ...(reason === undefined ? {} : { unavailabilityReason: typeof reason === 'string' ? { text: reason } : reason }),
    ...(typeof created === 'string' ? { created } : {}),
    ...(priority === undefined ? {} : { priority: numberOf(priority) }),
    path,
  };
}

/** A part that may be there once at most: of two, it is not known which counts. */
function single(whole: LocatedExtension, url: string, faults: Issue[]): LocatedExtension | undefined {
  const [first, second] = partsOf(whole, url);
  if (second !== undefined) {
    faults.push(availabilityFault(second.path, `${url} is there twice`, `« ${url} » figure deux fois`));
  }
  return first;
}

function identifiersOf(whole: LocatedExtension, faults: Issue[]): Identifier[] {
  const identifiers = partValues(whole, 'identifier').map((value) => (typeof value === 'string' ? { value } : value));
  if (identifiers.length === 0) {
    const text = '« identifier » est absent : il sert à modifier ou supprimer la disponibilité';
    faults.push(availabilityFault(whole.path, 'identifier is missing: it names the availability', text));
  }
  return identifiers;
}

/** By code whatever the system: three generations of code system, slotstatus and plain codes are in use. */
function typeOf(whole: LocatedExtension, faults: Issue[]): AvailabilityTime['type'] {
  const part = single(whole, 'type', faults);
  const type = codeOf(extensionValue(part?.extension))?.toLowerCase();
  if (type === 'free' || type === 'busy-unavailable') return type;
  const found = type === undefined ? 'is missing' : `"${type.slice(0, 40)}" is unknown`;
  faults.push(
    availabilityFault(
      part?.path ?? whole.path,
      `type ${found}: free or busy-unavailable`,
      type === undefined
        ? '« type » est absent (free : ouvert ; busy-unavailable : fermé)'
        : `le type « ${type.slice(0, 40)} » est inconnu (free : ouvert ; busy-unavailable : fermé)`,
    ),
  );
  return 'free';
}

/** A day at least: a start of `2026` or `2026-05` says nothing. */
const DAY_OR_FINER = /^\d{4}-\d\d-\d\d/;

function dateOf(whole: LocatedExtension, url: string, english: string, french: string, faults: Issue[]): string {
  const part = single(whole, url, faults);
  const text = extensionValue(part?.extension);
  if (typeof text === 'string' && DAY_OR_FINER.test(text) && parseDateRange(text) !== undefined) return text;
  if (part === undefined) {
    faults.push(availabilityFault(whole.path, `${url} (${english}) is missing`, `« ${url} » (${french}) est absent`));
  } else {
    const example = '2026-09-07T08:00:00+02:00';
    faults.push(
      availabilityFault(
        part.path,
        `${url} (${english}) is not a date and time, such as ${example}`,
        `« ${url} » (${french}) n’est pas une date et une heure, comme ${example}`,
      ),
    );
  }
  return '';
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const DAY_NAMES = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
const PARTS = new Set([
  ...['freq', 'until', 'count', 'interval', 'bysecond', 'byminute', 'byhour', 'byday', 'bymonthday', 'byyearday'],
  ...['byweekno', 'bymonth', 'wkst'],
]);

function readRule(rule: LocatedExtension, faults: Issue[]): RecurrenceRule {
  for (const { extension, path } of list(rule.extension.extension).map((extension, i) => ({
    extension,
    path: `${rule.path}.extension[${i}]`,
  }))) {
    const name = String(extension?.url);
    // Ignoring a part (bySetPos, exdate...) would open unwanted times. An absolute URL is an extension of others.
    if (PARTS.has(name.toLowerCase()) || name.includes(':')) continue;
    faults.push(
      availabilityFault(
        path,
        `rrule has no part "${name.slice(0, 40)}"`,
        `la répétition n’a pas d’élément « ${name.slice(0, 40)} »`,
      ),
    );
  }
  const until = partsOf(rule, 'until')[0];
  const untilText = extensionValue(until?.extension);
  if (until !== undefined && (typeof untilText !== 'string' || parseDateRange(untilText) === undefined)) {
    faults.push(availabilityFault(until.path, 'rrule.until is not a date', '« until » n’est pas une date'));
  }
  const count = whole(rule, 'count', faults);
  const wkst = partsOf(rule, 'wkst')[0];
  const read: RecurrenceRule = {
    freq: frequencyOf(rule, faults),
    ...(typeof untilText === 'string' ? { until: untilText } : {}),
    ...(count === undefined ? {} : { count }),
    interval: whole(rule, 'interval', faults) ?? 1,
    bySecond: numbers(rule, 'bySecond', 0, 59, faults),
    byMinute: numbers(rule, 'byMinute', 0, 59, faults),
    byHour: numbers(rule, 'byHour', 0, 23, faults),
    byDay: partsOf(rule, 'byDay').flatMap((part) => daysOf(part, faults)),
    byMonthDay: numbers(rule, 'byMonthDay', -31, 31, faults),
    byYearDay: numbers(rule, 'byYearDay', -366, 366, faults),
    byWeekNo: numbers(rule, 'byWeekNo', -53, 53, faults),
    byMonth: numbers(rule, 'byMonth', 1, 12, faults),
    ...(wkst === undefined ? {} : { wkst: daysOf(wkst, faults)[0]?.slice(-2) ?? 'MO' }),
    path: rule.path,
  };
  checkCombination(read, faults);
  return read;
}

function frequencyOf(rule: LocatedExtension, faults: Issue[]): Frequency {
  const part = single(rule, 'freq', faults);
  const code = codeOf(extensionValue(part?.extension))?.toUpperCase();
  const found = FREQUENCIES.find((frequency) => frequency === code);
  if (found !== undefined) return found;
  const known = FREQUENCIES.join(', ');
  faults.push(
    availabilityFault(
      part?.path ?? rule.path,
      `rrule.freq ${code === undefined ? 'is missing' : 'is unknown'}: one of ${known}`,
      `la fréquence de répétition « freq » est ${code === undefined ? 'absente' : 'inconnue'} (${known})`,
    ),
  );
  return 'YEARLY';
}

/** A whole number from 1. */
function whole(rule: LocatedExtension, url: string, faults: Issue[]): number | undefined {
  const part = single(rule, url, faults);
  if (part === undefined) return undefined;
  const value = numberOf(extensionValue(part.extension));
  if (Number.isSafeInteger(value) && value >= 1) return value;
  faults.push(
    availabilityFault(
      part.path,
      `rrule.${url} is a whole number from 1`,
      `« ${url} » est un nombre entier à partir de 1`,
    ),
  );
  return undefined;
}

/** Whole numbers, each once, or several in a text (FR Core); 0 is none where negative ones count from the end. */
function numbers(rule: LocatedExtension, url: string, low: number, high: number, faults: Issue[]): number[] {
  const found = new Set<number>();
  for (const part of partsOf(rule, url)) {
    const values = [extensionValue(part.extension)].flatMap((held) => String(held).split(',')).map(Number);
    if (values.every((n) => Number.isInteger(n) && n >= low && n <= high && (n !== 0 || low === 0)))
      for (const value of values) found.add(value);
    else
      faults.push(
        availabilityFault(
          part.path,
          `rrule.${url} is a whole number, ${low} to ${high}`,
          `« ${url} » est un nombre entier de ${low} à ${high}`,
        ),
      );
  }
  return [...found];
}

/** `MO`, `mo`, `mon`, `Monday`, `1`..`7` (1 is Monday), with an ordinal (`1MO`, `-1FR`), several with commas. */
function daysOf(part: LocatedExtension, faults: Issue[]): string[] {
  const value: Json = extensionValue(part.extension);
  const words = (codeOf(value) ?? '').split(/[\s,;]+/).filter(Boolean);
  const days = words.map(dayOf);
  if (words.length > 0 && days.every((day) => day !== undefined)) return days as string[];
  faults.push(
    availabilityFault(
      part.path,
      `rrule.${part.extension.url} is a day of the week: MO to SU, perhaps with an ordinal (1MO, -1FR)`,
      `« ${part.extension.url} » est un jour de la semaine : ` +
        'MO (lundi) à SU (dimanche), avec un rang au besoin (1MO, -1FR)',
    ),
  );
  return [];
}

function dayOf(word: string): string | undefined {
  if (/^[1-7]$/.test(word)) return DAYS[Number(word) - 1];
  const [, ordinal, name = ''] = /^([+-]?\d{1,2})?([A-Za-z]{2,9})$/.exec(word) ?? [];
  const index = DAY_NAMES.findIndex((day) => day.startsWith(name.toUpperCase()));
  if (name === '' || index < 0) return undefined;
  const rank = Number(ordinal ?? 0);
  if (ordinal !== undefined && (rank === 0 || Math.abs(rank) > 53)) return undefined;
  return `${ordinal === undefined ? '' : rank}${DAYS[index]}`;
}

/** Combinations that RFC 5545 forbids and libraries understand differently. */
function checkCombination(rule: RecurrenceRule, faults: Issue[]): void {
  const { freq, byDay, byMonthDay, byYearDay, byWeekNo, path } = rule;
  const refuse = (part: string): void => {
    faults.push(
      availabilityFault(
        path,
        `rrule: ${part} cannot go with ${freq}`,
        `la répétition ne peut pas combiner ${part} et ${freq}`,
      ),
    );
  };
  if (byDay.some((day) => day.length > 2) && ((freq !== 'MONTHLY' && freq !== 'YEARLY') || byWeekNo.length > 0))
    refuse('byDay (1MO)');
  if (byWeekNo.length > 0 && freq !== 'YEARLY') refuse('byWeekNo');
  if (byYearDay.length > 0 && (freq === 'DAILY' || freq === 'WEEKLY' || freq === 'MONTHLY')) refuse('byYearDay');
  if (byMonthDay.length > 0 && freq === 'WEEKLY') refuse('byMonthDay');
}
