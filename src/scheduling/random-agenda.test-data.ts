/**
 * Schedules for tests: written by hand in a line, or drawn at random around a change of the clock (fast-check).
 * Times are the agenda's wall clock, without an offset: the zone decides what they mean.
 */
import fc from 'fast-check';
import type { Extension, Json } from '../fhir/resource.ts';
import type { Schedule } from '../fhir/resources.ts';
import type { Interval } from './interval.ts';
import type { BusyTime, ExplicitSlot } from './slots.ts';
import { DAY } from './zone.ts';

export const MINUTE = 60_000;

/** Every URL under which availabilityTime is met. */
export const AVAILABILITY_URLS = [
  'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
  'http://interopsante.org/fhir/StructureDefinition/FrScheduleAvailabiltyTime',
  'http://interopsante.org/fhir/StructureDefinition/FrScheduleAvailabilityTime',
  'http://interopsante.org/fhir/StructureDefinition/fr-core-schedule-availability-time',
  'http://interopsante.org/fhir/StructureDefinition/fr-core-availability-time',
];

export interface Availability {
  id: string;
  type: 'free' | 'busy-unavailable';
  /** `2026-03-27T08:00` */
  start: string;
  end: string;
  /** `WEEKLY byDay=MO,TU interval=2 count=3 until=2026-04-01` */
  rrule?: string | undefined;
  priority?: number | undefined;
  url?: string;
}

export function availabilityTime({
  id,
  type,
  start,
  end,
  rrule,
  priority,
  url = AVAILABILITY_URLS[0]!,
}: Availability): Extension {
  return {
    url,
    extension: [
      { url: 'identifier', valueIdentifier: { value: id } },
      { url: 'type', valueCoding: { code: type } },
      { url: 'start', valueDateTime: withSeconds(start) },
      { url: 'end', valueDateTime: withSeconds(end) },
      ...(rrule === undefined ? [] : [{ url: 'rrule', extension: ruleParts(rrule) }]),
      ...(priority === undefined ? [] : [{ url: 'priority', valueInteger: priority }]),
    ],
  };
}

/** FHIR wants seconds wherever there is a time. */
const withSeconds = (text: string): string => text.replace(/T(\d\d:\d\d)(?=$|[Z+-])/, 'T$1:00');

function ruleParts(text: string): Extension[] {
  const [freq, ...parts] = text.split(' ');
  return [
    { url: 'freq', valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code: freq! } },
    ...parts.flatMap((part) => {
      const [url, values = ''] = part.split('=') as [string, string?];
      return values.split(',').map((value): Extension => {
        if (url === 'until') return { url, valueDateTime: withSeconds(value) };
        if (url === 'byDay' || url === 'byYearDay') return { url, valueString: value };
        return url === 'wkst' ? { url, valueCode: value } : { url, valueInteger: Number(value) };
      });
    }),
  ];
}

export interface AgendaPlan {
  zone: string;
  availabilities: Availability[];
  /** Minutes of each service; several that are equal share their slots. */
  services: number[];
  horizon?: { start?: string; end?: string } | undefined;
  offers?: { availability: string[]; capacity: number }[];
  active?: boolean;
}

export function scheduleOf({
  zone,
  availabilities,
  services,
  horizon,
  offers = [],
  active = true,
}: AgendaPlan): Schedule {
  const duration = (minutes: number, i: number): Json => ({
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
    extension: [
      { url: 'serviceType', valueCodeableConcept: { text: `service ${i}` } },
      { url: 'duration', valueDuration: { value: minutes, code: 'min' } },
    ],
  });
  const offer = ({ availability, capacity }: { availability: string[]; capacity: number }): Json => ({
    url: 'urn:creneau:fhir:slot-offer',
    extension: [
      ...availability.map((id) => ({ url: 'availability', valueString: id })),
      { url: 'capacity', valuePositiveInt: capacity },
    ],
  });
  return {
    resourceType: 'Schedule',
    id: 'agenda',
    active,
    actor: [{ reference: 'Practitioner/1' }],
    ...(horizon === undefined ? {} : { planningHorizon: horizon }),
    extension: [
      { url: 'http://hl7.org/fhir/StructureDefinition/timezone', valueCode: zone },
      ...availabilities.map(availabilityTime),
      ...services.map(duration),
      ...offers.map(offer),
    ],
  };
}

