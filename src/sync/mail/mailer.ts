/**
 * Delivers the messages of `mail-follower.ts`: reads what holds now, writes the mail in French with the iCalendar
 * object, sends it once. A reminder
 * of an appointment that was moved or cancelled is not sent; nor is anything to a person who has withdrawn the
 * agreement. docs/icalendar.md.
 */
import { frenchTime } from '../../scheduling/french-time.ts';
import { createHash } from 'node:crypto';
import { FRANCE } from '../../fhir/date.ts';
import { readTimezone } from '../../fhir/french/fr-extensions.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Json, Reference, Resource } from '../../fhir/resource.ts';
import { AgendaReader } from '../../store/resources/agenda-reader.ts';
import type { Database } from '../../store/engine/database.ts';
import { MailLog } from '../../store/records/mail-log.ts';
import type { OutboxItem } from '../../store/delivery/outbox.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { appointmentEvent, nameOf, neutralSummary, placeText } from '../ical/appointment-event.ts';
import { PRODUCT } from '../ical/availability-in.ts';
import { component, property, writeCalendar } from '../ical/content-line.ts';
import { zoneComponent } from '../ical/zone-rules.ts';
import { agreedAddress } from './agreement.ts';
import { expected, type MailMessage } from './mail-follower.ts';
import type { MailTransport } from './transport.ts';

export interface MailerOptions {
  database: Database;
  transport: Pick<MailTransport, 'send'>;
  from: string;
  /** Where the links lead, without a slash at the end. */
  origin: () => string;
  reminderMs: number;
  now: () => number;
}

const DELIVERED: Delivery = { outcome: 'delivered' };
/** Clocks of two machines agree as well as that. */
const SKEW = 5000;

export class Mailer {
  private readonly options: MailerOptions;
  private readonly reader: ResourceReader;
  private readonly agendas: AgendaReader;
  private readonly log: MailLog;

  constructor(options: MailerOptions) {
    this.options = options;
    this.reader = new ResourceReader(options.database);
    this.agendas = new AgendaReader(options.database);
    this.log = new MailLog(options.database);
  }

  async deliver({ payload }: Pick<OutboxItem, 'payload'>): Promise<Delivery> {
    const message = JSON.parse(payload) as MailMessage;
    const { now, reminderMs } = this.options;
    if (message.kind === 'reminder' && Date.parse(message.start!) - reminderMs > now() + SKEW)
      return { outcome: 'retry', reason: 'not due yet' };
    const appointment = await this.appointment(message.appointment);
    const [person] = await this.reader.readReferences([message.person]);
    if (appointment === undefined || person === undefined || !this.holds(message, appointment)) return DELIVERED;
    const subject = parseJson(person.body!) as Resource;
    const to = agreedAddress(subject);
    if (to === undefined) return DELIVERED;
    const key = [
      message.kind === 'reminder'
        ? `reminder ${message.start}`
        : message.kind === 'cancellation'
          ? 'cancel'
          : 'request',
      message.appointment,
      message.person,
      ...(message.kind === 'reminder' ? [] : [appointment.meta!.versionId]),
    ].join(' ');
    const state = await this.log.begin(key);
    // A reminder that may have left before the process died is not sent again; of the rest, the same mail twice does no
    // harm, and none at all would.
    if (state === 'sent' || (state === 'begun' && message.kind === 'reminder')) return DELIVERED;
    const leave = `${this.options.origin()}/mail/${await this.log.leaveToken(person.type, person.id)}`;
    const result = await this.options.transport.send(await this.write(message, appointment, subject, to, leave, key));
    if (result.sent) {
      await this.log.sent(key);
      return DELIVERED;
    }
    await this.log.forget(key);
    return { outcome: result.isFinal ? 'failed' : 'retry', reason: result.reason };
  }

  /** As it is; of a deleted one, as it was. */
  private async appointment(id: string): Promise<Resource | undefined> {
    const stored = await this.reader.read('Appointment', id);
    if (stored === undefined) return undefined;
    if (stored.body !== undefined) return parseJson(stored.body) as Resource;
    const last = await this.reader.readVersion('Appointment', id, stored.version - 1);
    if (last?.body === undefined) return undefined;
    const before = parseJson(last.body) as Resource;
    return { ...before, status: 'cancelled', meta: { ...before.meta, versionId: String(stored.version) } };
  }

  /** Is what the message says still so? */
  private holds({ kind, person, start }: MailMessage, appointment: Resource): boolean {
    const isExpected = expected(appointment).includes(person);
    if (kind === 'cancellation') return !isExpected;
    if (!isExpected || Date.parse(appointment['start']) <= this.options.now()) return false;
    return kind !== 'reminder' || Date.parse(appointment['start']) === Date.parse(start!);
  }

