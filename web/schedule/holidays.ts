/** The choices for public holidays, as a form shows them: of the whole practice, or of one agenda over it. */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import {
  type HolidayEntry,
  type HolidayPlan,
  type HolidayState,
  type PlannedHoliday,
  plannedHolidays,
  readHolidays,
} from '../../src/fhir/french/holiday-rule.ts';
import { type HolidayTerritory, territoryOf } from '../../src/fhir/french/public-holidays.ts';
import type { Extension, Resource } from '../../src/fhir/resource.ts';
import { isType } from '../../src/fhir/resources.ts';
import { update } from '../fhir/client.ts';
import { addDays } from '../fhir/zone.ts';

export { TERRITORIES, type HolidayTerritory } from '../../src/fhir/french/public-holidays.ts';
export const HOLIDAY_STATES: readonly HolidayState[] = ['closed', 'open', 'hours'];

/** One line of the form. */
export interface HolidayRow {
  code: string;
  date: string;
  name: string;
  /** '' : as the others. */
  state: HolidayState | '';
  from: string;
  to: string;
  /** On this date alone, not every year. */
  isOnce: boolean;
}

export interface HolidayValues {
  /** '' : where the place lies. */
  territory: HolidayTerritory | '';
  /** '' : as above. */
  state: 'closed' | 'open' | '';
  rows: HolidayRow[];
}

/** Each holiday comes once in a year, less a day where Easter is early twice. */
const YEAR_DAYS = 365;

/**
 * The plan of an agenda from its practice, its places, its roles and itself, in any order; `undefined` where nobody
 * has said anything.
 */
export function holidayPlan(resources: readonly Resource[]): HolidayPlan | undefined {
  const layers = [...resources]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .flatMap((resource) => readHolidays(resource) ?? []);
  if (layers.length === 0) return undefined;
  return { layers, territory: layers.findLast(({ territory }) => territory)?.territory ?? territoryAt(resources) };
}

/** By the postal code of the first place. */
export function territoryAt(resources: readonly Resource[]): HolidayTerritory {
  const places = resources.flatMap((resource) => (isType(resource, 'Location') ? [resource] : []));
  return territoryOf(places.find(({ address }) => address?.postalCode !== undefined)?.address?.postalCode);
}

const RANKS = ['Organization', 'Location', 'HealthcareService', 'PractitionerRole', 'Schedule'];

function rankOf({ resourceType }: Resource): number {
  return RANKS.indexOf(resourceType);
}

export function holidaysAhead(plan: HolidayPlan, today: string): PlannedHoliday[] {
  return plannedHolidays(plan, today, addDays(today, YEAR_DAYS - 1));
}

/** The holidays of the next year, with what the resource itself says of each. */
export function holidayValues(resource: Resource, territory: HolidayTerritory, today: string): HolidayValues {
  const { entries = [], state, territory: own } = readHolidays(resource) ?? {};
  const rows = holidaysAhead({ territory: own ?? territory, layers: [] }, today).map(({ code, date, name }) => {
    const once = entries.find((entry) => entry.date === date);
    const entry = once ?? entries.find(({ holiday }) => holiday === code);
    const { from = '09:00', to = '12:00' } = entry ?? {};
    return { code, date, name, from, to, state: entry?.state ?? ('' as const), isOnce: once !== undefined };
  });
  return { territory: own ?? '', state: state === 'closed' || state === 'open' ? state : '', rows };
}

/** Fails when somebody has changed the resource since. */
export function writeHolidays(resource: Resource, values: HolidayValues, today: string): Promise<Resource> {
  const others = (resource.extension ?? []).filter((extension) => !isExtension(extension, 'holidays'));
  return update({ ...resource, extension: [...others, ...holidaysExtension(resource, values, today)] });
}

function holidaysExtension(resource: Resource, { territory, state, rows }: HolidayValues, today: string): Extension[] {
  const shown = new Set(rows.map(({ date }) => date));
  const always = new Set(rows.filter(({ isOnce }) => !isOnce).map(({ code }) => code));
  // The form shows a year: what was said of later dates, and of every year where a row is about one, stays.
  const kept = (readHolidays(resource)?.entries ?? []).filter(({ date, holiday = '' }) =>
    date === undefined ? !always.has(holiday) : date >= today && !shown.has(date),
  );
  const written = rows.flatMap(({ state: chosen, isOnce, code, date, from, to }): HolidayEntry[] => {
    if (chosen === '') return [];
    return [{ state: chosen, from, to, ...(isOnce ? { date } : { holiday: code }) }];
  });
  const parts: Extension[] = [
    ...(territory === '' ? [] : [{ url: 'territory', valueCode: territory }]),
    ...(state === '' ? [] : [{ url: 'state', valueCode: state }]),
    ...[...kept, ...written].map(entryExtension),
  ];
  return parts.length === 0 ? [] : [{ url: extensionUrl('holidays'), extension: parts }];
}

function entryExtension({ holiday, date, state, from, to }: HolidayEntry): Extension {
  return {
    url: 'day',
    extension: [
      ...(holiday === undefined ? [] : [{ url: 'holiday', valueCode: holiday }]),
      ...(date === undefined ? [] : [{ url: 'date', valueDate: date }]),
      { url: 'state', valueCode: state },
      ...(state === 'hours'
        ? [
            { url: 'from', valueTime: `${from}:00` },
            { url: 'to', valueTime: `${to}:00` },
          ]
        : []),
    ],
  };
}

/** A practice that is new is closed on public holidays, until somebody says otherwise. */
export const CLOSED_ON_HOLIDAYS: Extension = {
  url: extensionUrl('holidays'),
  extension: [{ url: 'state', valueCode: 'closed' }],
};
