/** An agenda, compiled from one version of its Schedule: zone, horizon, series, offers and rules. Spec: 2, 8.1 */
import { FRANCE, parseDateRange } from '../fhir/date.ts';
import { availabilityFault } from '../fhir/french/availability-time.ts';
import {
  type AvailabilityTime,
  readAvailabilityTimes,
  readServiceTypeDurations,
  readSlotOffers,
  readTimezone,
  type ServiceTypeDuration,
  type SlotOffer,
} from '../fhir/french/fr-extensions.ts';
import { type HolidayPlan, type HolidaySettings, readHolidays } from '../fhir/french/holiday-rule.ts';
import { type OpeningRule, readOpeningRules } from '../fhir/french/opening-rule.ts';
import type { HolidayTerritory } from '../fhir/french/public-holidays.ts';
import { type Replacement, readReplacements } from '../fhir/french/replacement.ts';
import { readTeam } from '../fhir/french/team.ts';
import { readVisitKinds, type VisitKindEntry } from '../fhir/french/visit-kind.ts';
import { brokenRule, errorOf } from '../fhir/issue.ts';
import type { CodeableConcept, Resource } from '../fhir/resource.ts';
import type { Schedule } from '../fhir/resources.ts';
import { type AgendaKind, compileKinds, type Grid, gridsOf } from './agenda-kinds.ts';
import type { Interval } from './interval.ts';
import { type Recurrence, recurrence } from './recurrence.ts';
import { HOUR, isZone, toLocal } from './zone.ts';

export interface AgendaContext {
  /** Zone of the agenda's place, when the Schedule names none. */
  placeZone?: string | undefined;
  /** Durations of its PractitionerRole or HealthcareService, when the Schedule has none. */
  durations?: readonly ServiceTypeDuration[];
  /** Kinds of visit of its practice, then of its PractitionerRole or HealthcareService. */
  kinds?: readonly VisitKindEntry[];
  /** The choices of its practice, its place and its roles for public holidays, in this order. */
  holidays?: readonly HolidaySettings[];
  /** Where its place lies. */
  territory?: HolidayTerritory | undefined;
  defaultDurationMs: number;
}

/** Slots of one length: the service types that last as long share them. */
export interface Series {
  durationMs: number;
  serviceTypes: CodeableConcept[];
}

export interface Rule {
  availability: AvailabilityTime;
  /** The recurrence, without hours that only repeat the start and the end of the opening. */
  repeats: AvailabilityTime['rrule'];
  /** As instants: in an hour that the clock shows twice, the wall clock alone would be ambiguous. */
  first: Interval;
  starts: Recurrence;
  /** Wall-clock time from start to end. */
  wallDurationMs: number;
  /** No occurrence lasts longer, in elapsed time. */
  maxDurationMs: number;
  /** Smaller is stronger. */
  rank: number;
}

export interface Agenda {
  id: string;
  active: boolean;
  zone: string;
  horizon: Interval;
  series: Series[];
  /** The series, apart where kinds of visit have grids of their own. */
  grids: Grid[];
  kinds: AgendaKind[];
  openingRules: OpeningRule[];
  offers: SlotOffer[];
  /** How many appointments it takes at once, where no offer says more: those of a team, else one. */
  capacity: number;
  rules: Rule[];
  replacements: Replacement[];
  /** `undefined`: nobody has said anything about public holidays. */
  holidays: HolidayPlan | undefined;
}

/** Throws FhirError (422) when an availability cannot be understood. */
export function compileAgenda(schedule: Schedule, context: AgendaContext): Agenda {
  const zone = zoneOf(schedule, context);
  const horizon = schedule.planningHorizon;
  const { kinds, series, grids } = seriesOf(schedule, context);
  return {
    id: schedule.id ?? '',
    active: schedule.active !== false,
    zone,
    horizon: {
      start:
        horizon?.start === undefined
          ? Number.NEGATIVE_INFINITY
          : (parseDateRange(horizon.start, zone)?.start ?? Number.NEGATIVE_INFINITY),
      end: horizon?.end === undefined ? Number.POSITIVE_INFINITY : horizonEnd(horizon.end, zone),
    },
    series,
    grids,
    kinds,
    openingRules: readOpeningRules(schedule),
    offers: readSlotOffers(schedule),
    capacity: readTeam(schedule) ?? 1,
    rules: readAvailabilityTimes(schedule).map((time) => compileRule(time, zone)),
    replacements: readReplacements(schedule),
    holidays: holidaysOf(schedule, context),
  };
}

