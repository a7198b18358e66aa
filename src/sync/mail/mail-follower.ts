/**
 * Which mails a change of an appointment sends: an invitation, a change, a cancellation, and a reminder before it. A
 * message names the
 * appointment and the person by id alone: what is written is made when it is delivered, from what holds then. Only to
 * people who agreed.
 */
import type { Context } from '../../fhir/interaction.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/repository.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import { agreedAddress } from './agreement.ts';

export const MAIL = 'mail';

export interface MailMessage {
  kind: 'invitation' | 'change' | 'cancellation' | 'reminder';
  appointment: string;
  /** `Patient/1` */
  person: string;
  /** The start that a reminder is about: another one has a reminder of its own. */
  start?: string;
}

/** Statuses in which a person is expected. */
const EXPECTED = ['booked', 'arrived', 'checked-in'];

export class MailFollower {
  private readonly reminderMs: number;

  /** `reminderMs`: how long before the start; 0: none. */
  constructor(reminderMs: number) {
    this.reminderMs = reminderMs;
  }

  async follow(
    context: Context,
    { id, before, after }: Change,
    unit: Unit,
    around: { reader: ResourceReader },
  ): Promise<void> {
    if (context.loading) return;
    const [was, is] = [expected(before), expected(after)];
    const people = [...new Set([...was, ...is])];
    if (people.length === 0 || (isOver(before, context.now) && isOver(after, context.now))) return;
    const moved = before !== undefined && after !== undefined && told(before) !== told(after);
    const concerned = people.filter((person) => moved || was.includes(person) !== is.includes(person));
    const read = concerned.length === 0 ? [] : await around.reader.readReferences(concerned);
    for (const stored of read) {
      const person = `${stored.type}/${stored.id}`;
      if (agreedAddress(parseJson(stored.body!) as Resource) === undefined) continue;
      const kind = !is.includes(person) ? 'cancellation' : was.includes(person) ? 'change' : 'invitation';
      send(unit, { kind, appointment: id, person });
      if (is.includes(person)) this.remind(unit, context, id, person, after!['start']);
    }
  }

  private remind(unit: Unit, { now }: Context, appointment: string, person: string, start: string): void {
    const due = Date.parse(start) - this.reminderMs;
    if (this.reminderMs > 0 && due > now) send(unit, { kind: 'reminder', appointment, person, start }, due);
  }
}

/** A reminder waits in a line of its own. */
function send(unit: Unit, message: MailMessage, notBefore?: number): void {
  const line = [
    message.appointment,
    message.person,
    ...(message.start === undefined ? [] : [message.kind, message.start]),
  ].join(' ');
  unit.send({
    destination: MAIL,
    orderingKey: line,
    payload: JSON.stringify(message),
    ...(notBefore === undefined ? {} : { notBefore }),
  });
}

/** People who have an e-mail address of their own. */
const PEOPLE = /^(Patient|RelatedPerson|Practitioner|PractitionerRole)\//;

export function expected(appointment: Resource | undefined): string[] {
  if (appointment === undefined || !EXPECTED.includes(appointment['status'])) return [];
  const participants = (appointment['participant'] as Json[] | undefined) ?? [];
  return [
    ...new Set(
      participants
        .filter((participant) => participant.status !== 'declined')
        .map((participant) => String(participant.actor?.reference ?? '')),
    ),
  ].filter((one) => PEOPLE.test(one));
}

/** What a change of is worth a mail. */
function told({ start, end, slot, participant }: Resource): string {
  const places = ((participant as Json[] | undefined) ?? [])
    .map((participant) => participant.actor?.reference)
    .filter((reference) => /^(Location|Practitioner|PractitionerRole)\//.test(reference ?? ''));
  return JSON.stringify([Date.parse(start ?? ''), Date.parse(end ?? ''), slot, places]);
}

function isOver(appointment: Resource | undefined, now: number): boolean {
  return appointment === undefined || Date.parse(appointment['end'] ?? appointment['start'] ?? '') <= now;
}
