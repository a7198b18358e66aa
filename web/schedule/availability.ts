/**
 * Availabilities of a Schedule as a form sees them, and the Schedule that follows. What is allowed is decided by the
 * server, when it is written.
 */
import { extensionUrl, isExtension } from '../../src/fhir/extension.ts';
import type { Extension, Json, Resource } from '../../src/fhir/resource.ts';
import { conceptName } from '../fhir/names.ts';
import { read, update } from '../fhir/client.ts';
import { addDays, dayIn, instantAt, timeIn, weekday } from '../fhir/zone.ts';
import { type Offer, withOwnOffer, withoutAvailability } from '../features/sas-visibility/offers.ts';

export const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Day = (typeof DAYS)[number];

export interface Times {
  /** `''`: a new one. */
  id: string;
  kind: 'free' | 'busy-unavailable';
  /** First day, `YYYY-MM-DD`. */
  day: string;
  /** Last day of an absence. */
  lastDay: string;
  from: string;
  to: string;
  isWeekly: boolean;
  days: Day[];
  /** Last day, or '' for ever. */
  until: string;
  reason: string;
}

const SYSTEM = 'urn:creneau:fhir:availability';
const TYPES = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type';
const RFC = 'https://www.ietf.org/rfc/rfc2445';

export function dayCode(day: string): Day {
  return DAYS[weekday(day) - 1]!;
}

function partOf(extension: Extension | undefined, url: string): Extension | undefined {
  return extension?.extension?.find((extension) => extension.url === url);
}

function isNamed(extension: Extension, id: string): boolean {
  return (
    isExtension(extension, 'availabilityTime') &&
    (extension.extension ?? []).some(
      (extension) => extension.url === 'identifier' && extension['valueIdentifier']?.value === id,
    )
  );
}

/** The availability of this name, as a form. Anything of its rule that the form does not show stays (`write`). */
export function timesOf(schedule: Resource, id: string, zone: string): Times | undefined {
  const found = schedule.extension?.find((extension) => isNamed(extension, id));
  if (found === undefined) return undefined;
  const start = partOf(found, 'start')?.['valueDateTime'] as string;
  const end = partOf(found, 'end')?.['valueDateTime'] as string;
  const rule = partOf(found, 'rrule');
  const until = partOf(rule, 'until')?.['valueDateTime'] as string | undefined;
  const isDate = !start.includes('T');
  return {
    id,
    kind: partOf(found, 'type')?.['valueCoding']?.code ?? 'free',
    day: isDate ? start : dayIn(start, zone),
    lastDay: isDate ? addDays(end, -1) : dayIn(end, zone),
    from: isDate ? '00:00' : timeIn(start, zone),
    to: isDate ? '00:00' : timeIn(end, zone),
    isWeekly: partOf(rule, 'freq')?.['valueCoding']?.code === 'WEEKLY',
    days: (rule?.extension ?? [])
      .filter((extension) => extension.url === 'byDay')
      .map(
        (extension) => (extension['valueString'] ?? extension['valueCode'] ?? extension['valueCoding']?.code) as Day,
      ),
    until: until === undefined ? '' : until.includes('T') ? dayIn(until, zone) : until,
    reason: conceptName(partOf(found, 'unavailabilityReason')?.['valueCodeableConcept']),
  };
}

function extensionOf(times: Times, zone: string, before: Extension | undefined): Extension {
  const { id, kind, day, lastDay, from, to, isWeekly, days, until, reason } = times;
  const isAbsence = kind === 'busy-unavailable';
  const endsNextDay = !isAbsence && to <= from;
  const first = isWeekly && days.length > 0 ? firstOn(day, days) : day;
  const lastOf = isAbsence && !isWeekly ? lastDay || day : first;
  const endDay = endsNextDay ? addDays(lastOf, 1) : isAbsence && to === '00:00' ? addDays(lastOf, 1) : lastOf;
  const kept = (before?.extension ?? []).filter(
    (extension) => !['identifier', 'type', 'start', 'end', 'rrule', 'unavailabilityReason'].includes(extension.url),
  );
  const keptRule = (partOf(before, 'rrule')?.extension ?? []).filter(
    (extension) => !['freq', 'byDay', 'until', 'count'].includes(extension.url),
  );
  const rule: Extension[] = [
    { url: 'freq', valueCoding: { system: RFC, code: 'WEEKLY' } },
    ...days.map((day) => ({ url: 'byDay', valueString: day })),
    ...(until === '' ? [] : [{ url: 'until', valueDateTime: instantAt(until, '23:59', zone) }]),
    ...keptRule,
  ];
  const otherRule = partOf(before, 'rrule');
  const isOtherRule = otherRule !== undefined && partOf(otherRule, 'freq')?.['valueCoding']?.code !== 'WEEKLY';
  return {
    url: before?.url ?? extensionUrl('availabilityTime'),
    extension: [
      ...(before?.extension?.filter((extension) => extension.url === 'identifier') ?? [
        { url: 'identifier', valueIdentifier: { system: SYSTEM, value: id } },
      ]),
      { url: 'type', valueCoding: { system: TYPES, code: kind } },
      { url: 'start', valueDateTime: instantAt(first, from, zone) },
      { url: 'end', valueDateTime: instantAt(endDay, to, zone) },
      ...(isWeekly ? [{ url: 'rrule', extension: rule }] : isOtherRule ? [otherRule] : []),
      ...(isAbsence && reason.trim() !== ''
        ? [{ url: 'unavailabilityReason', valueCodeableConcept: { text: reason.trim() } }]
        : []),
      ...kept,
    ],
  };
}

/** A rule starts on one of its own days. */
function firstOn(day: string, days: readonly Day[]): string {
  for (let i = 0; i < 7; i++) if (days.includes(dayCode(addDays(day, i)))) return addDays(day, i);
  return day;
}

export interface Written {
  before: Resource;
  after: Resource;
}

/**
 * Adds the availability, or puts it in the place of the one of its name. `offer`: what the SAS is given of it; `null`:
 * nothing by an offer of its own; absent: as it is.
 */
export async function write(agenda: string, times: Times, zone: string, offer?: Offer | null): Promise<Written> {
  const before = await read(`Schedule/${agenda}`);
  const id = times.id === '' ? crypto.randomUUID() : times.id;
  const at = before.extension?.findIndex((extension) => isNamed(extension, id)) ?? -1;
  const extension = [...(before.extension ?? [])];
  const written = extensionOf({ ...times, id }, zone, at < 0 ? undefined : extension[at]);
  if (at < 0) extension.push(written);
  else extension[at] = written;
  return {
    before,
    after: await update({
      ...before,
      extension: offer === undefined ? extension : withOwnOffer(extension, id, offer ?? undefined),
    }),
  };
}

export async function remove(agenda: string, id: string): Promise<Written> {
  const before = await read(`Schedule/${agenda}`);
  return {
    before,
    after: await update({
      ...before,
      extension: withoutAvailability(
        (before.extension ?? []).filter((extension) => !isNamed(extension, id)),
        id,
      ),
    }),
  };
}

/** Undoes a write, unless somebody has changed the agenda since. */
export async function undo({ before, after }: Written): Promise<Json> {
  return update({ ...before, meta: after.meta! });
}
