/**
 * The availabilities of a Schedule as a form shows them, and the Schedule with what the form has changed. The server
 * decides what is allowed when the Schedule is written.
 */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import type { Extension } from '../../src/fhir/resource.ts';
import type { Schedule } from '../../src/fhir/resources.ts';
import { read, update } from '../fhir/client.ts';
import type { Span } from '../ui/dates.ts';
import { conceptName } from '../fhir/names.ts';
import { addDays, dayIn, instantAt, timeIn, weekday } from '../fhir/zone.ts';
import { type SlotOffer, withOwnOffer, withoutAvailability } from './slot-offers.ts';

export const DAY_CODES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type DayCode = (typeof DAY_CODES)[number];

export interface AvailabilityValues {
  /** `''`: a new one. */
  id: string;
  type: 'free' | 'busy-unavailable';
  /** First day, `YYYY-MM-DD`. */
  day: string;
  /** Last day of an absence. */
  lastDay: string;
  from: string;
  to: string;
  isWeekly: boolean;
  days: DayCode[];
  /** Last day, or '' for ever. */
  until: string;
  reason: string;
}

/** Longer ones are shown by « À traiter » alone. */
const MAX_ABSENCE_MS = 60 * 86_400_000;

const IDENTIFIER_SYSTEM = 'urn:creneau:fhir:availability';
const TYPE_SYSTEM = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type';
const FREQUENCY_SYSTEM = 'https://www.ietf.org/rfc/rfc2445';

/** The parts that the form shows; every other part of an availability stays as it is. */
const FORM_PARTS = ['identifier', 'type', 'start', 'end', 'rrule', 'unavailabilityReason'];
const FORM_RULE_PARTS = ['freq', 'byDay', 'until', 'count'];

export function dayCode(day: string): DayCode {
  return DAY_CODES[weekday(day) - 1]!;
}

function partOf(extension: Extension | undefined, url: string): Extension | undefined {
  return extension?.extension?.find((part) => part.url === url);
}

function hasId(extension: Extension, id: string): boolean {
  return (
    isExtension(extension, 'availabilityTime') &&
    (extension.extension ?? []).some((part) => part.url === 'identifier' && part.valueIdentifier?.value === id)
  );
}

export function availabilityValues(schedule: Schedule, id: string, zone: string): AvailabilityValues | undefined {
  const availability = schedule.extension?.find((extension) => hasId(extension, id));
  if (availability === undefined) return undefined;
  const start = partOf(availability, 'start')?.valueDateTime ?? '';
  const end = partOf(availability, 'end')?.valueDateTime ?? '';
  const rule = partOf(availability, 'rrule');
  const until = partOf(rule, 'until')?.valueDateTime;
  const isDate = !start.includes('T');
  return {
    id,
    type: partOf(availability, 'type')?.valueCoding?.code === 'busy-unavailable' ? 'busy-unavailable' : 'free',
    day: isDate ? start : dayIn(start, zone),
    lastDay: isDate ? addDays(end, -1) : dayIn(end, zone),
    from: isDate ? '00:00' : timeIn(start, zone),
    to: isDate ? '00:00' : timeIn(end, zone),
    isWeekly: isWeekly(rule),
    days: daysOf(rule),
    until: until === undefined ? '' : until.includes('T') ? dayIn(until, zone) : until,
    reason: conceptName(partOf(availability, 'unavailabilityReason')?.valueCodeableConcept),
  };
}

function isWeekly(rule: Extension | undefined): boolean {
  return partOf(rule, 'freq')?.valueCoding?.code === 'WEEKLY';
}

function daysOf(rule: Extension | undefined): DayCode[] {
  return (rule?.extension ?? [])
    .filter((part) => part.url === 'byDay')
    .flatMap(
      (part) => DAY_CODES.find((code) => code === (part.valueString ?? part.valueCode ?? part.valueCoding?.code)) ?? [],
    );
}

/** A new availability, from and to these instants. */
export function newAvailability(start: string, end: string, zone: string): AvailabilityValues {
  const day = dayIn(start, zone);
  return {
    id: '',
    type: 'free',
    day,
    lastDay: day,
    from: timeIn(start, zone),
    to: timeIn(end, zone),
    isWeekly: false,
    days: [dayCode(day)],
    until: '',
    reason: '',
  };
}

