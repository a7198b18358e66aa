/**
 * PUT and DELETE of an event: a private event closes its time; an appointment is moved as the booking rule allows, or
 * stays; everything else is refused. The answer to a refusal is a text that a phone can show.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { Reference, Resource } from '../../fhir/resource.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import type { Backend } from '../../rest/backend.ts';
import type { DavAnswer, DavRequest } from '../../rest/files/dav-route.ts';
import { slotId } from '../../scheduling/slot-id.ts';
import { formatInstant } from '../../scheduling/zone.ts';
import type { CalendarImport } from '../ical/follow/calendar-import.ts';
import type { OwnedAgenda } from '../ical/out/owned-agenda.ts';
import { type Component, readCalendar } from '../ical/text/read-calendar.ts';
import { uidOf, upperCase } from '../ical/in/read-item.ts';
import type { AgendaCollections } from './collection.ts';
import { type DavObject, etagOf } from './dav-object.ts';
import { MAX_OBJECT_BYTES } from './dav-properties.ts';
import { CALDAV } from './dav-xml.ts';
import { eventsIn, firstTime } from './event-times.ts';
import { precondition } from './multistatus.ts';

/** Events that devices may write into one agenda. */
const MAX_OBJECTS = 5000;

export interface WriteParts {
  backend: Pick<Backend, 'patch'>;
  calendars: Pick<CalendarImport, 'readDevices'>;
  collections: AgendaCollections;
}

export interface EventWrite {
  context: Context;
  /** JSON text: who writes. */
  author: string;
  owned: OwnedAgenda;
  objects: readonly DavObject[];
  name: string;
  request: DavRequest;
}

export async function putEvent(parts: WriteParts, write: EventWrite): Promise<DavAnswer> {
  const { objects, name, request } = write;
  const known = objects.find((object) => object.name === name);
  const failed = failedCondition(request, known);
  if (failed !== undefined) return failed;
  if (known?.kind === 'closure' || known?.kind === 'foreign') throw notYours();
  if (Buffer.byteLength(request.body) > MAX_OBJECT_BYTES) return precondition(403, CALDAV, 'max-resource-size');
  // No text of the database may hold this character.
  if (`${name}${request.body}`.includes('\0')) return precondition(403, CALDAV, 'valid-calendar-object-resource');
  const { calendars, isWhole } = readCalendar(Buffer.from(request.body));
  const [calendar, second] = calendars;
  const parts_ = calendar?.components.filter((part) => part.name !== 'vtimezone') ?? [];
  const uids = new Set(parts_.map(uidOf));
  const isEvent = parts_.length > 0 && parts_.every((part) => part.name === 'vevent') && uids.size === 1;
  if (calendar === undefined || second !== undefined || !isWhole || !isEvent)
    return precondition(403, CALDAV, 'valid-calendar-object-resource');
  if (known?.kind === 'appointment') return moveAppointment(parts, write, known, calendar);
  const [uid] = [...uids] as [string];
  if (objects.some((object) => object.uid === uid && object.name !== name))
    return precondition(403, CALDAV, 'no-uid-conflict');
  return putOwn(parts, write, uid, known === undefined);
}

async function putOwn(
  { calendars, collections }: WriteParts,
  { context, author, owned, objects, name, request }: EventWrite,
  uid: string,
  isNew: boolean,
): Promise<DavAnswer> {
  if (isNew && objects.length >= MAX_OBJECTS)
    throw new FhirError('too-costly', `The agenda has ${MAX_OBJECTS} events already`, { text: 'Agenda plein.' });
  const { schedule } = owned.row;
  const { body } = request;
  await calendars.readDevices(context, schedule, { name, body });
  await collections.put({ schedule, name, uid, body, author });
  return { status: isNew ? 201 : 204, headers: { ETag: etagOf(body) } };
}

/** Its time alone is taken over; without an ETag the device asks for the appointment as it is now. */
async function moveAppointment(
  { backend }: WriteParts,
  { context, owned }: EventWrite,
  { appointment, text }: DavObject,
  calendar: Component,
): Promise<DavAnswer> {
  const { zone } = owned.agenda;
  const [event, second] = eventsIn([calendar], zone, context.now);
  const isCancelled = calendar.components.some((part) => upperCase(part, 'status') === 'CANCELLED');
  const [before] = eventsIn(readCalendar(Buffer.from(text)).calendars, zone, context.now);
  if (isCancelled) throw notHere();
  if (event === undefined || second !== undefined || event.times.rules.length + event.times.rDates.length > 0)
    throw new FhirError('business-rule', 'An appointment is one time', {
      text: 'Un rendez-vous ne se répète pas et garde une durée.',
    });
  const [from, to] = [before && firstTime(before), firstTime(event)];
  if (from?.start === to.start && from.end === to.end) return { status: 204 };
  const apply = (resource: Resource): Resource => moved(asType(resource, 'Appointment')!, owned, to.start, to.end);
  await backend.patch(context, 'Appointment', appointment!, apply, {});
  return { status: 204 };
}

function moved(appointment: Appointment, { row, agenda }: OwnedAgenda, start: number, end: number): Appointment {
  const slots = list(appointment.slot);
  const isOurs = ({ reference }: Reference): boolean => reference?.startsWith(`Slot/${row.code}.`) ?? false;
  const at = { reference: `Slot/${slotId({ agenda: row.code, start, durationMs: end - start })}` };
  const { minutesDuration: _minutes, ...kept } = appointment;
  return {
    ...kept,
    ...(slots.length === 0 ? {} : { slot: slots.map((slot) => (isOurs(slot) ? at : slot)) }),
    start: formatInstant(start, agenda.zone),
    end: formatInstant(end, agenda.zone),
  };
}

export async function deleteEvent(parts: WriteParts, write: EventWrite): Promise<DavAnswer> {
  const { context, owned, objects, name, request } = write;
  const known = objects.find((object) => object.name === name);
  if (known === undefined) return { status: 404 };
  const failed = failedCondition(request, known);
  if (failed !== undefined) return failed;
  if (known.kind === 'appointment') throw notHere();
  if (known.kind !== 'own') throw notYours();
  await parts.calendars.readDevices(context, owned.row.schedule, { name });
  await parts.collections.remove(owned.row.schedule, name);
  return { status: 204 };
}

/** 412 where `If-Match` or `If-None-Match` does not hold (RFC 9110, section 13). */
function failedCondition({ header }: DavRequest, known: DavObject | undefined): DavAnswer | undefined {
  const listed = (name: string): string[] | undefined =>
    header(name)
      ?.split(',')
      .map((tag) => tag.trim().replace(/^W\//, ''));
  const match = listed('if-match');
  const none = listed('if-none-match');
  const holds = (tags: readonly string[]): boolean =>
    known !== undefined && (tags.includes('*') || tags.includes(known.etag));
  return (match !== undefined && !holds(match)) || (none !== undefined && holds(none)) ? { status: 412 } : undefined;
}

function notYours(): FhirError {
  return new FhirError('forbidden', 'This closure was not written by this device', {
    text: 'Cette fermeture se modifie là où elle a été faite.',
  });
}

function notHere(): FhirError {
  return new FhirError('forbidden', 'Appointments are not cancelled by a calendar', {
    text: 'Un rendez-vous s’annule dans Créneau, pour que le patient soit prévenu.',
  });
}
