/**
 * An agenda, compiled from one version of its Schedule, and when it is open: the occurrences of `free`, minus those of
 * `busy-unavailable`, within the planning horizon. Spec: 2, 8.1
 */
import { FRANCE, parseDateRange } from '../fhir/date.ts';
import { availabilityFault } from '../fhir/french/availability-time.ts';
import {
  type AvailabilityTime,
  readAvailabilityTimes,
  readServiceTypeDurations,
  checkServiceTypeDurations,
  checkSlotOffers,
  readSlotOffers,
  readTimezone,
  type ServiceTypeDuration,
  type SlotOffer,
} from '../fhir/french/fr-extensions.ts';
import { errorOf, FhirError, type Issue, issue } from '../fhir/issue.ts';
import type { CodeableConcept, Resource } from '../fhir/resource.ts';
import { clip, contains, type Interval, overlaps, shareOut, union } from './interval.ts';
import {
  MAX_STEP_MS,
  MAX_COUNT,
  MAX_PER_DAY,
  perDay,
  type Recurrence,
  recurrence,
  stepOf,
  yieldsAnything,
} from './recurrence.ts';
import { HOUR, isZone, toInstant, toLocal } from './zone.ts';

export interface AgendaContext {
  /** Zone of the agenda's place, when the Schedule names none. */
  placeZone?: string | undefined;
  /** Durations of its PractitionerRole or HealthcareService, when the Schedule has none. */
  durations?: readonly ServiceTypeDuration[];
  defaultDurationMs: number;
}

/** Slots of one length: the service types that last as long share them. */
export interface Series {
  durationMs: number;
  serviceTypes: CodeableConcept[];
}

export interface Rule {
  availability: AvailabilityTime;
  /** How it repeats; hours that only say once more when the opening begins and ends are left out. */
  repeats: AvailabilityTime['rrule'];
  /** As it was written: in an hour that the clock shows twice, the wall clock alone would not tell. */
  first: Interval;
  starts: Recurrence;
  /** Wall-clock milliseconds from start to end. */
  wallDuration: number;
  /** No occurrence lasts longer, in elapsed milliseconds. */
  longest: number;
  /** Smaller is stronger. */
  rank: number;
}

export interface Agenda {
  id: string;
  active: boolean;
  zone: string;
  horizon: Interval;
  series: Series[];
  offers: SlotOffer[];
  rules: Rule[];
}

/** An opening: slots are counted from `anchor`, and lie inside `regions`. */
export interface Opening {
  anchor: number;
  end: number;
  regions: Interval[];
  availabilityIds: string[];
}

export interface Closure extends Interval {
  availabilityIds: string[];
  reason: CodeableConcept | undefined;
}

/** Throws FhirError (422) when an availability cannot be understood. */
export function compileAgenda(schedule: Resource, context: AgendaContext): Agenda {
  const zone = zoneOf(schedule, context);
  const horizon = schedule['planningHorizon'] as { start?: string; end?: string } | undefined;
  return {
    id: schedule.id ?? '',
    active: schedule['active'] !== false,
    zone,
    horizon: {
      start:
        horizon?.start === undefined
          ? Number.NEGATIVE_INFINITY
          : (parseDateRange(horizon.start, zone)?.start ?? Number.NEGATIVE_INFINITY),
      end: horizon?.end === undefined ? Number.POSITIVE_INFINITY : horizonEnd(horizon.end, zone),
    },
    series: seriesOf(schedule, context),
    offers: readSlotOffers(schedule),
    rules: readAvailabilityTimes(schedule).map((time) => compileRule(time, zone)),
  };
}

function zoneOf(schedule: Resource, context: AgendaContext): string {
  const zone = readTimezone(schedule) ?? context.placeZone ?? FRANCE;
  if (isZone(zone)) return zone;
  throw new FhirError('business-rule', `"${zone.slice(0, 64)}" is not a zone of the IANA database`, {
    expression: 'Schedule.extension',
    text: 'Fuseau horaire inconnu : utilisez un nom comme Europe/Paris ou Indian/Reunion.',
  });
}

/** A date alone lasts its whole day; an instant is the end itself. */
function horizonEnd(text: string, zone: string): number {
  const range = parseDateRange(text, zone);
  if (range === undefined) return Number.POSITIVE_INFINITY;
  return text.includes('T') ? range.start : range.end;
}