  private async write(
    { kind, person: reference }: MailMessage,
    appointment: Resource,
    person: Resource,
    to: string,
    leave: string,
    key: string,
  ) {
    const { from } = this.options;
    const participants = (appointment['participant'] as Json[] | undefined) ?? [];
    const others = (
      await this.reader.readReferences(participants.map((participant) => participant.actor?.reference ?? ''))
    ).map((reference) => parseJson(reference.body!) as Resource);
    const zone = await this.zoneOf(appointment, others);
    const place = others.find((other) => other.resourceType === 'Location');
    // Who receives is told whom to see; who sees is not told by mail whom he or she receives.
    const isPatient = /^(Patient|RelatedPerson)\//.test(reference);
    const doctor = isPatient ? others.find((other) => other.resourceType === 'Practitioner') : undefined;
    const what = neutralSummary({ ...appointment, status: 'booked' });
    const when = frenchTime(Date.parse(appointment['start']), zone);
    const lines = [
      what,
      when,
      ...(doctor === undefined ? [] : [`Avec ${nameOf(doctor)}`]),
      ...(place === undefined ? [] : [placeText(place)]),
    ];
    const own = participants.find((participant) => participant.actor?.reference === reference) ?? {
      status: 'needs-action',
    };
    const event = appointmentEvent(kind === 'cancellation' ? { ...appointment, status: 'cancelled' } : appointment, {
      ...{
        zone,
        summary: doctor === undefined ? what : `${what} – ${nameOf(doctor)}`,
        location: place && placeText(place),
      },
      organizer: { name: (doctor && nameOf(doctor)) ?? 'Créneau', email: addressIn(from) },
      attendees: [{ name: nameOf(person) ?? to, email: to, participant: own }],
    });
    const method: 'CANCEL' | 'REQUEST' = kind === 'cancellation' ? 'CANCEL' : 'REQUEST';
    const heading = [
      property('version', 'text', '2.0'),
      property('prodid', 'text', PRODUCT),
      property('method', 'text', method),
    ];
    const calendar =
      event === undefined || kind === 'reminder'
        ? undefined
        : {
            method,
            text: writeCalendar(
              component('vcalendar', heading, [zoneComponent(zone, Date.parse(appointment['start'])), event]),
            ),
          };
    return {
      ...{ from, to, leave },
      subject: `${SUBJECT[kind]} : ${when}`,
      text: [
        OPENING[kind],
        '',
        ...lines,
        '',
        'Ce message est envoyé automatiquement : ne répondez pas.',
        `Ne plus recevoir ces messages : ${leave}`,
        '',
      ].join('\n'),
      ...(calendar === undefined ? {} : { calendar }),
      messageId: `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@creneau>`,
    };
  }

  /** The agenda's, else the place's, else that of France. */
  private async zoneOf(appointment: Resource, others: readonly Resource[]): Promise<string> {
    const code = /^Slot\/([0-9a-z]+)\./.exec(
      ((appointment['slot'] as Reference[] | undefined) ?? [])[0]?.reference ?? '',
    )?.[1];
    const row = code === undefined ? undefined : await this.agendas.byCode(code);
    const [schedule] = row === undefined ? [] : await this.agendas.schedules([row.schedule]);
    const own = schedule === undefined ? undefined : readTimezone(parseJson(schedule.body) as Resource);
    const ofPlace = row === undefined ? undefined : (JSON.parse(row.context) as { placeZone?: string }).placeZone;
    return (
      own ??
      ofPlace ??
      others
        .filter((other) => other.resourceType === 'Location')
        .map(readTimezone)
        .find((one) => one !== undefined) ??
      FRANCE
    );
  }
}

const SUBJECT: Record<MailMessage['kind'], string> = {
  invitation: 'Rendez-vous confirmé',
  change: 'Rendez-vous modifié',
  cancellation: 'Rendez-vous annulé',
  reminder: 'Rappel de rendez-vous',
};
const OPENING: Record<MailMessage['kind'], string> = {
  invitation: 'Bonjour,\n\nvotre rendez-vous est confirmé :',
  change: 'Bonjour,\n\nvotre rendez-vous a changé. Le voici maintenant :',
  cancellation: 'Bonjour,\n\nce rendez-vous est annulé :',
  reminder: 'Bonjour,\n\nnous vous rappelons ce rendez-vous :',
};

function addressIn(from: string): string {
  return /<([^>]+)>/.exec(from)?.[1] ?? from;
}