/** `before`: the availability that it replaces, whose other parts it keeps. */
export function availabilityExtension(values: AvailabilityValues, zone: string, before?: Extension): Extension {
  const { id, type, from, reason } = values;
  const { first, last } = boundsOf(values);
  const identifier = before?.extension?.filter((part) => part.url === 'identifier') ?? [
    { url: 'identifier', valueIdentifier: { system: IDENTIFIER_SYSTEM, value: id } },
  ];
  const hasReason = type === 'busy-unavailable' && reason.trim() !== '';
  return {
    url: before?.url ?? extensionUrl('availabilityTime'),
    extension: [
      ...identifier,
      { url: 'type', valueCoding: { system: TYPE_SYSTEM, code: type } },
      { url: 'start', valueDateTime: instantAt(first, from, zone) },
      { url: 'end', valueDateTime: instantAt(last, values.to, zone) },
      ...ruleOf(values, zone, partOf(before, 'rrule')),
      ...(hasReason ? [{ url: 'unavailabilityReason', valueCodeableConcept: { text: reason.trim() } }] : []),
      ...(before?.extension ?? []).filter((part) => !FORM_PARTS.includes(part.url)),
    ],
  };
}

/** The days of the first start and of its end. A rule starts on a day of its own. */
function boundsOf({ type, day, lastDay, from, to, isWeekly, days }: AvailabilityValues) {
  const first = isWeekly && days.length > 0 ? firstOn(day, days) : day;
  const isAbsence = type === 'busy-unavailable';
  const last = isAbsence && !isWeekly ? lastDay || day : first;
  // An absence until midnight ends with the day; opening hours that end before they begin go on past midnight.
  const endsNextDay = isAbsence ? to === '00:00' : to <= from;
  return { first, last: endsNextDay ? addDays(last, 1) : last };
}

/** The time of an absence that does not repeat; `undefined` while its days are being typed. */
export function absencePeriod(values: AvailabilityValues, zone: string): Span | undefined {
  const isDay = (day: string): boolean => /^\d{4}-\d\d-\d\d$/.test(day);
  const isTime = (time: string): boolean => /^\d\d:\d\d$/.test(time);
  if (!isDay(values.day) || !isTime(values.from) || !isTime(values.to)) return undefined;
  const { first, last } = boundsOf({ ...values, lastDay: isDay(values.lastDay) ? values.lastDay : values.day });
  const period = { start: instantAt(first, values.from, zone), end: instantAt(last, values.to, zone) };
  const length = Date.parse(period.end) - Date.parse(period.start);
  return length > 0 && length <= MAX_ABSENCE_MS ? period : undefined;
}

/** The rule of the form, or the rule that the form cannot show. */
function ruleOf({ isWeekly: repeats, days, until }: AvailabilityValues, zone: string, before: Extension | undefined) {
  if (!repeats) return before !== undefined && !isWeekly(before) ? [before] : [];
  const extension: Extension[] = [
    { url: 'freq', valueCoding: { system: FREQUENCY_SYSTEM, code: 'WEEKLY' } },
    ...days.map((day) => ({ url: 'byDay', valueString: day })),
    ...(until === '' ? [] : [{ url: 'until', valueDateTime: instantAt(until, '23:59', zone) }]),
    ...(before?.extension ?? []).filter((part) => !FORM_RULE_PARTS.includes(part.url)),
  ];
  return [{ url: 'rrule', extension }];
}

function firstOn(day: string, days: readonly DayCode[]): string {
  for (let i = 0; i < 7; i++) if (days.includes(dayCode(addDays(day, i)))) return addDays(day, i);
  return day;
}

export interface ScheduleWrite {
  before: Schedule;
  after: Schedule;
}

/**
 * Adds the availability, or replaces the one with its id. `offer` is its own offer to the SAS: `null` removes it,
 * `undefined` leaves it.
 */
export async function writeAvailability(
  agenda: string,
  values: AvailabilityValues,
  zone: string,
  offer?: SlotOffer | null,
): Promise<ScheduleWrite> {
  const id = values.id === '' ? crypto.randomUUID() : values.id;
  return change(agenda, (extensions) => {
    const before = extensions.find((extension) => hasId(extension, id));
    const written = availabilityExtension({ ...values, id }, zone, before);
    const all =
      before === undefined
        ? [...extensions, written]
        : extensions.map((extension) => (extension === before ? written : extension));
    return offer === undefined ? all : withOwnOffer(all, id, offer ?? undefined);
  });
}

export function removeAvailability(agenda: string, id: string): Promise<ScheduleWrite> {
  return change(agenda, (extensions) =>
    withoutAvailability(
      extensions.filter((extension) => !hasId(extension, id)),
      id,
    ),
  );
}

/** Fails when somebody has changed the agenda since. */
export function undoWrite({ before, after }: ScheduleWrite): Promise<Schedule> {
  return update({ ...before, meta: after.meta! });
}

async function change(
  agenda: string,
  extensionsAfter: (extensions: readonly Extension[]) => Extension[],
): Promise<ScheduleWrite> {
  const before = await read('Schedule', agenda);
  const after = await update({ ...before, extension: extensionsAfter(before.extension ?? []) });
  return { before, after };
}