function seriesOf(schedule: Resource, context: AgendaContext): Series[] {
  const own = readServiceTypeDurations(schedule);
  const durations = own.length > 0 ? own : (context.durations ?? []);
  const series = new Map<number, Series>();
  for (const { serviceType, durationMs = context.defaultDurationMs } of durations) {
    const one = series.get(durationMs);
    if (one === undefined) series.set(durationMs, { durationMs, serviceTypes: [serviceType] });
    else one.serviceTypes.push(serviceType);
  }
  if (series.size === 0)
    series.set(context.defaultDurationMs, { durationMs: context.defaultDurationMs, serviceTypes: [] });
  return [...series.values()].sort((a, b) => a.durationMs - b.durationMs);
}

function compileRule(availability: AvailabilityTime, zone: string): Rule {
  const first = firstOccurrence(availability, zone);
  const { start, end } = first;
  const onTheWall = toLocal(zone, end) - toLocal(zone, start);
  const wallDuration = onTheWall > 0 ? onTheWall : end - start;
  const { priority = 0 } = availability;
  const repeats = withoutBounds(availability.rrule, first, zone);
  return {
    availability,
    repeats,
    first,
    starts: recurrence(repeats, start, zone),
    wallDuration,
    longest: wallDuration + 3 * HOUR,
    rank: priority >= 1 && priority <= 9 ? priority : 10,
  };
}

/**
 * Two hours that are those of the start and the end say once more when the opening begins and ends (GAP maps heureDebut
 * and heureFin to byHour).
 */
function withoutBounds(
  rule: AvailabilityTime['rrule'],
  { start, end }: Interval,
  zone: string,
): AvailabilityTime['rrule'] {
  if (rule?.byHour.length !== 2) return rule;
  const hourOf = (instant: number): number => new Date(toLocal(zone, instant)).getUTCHours();
  const bounds = [hourOf(start), hourOf(end)];
  const isBounds = bounds[0] !== bounds[1] && rule.byHour.every((hour) => bounds.includes(hour));
  return isBounds ? { ...rule, byHour: [] } : rule;
}

/** A date alone as the end means midnight at its beginning, as DTEND;VALUE=DATE does; one day at least. */
function firstOccurrence({ start: startText, end: endText, path }: AvailabilityTime, zone: string): Interval {
  const start = parseDateRange(startText, zone)!.start;
  const range = parseDateRange(endText, zone)!;
  const end = !endText.includes('T') && range.start <= start ? range.end : range.start;
  if (end > start) return { start, end };
  throw errorOf([availabilityFault(path, 'end is not after start', 'la fin n’est pas après le début')], 422);
}

/** What a Schedule may not say: refused when it is written. */
export function checkAgenda(schedule: Resource, context: AgendaContext): Issue[] {
  let agenda: Agenda;
  try {
    agenda = compileAgenda(schedule, context);
  } catch (error) {
    if (error instanceof FhirError) return error.issues;
    throw error;
  }
  const issues = agenda.rules.flatMap(({ availability }) => checkRecurrence(availability, agenda.zone));
  if (agenda.horizon.start >= agenda.horizon.end) {
    issues.push(
      issue('error', 'business-rule', 'planningHorizon ends before it starts', {
        expression: 'Schedule.planningHorizon',
        text: 'La période de validité finit avant de commencer.',
      }),
    );
  }
  return [...issues, ...checkServiceTypeDurations(schedule), ...checkSlotOffers(schedule)];
}

function checkRecurrence(availability: AvailabilityTime, zone: string): Issue[] {
  const { rrule, start } = availability;
  if (rrule === undefined) return [];
  const refuse = (english: string, french: string): Issue[] => [availabilityFault(rrule.path, english, french)];
  if (perDay(rrule) > MAX_PER_DAY)
    return refuse(
      `the recurrence gives more than ${MAX_PER_DAY} occurrences a day`,
      `la répétition donne plus de ${MAX_PER_DAY} occurrences par jour`,
    );
  if (stepOf(rrule) > MAX_STEP_MS)
    return refuse('the recurrence waits more than a century', 'la répétition attend plus d’un siècle');
  if ((rrule.count ?? 0) > MAX_COUNT)
    return refuse(
      `count is over ${MAX_COUNT}: leave it out for "without end"`,
      `« count » dépasse ${MAX_COUNT} : omettez-le pour « sans fin »`,
    );
  const first = parseDateRange(start, zone)!.start;
  if (yieldsAnything(rrule, first, zone, first, Number.POSITIVE_INFINITY)) return [];
  return refuse('the recurrence never gives an occurrence', 'la répétition ne donne jamais aucune date');
}

