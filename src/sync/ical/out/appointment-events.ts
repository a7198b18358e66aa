/** The appointments of an agenda or a person as events, with names only if the holder of the link chose so. */
import { FRANCE } from '../../../fhir/date.ts';
import { actorsOf, participantsOf } from '../../../fhir/actors.ts';
import { parseResource } from '../../../fhir/json.ts';
import { localId, localTarget } from '../../../fhir/local-reference.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { type Appointment, isType, list } from '../../../fhir/resources.ts';
import { nameOf } from '../../../fhir/shared-elements.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Interval } from '../../../scheduling/interval.ts';
import { slotId } from '../../../scheduling/slot-id.ts';
import type { Database } from '../../../store/engine/database.ts';
import { AgendaReader } from '../../../store/resources/agenda-reader.ts';
import { resourcesByReference } from '../../../store/resources/read-resources.ts';
import { ResourceReader } from '../../../store/resources/resource-reader.ts';
import type { Component } from '../text/read-calendar.ts';
import { appointmentEvent, type Attendee, type EventWords, neutralSummary, placeText } from './appointment-event.ts';
import { mailAddressesOf } from './mail-addresses.ts';
import type { OwnedAgenda } from './owned-agenda.ts';

const MAX_APPOINTMENTS = 5000;

export class AppointmentEvents {
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;

  constructor(database: Database) {
    this.reader = new ResourceReader(database);
    this.agendas = new AgendaReader(database);
  }

  /** `names`: with the names of the participants, and what was written about the appointment. */
  async of(
    subject: Resource,
    owned: readonly OwnedAgenda[],
    names: boolean,
    window: Interval,
    now: number,
  ): Promise<Component[]> {
    const appointments = await this.appointments(subject, owned, window, now);
    const people = await resourcesByReference(this.reader, appointments.flatMap(participantsOf));
    return appointments.flatMap((appointment) => {
      const zone = owned.find((agenda) => isOf(appointment, agenda))?.agenda.zone ?? owned[0]?.agenda.zone ?? FRANCE;
      return appointmentEvent(appointment, wordsFor(appointment, subject, people, zone, names)) ?? [];
    });
  }

  private async appointments(
    subject: Resource,
    owned: readonly OwnedAgenda[],
    window: Interval,
    now: number,
  ): Promise<Appointment[]> {
    const isAgenda = isType(subject, 'Schedule');
    const found = await this.search(isAgenda ? actorsOf(subject) : [`${subject.resourceType}/${subject.id}`], window);
    const schedules = owned.map(({ row }) => `Schedule/${row.schedule}`);
    const taken = new Set((await this.agendas.taken(schedules, window, now)).map(({ appointment }) => appointment));
    const known = new Set(found.map(({ id }) => id));
    const others = [...taken].filter((id) => !known.has(id)).map((id) => `Appointment/${id}`);
    const all = [...found, ...(await this.reader.readReferences(others))].map(({ body }) =>
      parseResource('Appointment', body!),
    );
    return all
      .filter((appointment) => appointment.status !== 'entered-in-error')
      .filter((appointment) => !isAgenda || taken.has(appointment.id!) || hasLeft(appointment, owned[0]!))
      .sort((a, b) => (`${a.start}${a.id}` < `${b.start}${b.id}` ? -1 : 1));
  }

  private async search(actors: readonly string[], { start, end }: Interval) {
    if (actors.length === 0) return [];
    const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
    const query = `actor=${encodeURIComponent(actors.join(','))}&date=ge${day(start)}&date=le${day(end)}&_sort=date`;
    const { criteria, sort } = parseSearch('Appointment', query);
    return (await this.reader.search('Appointment', criteria, { count: MAX_APPOINTMENTS, sort, total: 'none' })).rows;
  }
}

/** Cancelled and missed appointments take no time any more, but stay in the calendar. */
function hasLeft(appointment: Appointment, agenda: OwnedAgenda): boolean {
  return ['cancelled', 'noshow'].includes(appointment.status) && isOf(appointment, agenda);
}

/** Does a slot of the appointment name this agenda, or does none name any? */
function isOf(appointment: Appointment, { row }: OwnedAgenda): boolean {
  const slots = list(appointment.slot);
  const prefix = slotId({ agenda: row.code, start: 0, durationMs: 0 }).split('.')[0];
  return slots.length === 0 || slots.some((slot) => localId(slot, 'Slot')?.startsWith(`${prefix}.`));
}

function wordsFor(
  appointment: Appointment,
  subject: Resource,
  people: ReadonlyMap<string, Resource>,
  zone: string,
  names: boolean,
): EventWords {
  const participants = list(appointment.participant).flatMap((participant) => {
    const person = people.get(localTarget(participant.actor) ?? '');
    return person === undefined ? [] : [{ participant, person }];
  });
  const [place] = participants.flatMap(({ person }) => (isType(person, 'Location') ? [person] : []));
  const location = place && placeText(place);
  if (!names) return { zone, summary: neutralSummary(appointment), location };
  const visitors = subject.resourceType === 'Patient' ? /^Practitioner$/ : /^(Patient|RelatedPerson)$/;
  const who = participants
    .filter(({ person }) => visitors.test(person.resourceType))
    .map(({ person }) => nameOf(person))
    .filter(Boolean)
    .join(', ');
  const organizer = participants.find(({ person }) => person.resourceType === 'Practitioner')?.person;
  return {
    ...{
      zone,
      location,
      summary: who === '' ? neutralSummary(appointment) : `${neutralSummary(appointment)} – ${who}`,
    },
    description: [appointment.description, appointment.comment].filter(Boolean).join('\n') || undefined,
    ...(organizer === undefined ? {} : { organizer: { name: nameOf(organizer) ?? '', email: emailOf(organizer) } }),
    attendees: participants
      .filter(({ person }) => PEOPLE.test(person.resourceType) && person !== organizer)
      .map(
        ({ participant, person }): Attendee => ({ name: nameOf(person) ?? '', email: emailOf(person), participant }),
      ),
    attachments: list(appointment.supportingInformation).flatMap(({ reference }) =>
      isWebAddress(reference) ? [reference] : [],
    ),
  };
}

/** An address that a calendar can open, and that cannot begin a line of its own. */
function isWebAddress(reference: string | undefined): reference is string {
  return reference !== undefined && /^https?:\/\/[!-~]+$/.test(reference);
}

const PEOPLE = /^(Patient|RelatedPerson|Practitioner)$/;

function emailOf(person: Resource): string | undefined {
  return mailAddressesOf(person)[0];
}
