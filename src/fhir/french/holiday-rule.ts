/**
 * The choices of a practice, a place, a practitioner or an agenda for public holidays: the extension
 * `urn:creneau:fhir:holidays`. Each lays its own over what it inherits; where nobody says anything, a holiday is a day
 * like any other. ADR 0038
 */
import { codeOf, extensionsOf, extensionValue, type LocatedExtension, partsOf, partValue } from '../extension.ts';
import { type Issue, issue } from '../issue.ts';
import type { Resource } from '../resource.ts';
import {
  HOLIDAY_CODES,
  isTerritory,
  type PublicHoliday,
  publicHolidays,
  type HolidayTerritory,
} from './public-holidays.ts';

const HOLIDAY_STATES = ['closed', 'open', 'hours'] as const;
export type HolidayState = (typeof HOLIDAY_STATES)[number];

/** The choice for one holiday. */
export interface HolidayChoice {
  state: HolidayState;
  /** `09:00`, where the state is `hours`. */
  from?: string;
  to?: string;
}

/** A choice for one holiday of every year, or for one date alone. */
export interface HolidayEntry extends HolidayChoice {
  holiday?: string;
  date?: string;
}

export interface HolidaySettings {
  territory?: HolidayTerritory;
  /** On all holidays that no entry names. */
  state?: HolidayState;
  entries: HolidayEntry[];
}

/** The settings that an agenda inherits, the general ones first, and its own. */
export interface HolidayPlan {
  territory: HolidayTerritory;
  layers: readonly HolidaySettings[];
}

export interface PlannedHoliday extends PublicHoliday, HolidayChoice {}

const MAX_ENTRIES = 200;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:\d\d)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** `undefined`: the resource says nothing about holidays. */
export function readHolidays(resource: Resource): HolidaySettings | undefined {
  const [whole] = extensionsOf(resource, 'holidays');
  if (whole === undefined) return undefined;
  const territory = codeOf(partValue(whole, 'territory'));
  const state = stateOf(partValue(whole, 'state'));
  return {
    ...(isTerritory(territory) ? { territory } : {}),
    ...(state === undefined ? {} : { state }),
    entries: partsOf(whole, 'day').flatMap((part) => entryOf(part) ?? []),
  };
}

function entryOf(part: LocatedExtension): HolidayEntry | undefined {
  const state = stateOf(partValue(part, 'state'));
  const [holiday, date, from, to] = ['holiday', 'date', 'from', 'to'].map((name) => textOf(part, name));
  if (state === undefined || (state === 'hours' && !isSpan(from, to))) return undefined;
  return {
    state,
    ...(state === 'hours' ? { from: from!.slice(0, 5), to: to!.slice(0, 5) } : {}),
    ...(holiday === undefined ? {} : { holiday }),
    ...(date === undefined ? {} : { date }),
  };
}

function textOf(part: LocatedExtension, name: string): string | undefined {
  return codeOf(extensionValue(partsOf(part, name)[0]?.extension));
}

function stateOf(value: unknown): HolidayState | undefined {
  return HOLIDAY_STATES.find((state) => state === value);
}

function isSpan(from: string | undefined, to: string | undefined): boolean {
  return from !== undefined && to !== undefined && TIME.test(from) && TIME.test(to) && from < to;
}

/** The holidays of these dates (`2026-12-25`, both included), with what the plan makes of each. */
export function plannedHolidays({ territory, layers }: HolidayPlan, first: string, last: string): PlannedHoliday[] {
  const found: PlannedHoliday[] = [];
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year++)
    for (const holiday of publicHolidays(territory, year))
      if (first <= holiday.date && holiday.date <= last) found.push({ ...holiday, ...choiceFor(layers, holiday) });
  return found;
}

/** The most special settings count; of one of them, what is said for the date, then for the holiday, then for all. */
function choiceFor(layers: readonly HolidaySettings[], { code, date }: PublicHoliday): HolidayChoice {
  for (const { entries, state } of [...layers].reverse()) {
    const entry = entries.find((each) => each.date === date) ?? entries.find((each) => each.holiday === code);
    if (entry !== undefined) {
      const { from, to } = entry;
      return entry.state === 'hours' && from && to ? { state: 'hours', from, to } : { state: entry.state };
    }
    if (state !== undefined) return { state };
  }
  return { state: 'open' };
}

/** The faults for which a write is refused. */
export function checkHolidays(resource: Resource): Issue[] {
  return extensionsOf(resource, 'holidays').flatMap((whole, i) => {
    const { path } = whole;
    if (i > 0) return [fault(path, 'is stated once', 'les jours fériés sont réglés une seule fois')];
    const territory = codeOf(partValue(whole, 'territory'));
    const state = partValue(whole, 'state');
    const days = partsOf(whole, 'day');
    return [
      ...(territory === undefined || isTerritory(territory)
        ? []
        : [fault(path, 'territory is unknown', 'ce territoire est inconnu')]),
      ...(state === undefined || state === 'open' || state === 'closed'
        ? []
        : [fault(path, 'state is open or closed', 'par défaut, ouvert ou fermé')]),
      ...(days.length > MAX_ENTRIES
        ? [fault(path, `at most ${MAX_ENTRIES} days`, `${MAX_ENTRIES} jours au plus`)]
        : days.flatMap(checkEntry)),
    ];
  });
}

function checkEntry(part: LocatedExtension): Issue[] {
  const { path } = part;
  const [holiday, date, from, to] = ['holiday', 'date', 'from', 'to'].map((name) => textOf(part, name));
  const state = stateOf(partValue(part, 'state'));
  const isNamed = holiday === undefined ? date !== undefined && DATE.test(date) : HOLIDAY_CODES.has(holiday);
  return [
    ...(isNamed && (holiday === undefined || date === undefined)
      ? []
      : [fault(path, 'a day is a known holiday or a date', 'un jour est un jour férié connu, ou une date')]),
    ...(state === undefined ? [fault(path, 'state is closed, open or hours', 'fermé, ouvert ou des heures')] : []),
    ...(state === 'hours' && !isSpan(from, to)
      ? [fault(path, 'hours go from a time to a later one', 'les heures vont d’un horaire à un autre, plus tard')]
      : []),
  ];
}

function fault(expression: string, diagnostics: string, text: string): Issue {
  return issue('error', 'business-rule', `holidays: ${diagnostics}`, {
    expression,
    text: `Jours fériés incompris : ${text}.`,
  });
}
