/**
 * The availabilities of an agenda as iCalendar: openings are VAVAILABILITY with AVAILABLE (RFC 7953), one for each
 * priority; closures are
 * VEVENTs that every calendar shows. Wall-clock times in the agenda's own zone. GAP annex; docs/icalendar.md.
 */
import { FRANCE, parseDateRange } from '../../fhir/date.ts';
import type { CodeableConcept, Identifier } from '../../fhir/resource.ts';
import type { Agenda, Rule } from '../../scheduling/agenda.ts';
import { offsetAt, toInstant, toLocal } from '../../scheduling/zone.ts';
import { type Component, component, type Property, property } from './content-line.ts';
import { wallText } from './zone-rules.ts';

/** `stamp`: when the Schedule was last changed, ISO. */
export function availabilityComponents(agenda: Agenda, stamp: string, sequence: number): Component[] {
  // Of openings that are as strong as each other the order decides: they stay together, in theirs.
  const openings = new Map<number, Rule[]>();
  for (const rule of agenda.rules.filter((rule) => rule.availability.type === 'free'))
    openings.set(rule.rank, [...(openings.get(rule.rank) ?? []), rule]);
  const { start, end } = agenda.horizon;
  const bound = (name: string, instant: number): Property | undefined =>
    Number.isFinite(instant)
      ? property(name, 'date-time', wallText(toLocal(agenda.zone, instant)), { tzid: agenda.zone })
      : undefined;
  const available = [...openings]
    .sort(([a], [b]) => a - b)
    .map(([rank, rules]) =>
      component(
        'vavailability',
        [
          property('uid', 'text', `${agenda.id}-${rank > 9 ? 'x' : rank}@creneau`),
          property('dtstamp', 'date-time', utcText(Date.parse(stamp))),
          bound('dtstart', start),
          bound('dtend', end),
          property('sequence', 'integer', sequence),
          property('busytype', 'unknown', 'BUSY-UNAVAILABLE'),
          rank > 9 ? undefined : property('priority', 'integer', rank),
        ],
        rules.map((rule) =>
          component('available', [
            ...shared(rule, agenda.zone, stamp),
            property('summary', 'text', 'Ouvert'),
            rank > 9 ? ownPriority(rule) : undefined,
          ]),
        ),
      ),
    );
  const closed = agenda.rules
    .filter((rule) => rule.availability.type === 'busy-unavailable')
    .map((rule) => {
      const { unavailabilityReason: reason } = rule.availability;
      return component('vevent', [
        ...shared(rule, agenda.zone, stamp),
        property('sequence', 'integer', sequence),
        property('summary', 'text', reason?.text ?? reason?.coding?.[0]?.display ?? 'Fermé'),
        property('status', 'text', 'CONFIRMED'),
        property('transp', 'text', 'OPAQUE'),
        property('class', 'text', 'PUBLIC'),
        property('categories', 'text', 'Indisponibilité'),
        property('x-creneau-type', 'unknown', 'busy-unavailable'),
        reason === undefined || isPlain(reason)
          ? undefined
          : property('x-creneau-reason', 'text', JSON.stringify(reason)),
        ownPriority(rule),
      ]);
    });
  return [...available, ...closed];
}

/** One that PRIORITY has no place for, or does not tell from none (0). */
function ownPriority({ availability: { priority } }: Rule): Property | undefined {
  return priority === undefined ? undefined : property('x-creneau-priority', 'unknown', String(priority));
}

/** A reason that the summary says whole. */
function isPlain(reason: CodeableConcept): boolean {
  return Object.keys(reason).join() === 'text' && reason.text !== 'Fermé';
}

export function utcText(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

function shared(rule: Rule, zone: string, stamp: string): Property[] {
  const { identifiers, created } = rule.availability;
  const [identifier] = identifiers;
  const isWhole =
    identifiers.length === 1 &&
    Object.keys(identifier!).every((key) => ['system', 'value'].includes(key)) &&
    identifier!.value !== undefined;
  const createdAt = created === undefined ? undefined : parseDateRange(created, zone)?.start;
  const found = [
    property('uid', 'text', uidOf(identifier!)),
    property('dtstamp', 'date-time', utcText(Date.parse(stamp))),
    createdAt === undefined ? undefined : property('created', 'date-time', utcText(createdAt)),
    ...bounds(rule, zone),
    rule.repeats === undefined ? undefined : property('rrule', 'recur', recur(rule, zone)),
    isWhole ? undefined : property('x-creneau-identifiers', 'text', JSON.stringify(identifiers)),
  ];
  return found.filter((found) => found !== undefined);
}

export function uidOf({ system, value }: Identifier): string {
  return system === undefined ? (value ?? '') : `${system}|${value ?? ''}`;
}

const isDate = (text: string): boolean => !text.includes('T');

/** Whole days as dates; everything else on the wall clock of the zone, but for the hour that it shows twice. */
function bounds(rule: Rule, zone: string): Property[] {
  const { start, end } = rule.first;
  if (isAllDay(rule)) {
    const day = (instant: number): string => wallText(toLocal(zone, instant)).slice(0, 10);
    return [property('dtstart', 'date', day(start)), property('dtend', 'date', day(end))];
  }
  const time = (name: string, instant: number): Property => {
    const local = toLocal(zone, instant);
    const isTold = rule.repeats !== undefined || toInstant(zone, local).instant === instant;
    return isTold
      ? property(name, 'date-time', wallText(local), { tzid: zone })
      : property(name, 'date-time', utcText(instant));
  };
  return [time('dtstart', start), time('dtend', end)];
}

function isAllDay({ availability }: Rule): boolean {
  return isDate(availability.start) && isDate(availability.end);
}

function recur(rule: Rule, zone: string): object {
  const {
    freq,
    interval,
    count,
    until,
    wkst,
    bySecond,
    byMinute,
    byHour,
    byDay,
    byMonthDay,
    byYearDay,
    byWeekNo,
    byMonth,
  } = rule.repeats!;
  const lists = {
    bysecond: bySecond,
    byminute: byMinute,
    byhour: byHour,
    byday: byDay,
    bymonthday: byMonthDay,
    byyearday: byYearDay,
    byweekno: byWeekNo,
    bymonth: byMonth,
  };
  return {
    freq,
    ...(until === undefined ? {} : { until: untilText(until, zone, isAllDay(rule)) }),
    ...(count === undefined ? {} : { count }),
    ...(interval === 1 ? {} : { interval }),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
    ...(wkst === undefined ? {} : { wkst }),
  };
}

/**
 * UTC where the start has a zone, a date where it is one (RFC 5545 3.3.10). The last second of a day that is named
 * alone.
 */
function untilText(until: string, zone: string, allDay: boolean): string {
  const { start, end } = parseDateRange(until, zone ?? FRANCE)!;
  if (allDay) return wallText(start + offsetAt(zone, start)).slice(0, 10);
  return utcText(isDate(until) ? end - 1000 : start);
}
