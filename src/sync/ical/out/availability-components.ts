/**
 * The availabilities of an agenda as iCalendar: its openings are one VAVAILABILITY with an AVAILABLE each (RFC 7953),
 * its closures are VEVENTs that every calendar shows. Times are on the agenda's own wall clock. docs/icalendar.md.
 */
import { FRANCE, parseDateRange } from '../../../fhir/date.ts';
import type { CodeableConcept, Identifier } from '../../../fhir/resource.ts';
import type { Agenda, Rule } from '../../../scheduling/agenda.ts';
import { toInstant, toLocal } from '../../../scheduling/zone.ts';
import { isSourceTag } from '../in/source-tag.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, dateValue, localValue, property, textValue, utcValue } from '../text/write-calendar.ts';

/** When the Schedule was last changed, and how often. */
export interface AgendaVersion {
  /** Epoch milliseconds. */
  at: number;
  sequence: number;
}

/** `undefined` for an agenda without openings. */
export function openingsComponent(agenda: Agenda, version: AgendaVersion): Component | undefined {
  // Of openings that are as strong as each other the order decides: it is kept within a rank.
  const rules = agenda.rules.filter(({ availability }) => availability.type === 'free').sort((a, b) => a.rank - b.rank);
  if (rules.length === 0) return undefined;
  const bound = (name: string, instant: number): Property | undefined =>
    Number.isFinite(instant)
      ? property(name, localValue(toLocal(agenda.zone, instant)), { tzid: agenda.zone })
      : undefined;
  return component(
    'vavailability',
    [
      property('uid', textValue(`${agenda.id}@creneau`)),
      property('dtstamp', utcValue(version.at)),
      bound('dtstart', agenda.horizon.start),
      bound('dtend', agenda.horizon.end),
      property('sequence', String(version.sequence)),
      property('busytype', 'BUSY-UNAVAILABLE'),
    ],
    rules.map((rule) =>
      component('available', [
        ...shared(rule, agenda.zone, version.at),
        property('summary', 'Ouvert'),
        ownPriority(rule),
      ]),
    ),
  );
}

export function closureEvents(agenda: Agenda, version: AgendaVersion): Component[] {
  return agenda.rules
    .filter(({ availability }) => availability.type === 'busy-unavailable')
    .map((rule) => {
      const { unavailabilityReason: reason } = rule.availability;
      return component('vevent', [
        ...shared(rule, agenda.zone, version.at),
        property('sequence', String(version.sequence)),
        property('summary', textValue(reason?.text ?? reason?.coding?.[0]?.display ?? 'Fermé')),
        property('status', 'CONFIRMED'),
        property('transp', 'OPAQUE'),
        property('class', 'PUBLIC'),
        property('categories', textValue('Indisponibilité')),
        property('x-creneau-type', 'busy-unavailable'),
        reason === undefined || isPlain(reason)
          ? undefined
          : property('x-creneau-reason', textValue(JSON.stringify(reason))),
        ownPriority(rule),
      ]);
    });
}

/** PRIORITY belongs to VAVAILABILITY as a whole (RFC 7953); which opening goes first is ours to say. */
function ownPriority({ availability: { priority } }: Rule): Property | undefined {
  return priority === undefined ? undefined : property('x-creneau-priority', String(priority));
}

/** Does the summary say all of the reason? */
function isPlain(reason: CodeableConcept): boolean {
  return Object.keys(reason).join() === 'text' && reason.text !== 'Fermé';
}

function shared(rule: Rule, zone: string, at: number): Property[] {
  const { created } = rule.availability;
  const identifiers = rule.availability.identifiers.filter((identifier) => !isSourceTag(identifier));
  const [identifier] = identifiers;
  const isWhole =
    identifiers.length === 1 &&
    Object.keys(identifier!).every((key) => ['system', 'value'].includes(key)) &&
    identifier!.value !== undefined;
  const createdAt = created === undefined ? undefined : parseDateRange(created, zone)?.start;
  return [
    property('uid', textValue(uidOf(identifier ?? {}))),
    property('dtstamp', utcValue(at)),
    ...(createdAt === undefined ? [] : [property('created', utcValue(createdAt))]),
    ...bounds(rule, zone),
    ...(rule.repeats === undefined ? [] : [property('rrule', recurValue(rule, zone))]),
    ...(isWhole ? [] : [property('x-creneau-identifiers', textValue(JSON.stringify(identifiers)))]),
  ];
}

export function uidOf({ system, value }: Identifier): string {
  return system === undefined ? (value ?? '') : `${system}|${value ?? ''}`;
}

const isDate = (text: string): boolean => !text.includes('T');

/** Whole days are dates. Everything else is on the wall clock, unless the clock shows that time twice. */
function bounds(rule: Rule, zone: string): Property[] {
  const { start, end } = rule.first;
  if (isAllDay(rule)) {
    const day = (name: string, instant: number): Property =>
      property(name, dateValue(toLocal(zone, instant)), { value: 'DATE' });
    return [day('dtstart', start), day('dtend', end)];
  }
  const time = (name: string, instant: number): Property => {
    const local = toLocal(zone, instant);
    const isClear = rule.repeats !== undefined || toInstant(zone, local).instant === instant;
    return isClear ? property(name, localValue(local), { tzid: zone }) : property(name, utcValue(instant));
  };
  return [time('dtstart', start), time('dtend', end)];
}

function isAllDay({ availability }: Rule): boolean {
  return isDate(availability.start) && isDate(availability.end);
}

function recurValue(rule: Rule, zone: string): string {
  const { freq, interval, count, until, wkst, ...lists } = rule.repeats!;
  const parts: [string, string | undefined][] = [
    ['FREQ', freq],
    ['UNTIL', until === undefined ? undefined : untilValue(until, zone, isAllDay(rule))],
    ['COUNT', count === undefined ? undefined : String(count)],
    ['INTERVAL', interval === 1 ? undefined : String(interval)],
    ['BYSECOND', lists.bySecond.join(',')],
    ['BYMINUTE', lists.byMinute.join(',')],
    ['BYHOUR', lists.byHour.join(',')],
    ['BYDAY', lists.byDay.join(',')],
    ['BYMONTHDAY', lists.byMonthDay.join(',')],
    ['BYYEARDAY', lists.byYearDay.join(',')],
    ['BYWEEKNO', lists.byWeekNo.join(',')],
    ['BYMONTH', lists.byMonth.join(',')],
    ['WKST', wkst],
  ];
  return parts
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${value}`)
    .join(';');
}

/** UTC where the start has a zone, a date where it is one (RFC 5545 3.3.10). A day alone ends with its last second. */
function untilValue(until: string, zone: string, allDay: boolean): string {
  const { start, end } = parseDateRange(until, zone ?? FRANCE)!;
  if (allDay) return dateValue(toLocal(zone, start));
  return utcValue(isDate(until) ? end - 1000 : start);
}
