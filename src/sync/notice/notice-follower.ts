/**
 * Decides who receives a notice about a change of an appointment, when, and about what: an invitation, a change, a
 * cancellation, and a reminder before the start. Only people who agreed to a channel receive notices through it.
 */
import type { Context } from '../../fhir/interaction.ts';
import { participantsOf } from '../../fhir/actors.ts';
import { FRANCE } from '../../fhir/date.ts';
import { keysOfConcept } from '../../fhir/french/visit-kind.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { authorOf } from '../../server/authors.ts';
import { reminderAt, usualHours } from '../../scheduling/reminders.ts';
import type { OccupiedAgenda, Surroundings } from '../../server/feature.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { AppointmentNotice, Notice, NoticeChannel } from './notice.ts';
import { requestNews } from './request-news.ts';

/** Hours between the reminder and the start (0: none), and whether those who book far ahead hear a week before too. */
export interface ReminderSettings {
  hours: number;
  isFarToo: boolean;
}

/** Statuses in which the participants are expected to come. */
const EXPECTED = ['booked', 'arrived', 'checked-in'];

export class NoticeFollower {
  private readonly channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[];
  private readonly reminders: ReminderSettings;

  constructor(channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[], reminders: ReminderSettings) {
    this.channels = channels;
    this.reminders = reminders;
  }

  async follow(context: Context, change: Change, unit: Unit, around: Surroundings): Promise<void> {
    if (context.loading || this.channels.length === 0) return;
    const { id } = change;
    const { before, after } = sidesOf(change, 'Appointment');
    if (isOver(before, context.now) && isOver(after, context.now)) return;
    await this.followRequest(context, id, before, after, unit, around.reader);
    const [expectedBefore, expectedAfter] = [expectedPeople(before), expectedPeople(after)];
    const isMoved = before !== undefined && after !== undefined && factsOf(before) !== factsOf(after);
    const concerned = [...new Set([...expectedBefore, ...expectedAfter])].filter(
      (person) => isMoved || expectedBefore.includes(person) !== expectedAfter.includes(person),
    );
    const stored = concerned.length === 0 ? [] : await around.reader.readReferences(concerned);
    const agendas = once(async () => (after === undefined ? [] : around.agendasOf(after)));
    for (const { type, id: personId, body } of stored) {
      const person = `${type}/${personId}`;
      const isExpected = expectedAfter.includes(person);
      const kind = !isExpected ? 'cancellation' : expectedBefore.includes(person) ? 'change' : 'invitation';
      for (const channel of this.channels) {
        if (channel.addressOf(parseAnyResource(body!)) === undefined) continue;
        const notBefore = kind === 'cancellation' && isForAbsence(after) ? context.now + ABSENCE_UNDO_MS : undefined;
        send(unit, channel.name, { kind, appointment: id, person, ...authorIn(context) }, notBefore);
        if (isExpected)
          this.remind(unit, channel.name, context.now, { appointment: id, person }, after!, await agendas());
      }
    }
  }

  /** Tells those who asked by a page, or wait, what has become of it. */
  private async followRequest(
    context: Context,
    id: string,
    before: Appointment | undefined,
    after: Appointment | undefined,
    unit: Unit,
    reader: ResourceReader,
  ): Promise<void> {
    const kind = requestNews(before, after);
    if (kind === undefined) return;
    const people = patientsIn(after!);
    for (const { type, id: personId, body } of people.length === 0 ? [] : await reader.readReferences(people))
      for (const channel of this.channels) {
        if (channel.addressOf(parseAnyResource(body!)) === undefined) continue;
        send(unit, channel.name, { kind, appointment: id, person: `${type}/${personId}`, ...authorIn(context) });
      }
  }

  /** As often as the kind of visit says, else as the server does. */
  private remind(
    unit: Unit,
    channel: string,
    now: number,
    about: Pick<AppointmentNotice, 'appointment' | 'person'>,
    { start, serviceType }: Appointment,
    agendas: readonly OccupiedAgenda[],
  ): void {
    if (start === undefined) return;
    const keys = list(serviceType).flatMap(keysOfConcept);
    const own = agendas.flatMap(({ agenda }) => agenda.kinds.filter(({ key }) => keys.includes(key)));
    const { hours, isFarToo } = this.reminders;
    const at = Date.parse(start);
    const zone = agendas[0]?.agenda.zone ?? FRANCE;
    for (const before of own[0]?.reminderHours ?? usualHours(hours, isFarToo, at, now)) {
      const due = reminderAt(at, before, zone, now);
      if (due !== undefined) send(unit, channel, { kind: 'reminder', ...about, start, hours: before, due }, due);
    }
  }
}

/** Patients and relatives who take part. */
function patientsIn(appointment: Appointment): string[] {
  return [...new Set(participantsOf(appointment))].filter((reference) => /^(Patient|RelatedPerson)\//.test(reference));
}

/** A visitor of a public page has no rights that somebody could withdraw before the notice leaves. */
function authorIn(context: Context): Pick<Notice, 'author'> {
  return context.visitor === undefined && context.isOwnWork !== true ? { author: authorOf(context) } : {};
}

/** An absence that was laid by mistake can be taken back before anybody hears of it. */
const ABSENCE_UNDO_MS = 10 * 60_000;

function isForAbsence(appointment: Appointment | undefined): boolean {
  return list(appointment?.cancelationReason?.coding).some(
    ({ system, code }) => system === 'urn:creneau:fhir:cancelation' && code === 'absence',
  );
}

/** Notices about one appointment to one person leave in order. A reminder has a queue of its own: it waits. */
function send(unit: Unit, destination: string, notice: AppointmentNotice & Notice, notBefore?: number): void {
  const { appointment, person, kind, start, due } = notice;
  unit.send({
    destination,
    orderingKey: [appointment, person, ...(start === undefined ? [] : [kind, start, due])].join(' '),
    payload: JSON.stringify(notice),
    ...(notBefore === undefined ? {} : { notBefore }),
  });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => (done ??= work());
}

/** Types of participants who have an address of their own. */
const PEOPLE = /^(Patient|RelatedPerson|Practitioner|PractitionerRole)\//;

/** References to the people who are expected to come. */
export function expectedPeople(appointment: Appointment | undefined): string[] {
  if (appointment === undefined || !EXPECTED.includes(appointment.status)) return [];
  const references = list(appointment.participant)
    .filter((participant) => participant.status !== 'declined')
    .flatMap(({ actor }) => localTarget(actor) ?? []);
  return [...new Set(references)].filter((reference) => PEOPLE.test(reference));
}

/** The facts whose change is worth a notice, as a text to compare. */
export function factsOf({ start, end, slot, participant }: Appointment): string {
  const places = participantsOf({ participant }).filter((target) =>
    /^(Location|Practitioner|PractitionerRole)\//.test(target),
  );
  return JSON.stringify([Date.parse(start ?? ''), Date.parse(end ?? ''), slot, places]);
}

function isOver(appointment: Appointment | undefined, now: number): boolean {
  return appointment === undefined || Date.parse(appointment.end ?? appointment.start ?? '') <= now;
}