interface Occurrence extends Interval {
  rule: Rule;
}

/** Occurrences that meet the window. The end is wall-clock too: a night from 22:00 to 06:00 ends at 06:00. */
function occurrences(agenda: Agenda, type: AvailabilityTime['type'], window: Interval): Occurrence[] {
  const found: Occurrence[] = [];
  for (const rule of agenda.rules) {
    if (rule.availability.type !== type) continue;
    for (const start of rule.starts.between(window.start - rule.longest, window.end)) {
      const end =
        start === rule.first.start
          ? rule.first.end
          : toInstant(agenda.zone, toLocal(agenda.zone, start) + rule.wallDuration).instant;
      if (end > window.start && end > start) found.push({ start, end, rule });
    }
  }
  return found;
}

/** Closures that meet the window, clipped to nothing: they keep their own bounds. */
export function closures(agenda: Agenda, window: Interval): Closure[] {
  return occurrences(agenda, 'busy-unavailable', window)
    .map(({ start, end, rule }) => ({
      start,
      end,
      availabilityIds: namesOf(rule),
      reason: rule.availability.unavailabilityReason,
    }))
    .sort((a, b) => a.start - b.start);
}

/**
 * The openings that meet the window. Where two overlap, the stronger (priority, then earlier start, then order in the
 * Schedule) keeps the time; the weaker one is cut, and its slots are still counted from its own start.
 */
export function openings(agenda: Agenda, window: Interval): Opening[] {
  // An opening that meets the window may be cut before or after it: all that touch one are looked at.
  const longest = Math.max(0, ...agenda.rules.map((rule) => rule.longest));
  const wide = { start: window.start - longest, end: window.end + longest };
  const free = occurrences(agenda, 'free', wide);
  const closed = occurrences(agenda, 'busy-unavailable', wide);
  const order = new Map(agenda.rules.map((rule, i) => [rule, i]));
  const shares = shareOut(
    [...free, ...closed],
    (a, b) => strength(a) - strength(b) || a.start - b.start || order.get(a.rule)! - order.get(b.rule)!,
  );
  const result: Opening[] = [];
  for (const one of free) {
    if (!overlaps(one, window)) continue;
    const regions = (shares.get(one) ?? [])
      .map((region) => clip(region, agenda.horizon))
      .filter((region): region is Interval => region !== undefined);
    if (regions.length === 0) continue;
    result.push({ anchor: one.start, end: one.end, regions, availabilityIds: namesOf(one.rule) });
  }
  return result.sort((a, b) => a.anchor - b.anchor || a.regions[0]!.start - b.regions[0]!.start);
}

function namesOf({ availability }: Rule): string[] {
  return availability.identifiers.map((identifier) => identifier.value ?? '');
}

/** Smaller is stronger; a closure beats every opening. */
function strength({ rule }: Occurrence): number {
  return rule.availability.type === 'busy-unavailable' ? 0 : rule.rank;
}

/** Is the whole interval open? `extra` are one-off openings, `gone` one-off closures (explicit Slot resources). */
export function isOpen(
  agenda: Agenda,
  interval: Interval,
  extra: readonly Interval[] = [],
  gone: readonly Interval[] = [],
): boolean {
  const oneOff = extra.filter((one) => contains(agenda.horizon, one));
  const open = union([...openings(agenda, interval).flatMap((opening) => opening.regions), ...oneOff]);
  return !gone.some((one) => overlaps(one, interval)) && open.some((one) => contains(one, interval));
}

/** The offers that apply to an availability. */
export function offersFor(agenda: Agenda, availabilityIds: readonly string[]): SlotOffer[] {
  return agenda.offers.filter(
    (offer) => offer.availability.length === 0 || offer.availability.some((id) => availabilityIds.includes(id)),
  );
}
