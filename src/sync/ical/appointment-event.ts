/**
 * An Appointment as a VEVENT: private by default, neutral words, a sequence that grows with every version. GAP annex,
 * 8.3; RFC 5545, RFC 5546.
 */
import type { CodeableConcept, Json, Resource } from '../../fhir/resource.ts';
import { toLocal } from '../../scheduling/zone.ts';
import { type Component, component, type Property, property } from './content-line.ts';
import { utcText } from './availability-out.ts';
import { wallText } from './zone-rules.ts';

export interface EventWords {
  zone: string;
  /** What a stranger who looks over the shoulder may read, unless the holder chose more. */
  summary: string;
  description?: string | undefined;
  location?: string | undefined;
  organizer?: { name: string; email: string } | undefined;
  attendees?: readonly { name: string; email: string; participant: Json }[];
}

const TENTATIVE = ['proposed', 'pending', 'waitlist'];
const GONE = ['cancelled', 'noshow', 'entered-in-error'];

export function isGone(appointment: Resource): boolean {
  return GONE.includes(appointment['status']);
}

/** `undefined` for a wish without a time. */
export function appointmentEvent(appointment: Resource, words: EventWords): Component | undefined {
  const start = Date.parse(appointment['start'] ?? '');
  const end =
    appointment['end'] === undefined
      ? start + Number(appointment['minutesDuration'] ?? Number.NaN) * 60_000
      : Date.parse(appointment['end']);
  if (!(end > start)) return undefined;
  const { zone } = words;
  const updated = property(
    'dtstamp',
    'date-time',
    utcText(Date.parse(appointment.meta?.lastUpdated ?? appointment['start'])),
  );
  const created = Date.parse(appointment['created'] ?? '');
  const gone = isGone(appointment);
  const priority = Number(appointment['priority'] ?? 0);
  return component('vevent', [
    property('uid', 'text', eventUid(appointment.id!)),
    updated,
    { ...updated, name: 'last-modified' },
    Number.isNaN(created) ? undefined : property('created', 'date-time', utcText(created)),
    property('sequence', 'integer', Number(appointment.meta?.versionId ?? 1) - 1),
    property('dtstart', 'date-time', wallText(toLocal(zone, start)), { tzid: zone }),
    property('dtend', 'date-time', wallText(toLocal(zone, end)), { tzid: zone }),
    property('summary', 'text', words.summary),
    property(
      'status',
      'text',
      gone ? 'CANCELLED' : TENTATIVE.includes(appointment['status']) ? 'TENTATIVE' : 'CONFIRMED',
    ),
    property('class', 'text', 'PRIVATE'),
    property('transp', 'text', gone ? 'TRANSPARENT' : 'OPAQUE'),
    words.description === undefined ? undefined : property('description', 'text', words.description),
    words.location === undefined ? undefined : property('location', 'text', words.location),
    priority >= 1 && priority <= 9 ? property('priority', 'integer', priority) : undefined,
    words.organizer &&
      property('organizer', 'cal-address', `mailto:${words.organizer.email}`, { cn: words.organizer.name }),
    ...(words.attendees ?? []).map(attendee),
    property('x-creneau-appointment', 'unknown', appointment.id!),
  ]);
}

/** For ever the same, whatever business identifiers the appointment gets later. */
function eventUid(id: string): string {
  return `${id}@creneau`;
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

function attendee({ name, email, participant }: { name: string; email: string; participant: Json }): Property {
  return property('attendee', 'cal-address', `mailto:${email}`, {
    cn: name,
    role: ROLE[participant.required ?? 'required'] ?? 'REQ-PARTICIPANT',
    partstat: PARTSTAT[participant.status] ?? 'NEEDS-ACTION',
  });
}

/** What the appointment is, without a word about who comes: its service, as a shared calendar may show it. */
export function neutralSummary(appointment: Resource): string {
  const kind = textOf((appointment['serviceType'] as CodeableConcept[] | undefined)?.[0]) ?? 'Rendez-vous';
  return TENTATIVE.includes(appointment['status'])
    ? `${kind} (à confirmer)`
    : isGone(appointment)
      ? `${kind} (annulé)`
      : kind;
}

function textOf(concept: CodeableConcept | undefined): string | undefined {
  return concept?.text ?? concept?.coding?.find((coding) => coding.display !== undefined)?.display;
}

/** `Alice Martin`; a name that is told nowhere but where it was asked for. */
export function nameOf(resource: Resource): string | undefined {
  const name: Json = Array.isArray(resource['name']) ? resource['name'][0] : resource['name'];
  if (typeof name === 'string') return name;
  if (name === undefined) return resource['deviceName']?.[0]?.name;
  return name.text ?? [...(name.prefix ?? []), ...(name.given ?? []), name.family].filter(Boolean).join(' ');
}

/** Name and address of a Location, on one line. */
export function placeText(location: Resource): string {
  const { line = [], postalCode, city } = (location['address'] ?? {}) as Json;
  return [location['name'], ...line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean).join(', ');
}