/** Local days on which a clock changes, by zone; and two zones where it never does. */
export const CHANGES: [zone: string, day: string][] = [
  ['Europe/Paris', '2026-03-29'],
  ['Europe/Paris', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['America/Miquelon', '2026-03-08'],
  ['America/Miquelon', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Indian/Reunion', '2026-03-29'],
  ['America/Cayenne', '2026-10-25'],
];

/** Local days before and after the change that availabilities begin on. */
export const DAYS_AROUND = { before: 9, after: 2 };

/** A wall-clock time so many minutes after midnight of a day: `2026-03-29T02:30`. */
export const wallText = (day: string, minutes: number): string =>
  new Date(Date.parse(day) + minutes * MINUTE).toISOString().slice(0, 16);

/** Quarters of an hour of a day: working hours, and often the small hours in which clocks change. */
const timeOfDay = fc
  .oneof(fc.integer({ min: 32, max: 72 }), fc.integer({ min: 0, max: 16 }), fc.integer({ min: 80, max: 95 }))
  .map((quarter) => quarter * 15);

const anyRule = (day: string): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    fc.constant(undefined),
    fc.constant('DAILY'),
    fc.integer({ min: 2, max: 3 }).map((interval) => `DAILY interval=${interval}`),
    fc.integer({ min: 1, max: 9 }).map((count) => `DAILY count=${count}`),
    fc.integer({ min: -3, max: 3 }).map((after) => `DAILY until=${wallText(day, after * 1440)}`),
    fc
      .uniqueArray(fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU', 'SU'), { minLength: 1, maxLength: 5 })
      .map((days) => `WEEKLY byDay=${days.join(',')}`),
    fc.constant('WEEKLY'),
  );

const anyAvailability = (day: string): fc.Arbitrary<Omit<Availability, 'id'>> =>
  fc
    .record({
      type: fc.constantFrom('free', 'free', 'free', 'busy-unavailable'),
      before: fc.integer({ min: -DAYS_AROUND.after, max: DAYS_AROUND.before }),
      time: timeOfDay,
      minutes: fc.oneof(
        fc.integer({ min: 1, max: 20 }).map((quarters) => quarters * 15),
        fc.integer({ min: 10, max: 700 }),
      ),
      rrule: anyRule(day),
      priority: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      url: fc.constantFrom(...AVAILABILITY_URLS),
    })
    .map(({ before, time, minutes, ...rest }) => {
      const start = -before * 1440 + time;
      return { ...rest, start: wallText(day, start), end: wallText(day, start + minutes) };
    });

export interface RandomAgenda extends AgendaPlan {
  /** Local day of the change; the window of interest is around it. */
  day: string;
  /** Local midnight of `day` as if it were UTC: busy and explicit times are counted from it. */
  busy: BusyTime[];
  explicit: ExplicitSlot[];
}

/** Instants of whole minutes within two days of the change, whatever the zone. */
const near = (day: string, most: number): fc.Arbitrary<Interval> =>
  fc.tuple(fc.integer({ min: -36 * 60, max: 60 * 60 }), fc.integer({ min: 5, max: most })).map(([from, minutes]) => {
    const start = Date.parse(day) + from * MINUTE;
    return { start, end: start + minutes * MINUTE };
  });

/** An agenda around a day on which its clock changes. */
export const randomAgenda: fc.Arbitrary<RandomAgenda> = fc.constantFrom(...CHANGES).chain(([zone, day]) =>
  fc
    .record({
      availabilities: fc
        .array(anyAvailability(day), { minLength: 1, maxLength: 5 })
        .map((list) => list.map((availability, i) => ({ ...availability, id: `d${i}` }))),
      services: fc.array(fc.constantFrom(10, 15, 15, 20, 30, 45, 60), { minLength: 1, maxLength: 3 }),
      horizon: fc.option(
        fc.tuple(fc.integer({ min: -2, max: 0 }), fc.integer({ min: 1, max: 2 })).map(([from, to]) => ({
          start: wallText(day, from * 1440 + 600).concat(':00Z'),
          end: wallText(day, to * 1440).slice(0, 10),
        })),
        { nil: undefined, freq: 3 },
      ),
      offers: fc.array(
        fc.record({ availability: fc.subarray(['d0', 'd1']), capacity: fc.integer({ min: 1, max: 3 }) }),
        { maxLength: 2 },
      ),
      busy: fc.array(
        fc
          .tuple(near(day, 90), fc.option(fc.integer({ min: 0, max: 2 }), { freq: 5 }), fc.boolean())
          .map(([time, lane, own]): BusyTime => ({ ...time, lane, own })),
        { maxLength: 6 },
      ),
      explicit: fc.array(
        fc
          .tuple(near(day, 60), fc.constantFrom('free', 'busy', 'busy-unavailable'))
          .map(([time, status]): ExplicitSlot => ({ ...time, status, id: `${status}-${time.start}-${time.end}` })),
        { maxLength: 2 },
      ),
    })
    .map((rest) => ({ ...rest, zone, day })),
);

/** From two days before the change to two days after it: holds the Sunday in every zone. */
export const windowAround = (day: string): { start: number; end: number } => ({
  start: Date.parse(day) - 1.5 * DAY,
  end: Date.parse(day) + 2 * DAY,
});