/** The territory that is named last counts, before that of the place. */
function holidaysOf(
  schedule: Schedule,
  { holidays = [], territory = 'metropole' }: AgendaContext,
): HolidayPlan | undefined {
  const own = readHolidays(schedule);
  const layers = own === undefined ? holidays : [...holidays, own];
  if (layers.length === 0) return undefined;
  return { layers, territory: layers.findLast((layer) => layer.territory !== undefined)?.territory ?? territory };
}

function zoneOf(schedule: Resource, context: AgendaContext): string {
  const zone = readTimezone(schedule) ?? context.placeZone ?? FRANCE;
  if (isZone(zone)) return zone;
  throw brokenRule(
    `"${zone.slice(0, 64)}" is not a zone of the IANA database`,
    'Fuseau horaire inconnu : utilisez un nom comme Europe/Paris ou Indian/Reunion.',
    'Schedule.extension',
  );
}

/** A date alone lasts its whole day; an instant is the end itself. */
function horizonEnd(text: string, zone: string): number {
  const range = parseDateRange(text, zone);
  if (range === undefined) return Number.POSITIVE_INFINITY;
  return text.includes('T') ? range.start : range.end;
}

function seriesOf(schedule: Resource, context: AgendaContext): Pick<Agenda, 'series' | 'grids' | 'kinds'> {
  const { defaultDurationMs } = context;
  const own = readServiceTypeDurations(schedule);
  const durations = own.length > 0 ? own : (context.durations ?? []);
  const entries = [...(context.kinds ?? []), ...readVisitKinds(schedule)];
  const { kinds, plain } = compileKinds(durations, entries, defaultDurationMs);
  const plainSeries = joinByLength(plain, defaultDurationMs);
  if (plainSeries.length === 0 && kinds.length === 0)
    plainSeries.push({ durationMs: defaultDurationMs, serviceTypes: [] });
  const series = kinds.length === 0 ? plainSeries : joinByLength([...plain, ...kinds], defaultDurationMs);
  return { series, kinds, grids: gridsOf(kinds, plainSeries) };
}

/** By length, the shortest first. */
function joinByLength(
  durations: readonly Pick<ServiceTypeDuration, 'serviceType' | 'durationMs'>[],
  defaultDurationMs: number,
): Series[] {
  const series = new Map<number, Series>();
  for (const { serviceType, durationMs = defaultDurationMs } of durations) {
    const known = series.get(durationMs);
    if (known === undefined) series.set(durationMs, { durationMs, serviceTypes: [serviceType] });
    else known.serviceTypes.push(serviceType);
  }
  return [...series.values()].sort((a, b) => a.durationMs - b.durationMs);
}

function compileRule(availability: AvailabilityTime, zone: string): Rule {
  const first = firstOccurrence(availability, zone);
  const { start, end } = first;
  const onTheWall = toLocal(zone, end) - toLocal(zone, start);
  const wallDurationMs = onTheWall > 0 ? onTheWall : end - start;
  const { priority = 0 } = availability;
  const repeats = withoutBounds(availability.rrule, first, zone);
  return {
    availability,
    repeats,
    first,
    starts: recurrence(repeats, start, zone),
    wallDurationMs,
    maxDurationMs: wallDurationMs + 3 * HOUR,
    rank: priority >= 1 && priority <= 9 ? priority : 10,
  };
}

/**
 * Drops the two hours of byHour when they are those of the start and the end: GAP maps heureDebut and heureFin to
 * byHour, and they add nothing.
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
