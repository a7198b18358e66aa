/**
 * The text of a notice, in French, with the iCalendar object. Patients are told whom they will see; professionals are
 * never told the patient's name, nor anybody the reason of the visit.
 */
import { participantsOf } from '../../fhir/actors.ts';
import { FRANCE } from '../../fhir/date.ts';
import { readWaiting } from '../../fhir/french/waiting.ts';
import { readTimezone } from '../../fhir/french/fr-extensions.ts';
import { parseResource } from '../../fhir/json.ts';
import { localId, localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { type Appointment, isType, list } from '../../fhir/resources.ts';
import { nameOf } from '../../fhir/shared-elements.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { frenchTime } from '../../scheduling/french-time.ts';
import type { Database } from '../../store/engine/database.ts';
import { AgendaReader } from '../../store/resources/agenda-reader.ts';
import { readResources } from '../../store/resources/read-resources.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { appointmentEvent, neutralSummary, placeText } from '../ical/out/appointment-event.ts';
import { PRODUCT } from '../ical/product.ts';
import { component, property, writeCalendar } from '../ical/text/write-calendar.ts';
import { zoneComponent } from '../ical/zones/zone-component.ts';
import { locumOf, withWhom } from './locum.ts';
import type { AppointmentNotice, Invitation, NoticeContent } from './notice.ts';
import { dayOfPerson } from './day-of-person.ts';
import { type MailAddress, answerOf, openingOf, subjectOf } from './notice-words.ts';

/** The next times of the kind of an appointment, as texts. */
export type NextTimes = (appointment: Appointment) => Promise<string[]>;

/** The invitation is in the calendar already, or there is nothing to put there. */
const WITHOUT_CALENDAR: ReadonlySet<string> = new Set(['reminder', 'request', 'answer', 'offer', 'asleep']);

interface Subject {
  notice: AppointmentNotice;
  appointment: Appointment;
  person: Resource;
  to: string;
  leave: string;
  key: string;
  manage?: readonly MailAddress[];
  /** Of a reminder: all that it names, in the order of time. */
  day?: readonly Appointment[];
}

export class NoticeWriter {
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;

  private readonly nextTimes: NextTimes;

  constructor(database: Database, nextTimes: NextTimes = async () => []) {
    this.reader = new ResourceReader(database);
    this.agendas = new AgendaReader(database);
    this.nextTimes = nextTimes;
  }

  async write(subject: Subject): Promise<NoticeContent> {
    const { notice, appointment, person, to, leave, key, manage = [], day = [] } = subject;
    const { kind } = notice;
    const others = await readResources(this.reader, participantsOf(appointment));
    const zone = await this.zoneOf(appointment, others);
    const place = others.find((other) => isType(other, 'Location'));
    const isPatient = /^(Patient|RelatedPerson)\//.test(notice.person);
    const doctor = isPatient ? others.find((other) => other.resourceType === 'Practitioner') : undefined;
    const what = neutralSummary({ ...appointment, status: 'booked' });
    const when = whenOf(appointment, zone);
    const doctorName = doctor && nameOf(doctor);
    // Of a wish without a time, nobody knows who replaces whom.
    const hasTime = isPatient && appointment.start !== undefined;
    const locum = hasTime ? await locumOf(this.reader, this.agendas, appointment) : undefined;
    const placeLine = place && placeText(place);
    const invitation = WITHOUT_CALENDAR.has(kind)
      ? undefined
      : invitationOf(
          { notice, appointment, person, to },
          {
            zone,
            summary: doctorName === undefined ? what : `${what} – ${doctorName}`,
            location: placeLine,
            organizer: doctorName ?? 'Créneau',
          },
        );
    return {
      ...{ key, to, leave, manage, subject: [subjectOf(kind, appointment, isPatient), ...when].join(' : ') },
      opening: openingOf(kind, appointment, zone),
      facts: [
        what,
        ...when,
        ...withWhom(doctorName, locum),
        ...(placeLine ? [placeLine] : []),
        ...day
          .filter(({ id }) => id !== appointment.id)
          .map(({ start }) => `Le même jour : ${frenchTime(Date.parse(start ?? ''), zone)}`),
        ...(kind === 'answer' ? await this.others(appointment) : []),
      ],
      ...(invitation === undefined ? {} : { invitation }),
    };
  }

  /** The appointments that one reminder names. */
  async dayOf(appointment: Appointment, person: string): Promise<Appointment[]> {
    const others = await readResources(this.reader, participantsOf(appointment));
    return dayOfPerson(this.reader, appointment, person, await this.zoneOf(appointment, others));
  }

  /** Other times, for somebody whose request came to nothing. */
  private async others(appointment: Appointment): Promise<string[]> {
    const times = answerOf(appointment) === 'withdrawn' ? [] : await this.nextTimes(appointment);
    return times.length === 0 ? [] : [`Prochains horaires : ${times.join(' ; ')}`];
  }

  /** The zone of the agenda, else of the place, else that of France. */
  private async zoneOf(appointment: Appointment, others: readonly Resource[]): Promise<string> {
    const [slot] = list(appointment.slot);
    const code = parseSlotId(localId(slot, 'Slot') ?? '')?.agenda;
    const row = code === undefined ? undefined : await this.agendas.byCode(code);
    const [schedule] = row === undefined ? [] : await this.agendas.schedules([row.schedule]);
    const ofAgenda = schedule === undefined ? undefined : readTimezone(parseResource('Schedule', schedule.body));
    const ofAgendaPlace = row === undefined ? undefined : (JSON.parse(row.context) as { placeZone?: string }).placeZone;
    const ofPlaces = others.filter((other) => other.resourceType === 'Location').map(readTimezone);
    return ofAgenda ?? ofAgendaPlace ?? ofPlaces.find((zone) => zone !== undefined) ?? FRANCE;
  }
}

/** `undefined` for an appointment without a time. */
function invitationOf(
  { notice, appointment, person, to }: Omit<Subject, 'leave' | 'key' | 'manage' | 'day'>,
  {
    zone,
    summary,
    location,
    organizer,
  }: { zone: string; summary: string; location?: string | undefined; organizer: string },
): Invitation | undefined {
  const isCancelled = notice.kind === 'cancellation';
  const method = isCancelled ? 'CANCEL' : 'REQUEST';
  const participant = list(appointment.participant).find(({ actor }) => localTarget(actor) === notice.person) ?? {
    status: 'needs-action',
  };
  const event = (organizerEmail: string) =>
    appointmentEvent(isCancelled ? { ...appointment, status: 'cancelled' } : appointment, {
      ...{ zone, summary, location },
      organizer: { name: organizer, email: organizerEmail },
      attendees: [{ name: nameOf(person) ?? to, email: to, participant }],
    });
  if (event('') === undefined) return undefined;
  const heading = [property('version', '2.0'), property('prodid', PRODUCT), property('method', method)];
  const zoneRules = zoneComponent(zone, Date.parse(appointment.start ?? ''));
  return {
    method,
    text: (organizerEmail) => writeCalendar(component('vcalendar', heading, [zoneRules, event(organizerEmail)!])),
  };
}

/** Of somebody who waits: the time that was offered last, if any. */
function whenOf(appointment: Appointment, zone: string): string[] {
  const told = parseSlotId(readWaiting(appointment)?.told.at(-1) ?? '')?.start;
  const start = appointment.start === undefined ? told : Date.parse(appointment.start);
  return start === undefined ? [] : [frenchTime(start, zone)];
}
