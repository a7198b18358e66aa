/**
 * Decides who receives a notice about a change of an appointment, when, and about what: an invitation, a change, a
 * cancellation, and a reminder before the start. Only people who agreed to a channel receive notices through it.
 */
import type { Context } from '../../fhir/interaction.ts';
import { participantsOf } from '../../fhir/actors.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { authorOf } from '../../server/authors.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { AppointmentNotice, Notice, NoticeChannel } from './notice.ts';

/** Statuses in which the participants are expected to come. */
const EXPECTED = ['booked', 'arrived', 'checked-in'];

export class NoticeFollower {
  private readonly channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[];
  private readonly reminderMs: number;

  /** `reminderMs`: time between the reminder and the start of the appointment; 0 sends no reminder. */
  constructor(channels: readonly Pick<NoticeChannel, 'name' | 'addressOf'>[], reminderMs: number) {
    this.channels = channels;
    this.reminderMs = reminderMs;
  }

  async follow(context: Context, change: Change, unit: Unit, around: { reader: ResourceReader }): Promise<void> {
    if (context.loading || this.channels.length === 0) return;
    const { id } = change;
    const { before, after } = sidesOf(change, 'Appointment');
    if (isOver(before, context.now) && isOver(after, context.now)) return;
    const [expectedBefore, expectedAfter] = [expectedPeople(before), expectedPeople(after)];
    const isMoved = before !== undefined && after !== undefined && factsOf(before) !== factsOf(after);
    const concerned = [...new Set([...expectedBefore, ...expectedAfter])].filter(
      (person) => isMoved || expectedBefore.includes(person) !== expectedAfter.includes(person),
    );
    const stored = concerned.length === 0 ? [] : await around.reader.readReferences(concerned);
    for (const { type, id: personId, body } of stored) {
      const person = `${type}/${personId}`;
      const isExpected = expectedAfter.includes(person);
      const kind = !isExpected ? 'cancellation' : expectedBefore.includes(person) ? 'change' : 'invitation';
      for (const channel of this.channels) {
        if (channel.addressOf(parseAnyResource(body!)) === undefined) continue;
        const notBefore = kind === 'cancellation' && isForAbsence(after) ? context.now + ABSENCE_UNDO_MS : undefined;
        send(unit, channel.name, { kind, appointment: id, person, author: authorOf(context) }, notBefore);
        if (isExpected) this.remind(unit, channel.name, context.now, { appointment: id, person }, after?.start);
      }
    }
  }

  private remind(
    unit: Unit,
    channel: string,
    now: number,
    about: Pick<AppointmentNotice, 'appointment' | 'person'>,
    start: string | undefined,
  ): void {
    if (start === undefined) return;
    const dueAt = Date.parse(start) - this.reminderMs;
    if (this.reminderMs > 0 && dueAt > now) send(unit, channel, { kind: 'reminder', ...about, start }, dueAt);
  }
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
  const { appointment, person, kind, start } = notice;
  unit.send({
    destination,
    orderingKey: [appointment, person, ...(start === undefined ? [] : [kind, start])].join(' '),
    payload: JSON.stringify(notice),
    ...(notBefore === undefined ? {} : { notBefore }),
  });
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
