/**
 * An Appointment as a VEVENT: private by default, in neutral words, with a sequence that grows with every version. GAP
 * annex, 8.3; RFC 5545, RFC 5546.
 */
import { isKindSystem } from '../../../fhir/french/visit-kind.ts';
import type { CodeableConcept } from '../../../fhir/resource.ts';
import { type Appointment, list, type Location, type Participant } from '../../../fhir/resources.ts';
import { takesTime } from '../../../scheduling/life-cycle.ts';
import { toLocal } from '../../../scheduling/zone.ts';
import type { Property } from '../text/parse-line.ts';
import type { Component } from '../text/read-calendar.ts';
import { component, localValue, property, textValue, utcValue } from '../text/write-calendar.ts';
import { uidOf } from './availability-components.ts';

export interface EventWords {
  zone: string;
  /** A stranger who looks over the shoulder may read it, unless the holder chose more. */
  summary: string;
  description?: string | undefined;
  location?: string | undefined;
  organizer?: Omit<Attendee, 'participant'> | undefined;
  attendees?: readonly Attendee[];
  /** Addresses of the documents that it is about. */
  attachments?: readonly string[];
}

export interface Attendee {
  name: string;
  /** Without an e-mail the address is `invalid:nomail`, as other calendars write it. */
  email?: string | undefined;
  participant: Pick<Participant, 'required' | 'status'>;
}

const TENTATIVE = ['proposed', 'pending', 'waitlist'];
const CANCELLED = ['cancelled', 'entered-in-error'];

export function isCancelled(appointment: Pick<Appointment, 'status'>): boolean {
  return CANCELLED.includes(appointment.status);
}

/** `undefined` for a wish without a time. */
export function appointmentEvent(appointment: Appointment, words: EventWords): Component | undefined {
  const start = Date.parse(appointment.start ?? '');
  const end =
    appointment.end === undefined
      ? start + (appointment.minutesDuration ?? Number.NaN) * 60_000
      : Date.parse(appointment.end);
  if (!(end > start)) return undefined;
  const { zone } = words;
  const stamp = utcValue(Date.parse(appointment.meta?.lastUpdated ?? appointment.start ?? ''));
  const created = Date.parse(appointment.created ?? '');
  const priority = appointment.priority ?? 0;
  const optional = (name: string, text: string | undefined): Property | undefined =>
    text === undefined || text === '' ? undefined : property(name, textValue(text));
  return component('vevent', [
    property('uid', textValue(eventUid(appointment))),
    property('dtstamp', stamp),
    property('last-modified', stamp),
    Number.isNaN(created) ? undefined : property('created', utcValue(created)),
    property('sequence', String(Number(appointment.meta?.versionId ?? 1) - 1)),
    property('dtstart', localValue(toLocal(zone, start)), { tzid: zone }),
    property('dtend', localValue(toLocal(zone, end)), { tzid: zone }),
    property('summary', textValue(words.summary)),
    property('status', statusOf(appointment)),
    property('class', 'PRIVATE'),
    property('transp', takesTime(appointment.status, true) ? 'OPAQUE' : 'TRANSPARENT'),
    optional('description', words.description),
    optional('location', words.location),
    priority >= 1 && priority <= 9 ? property('priority', String(priority)) : undefined,
    words.organizer && property('organizer', addressOf(words.organizer.email), { cn: words.organizer.name }),
    ...(words.attendees ?? []).map(attendee),
    ...(words.attachments ?? []).map((address) => property('attach', address)),
    property('x-creneau-appointment', appointment.id!),
  ]);
}

/** A missed appointment took place for the calendar: nobody cancelled it. */
function statusOf(appointment: Appointment): string {
  if (isCancelled(appointment)) return 'CANCELLED';
  return TENTATIVE.includes(appointment.status) ? 'TENTATIVE' : 'CONFIRMED';
}

/** The business identifier, by which other software knows the appointment, else our own id. */
function eventUid(appointment: Appointment): string {
  const business = list(appointment.identifier).find(
    ({ system, value }) => system !== undefined && value !== undefined,
  );
  if (business === undefined) return `${appointment.id}@creneau`;
  // A UUID or another URI is unique by itself.
  return business.system === 'urn:ietf:rfc:3986' ? business.value!.replace(/^urn:uuid:/i, '') : uidOf(business);
}

const PARTSTAT: Record<string, string> = {
  accepted: 'ACCEPTED',
  declined: 'DECLINED',
  tentative: 'TENTATIVE',
  'needs-action': 'NEEDS-ACTION',
};
const ROLE: Record<string, string> = {
  required: 'REQ-PARTICIPANT',
  optional: 'OPT-PARTICIPANT',
  'information-only': 'NON-PARTICIPANT',
};

function attendee({ name, email, participant }: Attendee): Property {
  return property('attendee', addressOf(email), {
    cn: name,
    role: ROLE[participant.required ?? 'required'] ?? 'REQ-PARTICIPANT',
    partstat: PARTSTAT[participant.status] ?? 'NEEDS-ACTION',
  });
}

function addressOf(email: string | undefined): string {
  return email === undefined ? 'invalid:nomail' : `mailto:${email}`;
}

/**
 * The service of the appointment, without a word about who comes, as a shared calendar may show it. A kind of visit is
 * not named: it says why somebody comes.
 */
export function neutralSummary(appointment: Pick<Appointment, 'serviceType' | 'status'>): string {
  const [concept] = appointment.serviceType ?? [];
  const isKind = concept?.coding?.some(({ system }) => isKindSystem(system)) === true;
  const service = (isKind ? undefined : textOf(concept)) ?? 'Rendez-vous';
  if (TENTATIVE.includes(appointment.status)) return `${service} (à confirmer)`;
  if (appointment.status === 'noshow') return `${service} (absence)`;
  return isCancelled(appointment) ? `${service} (annulé)` : service;
}

function textOf(concept: CodeableConcept | undefined): string | undefined {
  return concept?.text ?? concept?.coding?.find((coding) => coding.display !== undefined)?.display;
}

/** Name and address of a Location, on one line. */
export function placeText({ name, address = {} }: Location): string {
  const { line = [], postalCode, city } = address;
  return [name, ...line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean).join(', ');
}
