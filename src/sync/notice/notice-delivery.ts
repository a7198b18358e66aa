/**
 * Delivers the notices that `notice-follower.ts` queued: reads the current state, writes the text and sends it once.
 * Notices that no longer hold are dropped: a reminder of a moved or cancelled appointment, or any notice to a person
 * who has withdrawn the agreement. A notice whose author has no right to its subject any more is refused.
 * docs/icalendar.md.
 */
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Appointment } from '../../fhir/resources.ts';
import type { OutboxItem } from '../../store/delivery/outbox.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import type { Database } from '../../store/engine/database.ts';
import { LeaveLinks, NoticeLog } from '../../store/records/notice-log.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { ClosureLetters, WATCHERS } from './closure-notices.ts';
import { type ClosureWatchers, isWatcher } from './closure-watchers.ts';
import type { AppointmentNotice, Letter, Notice, NoticeChannel } from './notice.ts';
import { type MailAddress, addressWords } from './notice-words.ts';
import type { ManageAddress } from './manage-address.ts';
import { type NextTimes, NoticeWriter } from './notice-content.ts';
import { digestOf } from './day-of-person.ts';
import { expectedPeople, factsOf } from './notice-follower.ts';
import { isAsked, isStill } from './request-news.ts';

export interface NoticeDeliveryOptions {
  database: Database;
  channel: NoticeChannel;
  /** Public address of the server, without a slash at the end. */
  origin: () => string;
  reminderMs: number;
  now: () => number;
  /** Those who are told of closures without being professionals of the agenda. */
  watchers: Pick<ClosureWatchers, 'spread' | 'find'>;
  /** Why a notice must not leave: its author has lost the right to what it tells of. */
  withdrawn: (notice: Notice) => Promise<string | undefined>;
  /** Where the person manages the appointment. */
  manage?: ManageAddress;
  nextTimes?: NextTimes;
}

const DELIVERED: Delivery = { outcome: 'delivered' };
/** The clocks of two machines may differ by so much. */
const MAX_CLOCK_SKEW_MS = 5000;

export class NoticeDelivery {
  private readonly options: NoticeDeliveryOptions;
  private readonly reader: ResourceReader;
  private readonly writer: NoticeWriter;
  private readonly closures: ClosureLetters;
  private readonly log: NoticeLog;
  private readonly leaveLinks: LeaveLinks;

  constructor(options: NoticeDeliveryOptions) {
    const { database, channel } = options;
    this.options = options;
    this.reader = new ResourceReader(database);
    this.writer = new NoticeWriter(database, options.nextTimes);
    this.closures = new ClosureLetters(database, options.now);
    this.log = new NoticeLog(database, channel.name);
    this.leaveLinks = new LeaveLinks(database);
  }

  async deliver({ payload }: Pick<OutboxItem, 'payload'>): Promise<Delivery> {
    const { channel, origin } = this.options;
    const notice = JSON.parse(payload) as Notice;
    if (this.isEarly(notice)) return { outcome: 'retry', reason: 'not due yet' };
    if (notice.kind === 'closure' && notice.person === WATCHERS) {
      await this.options.watchers.spread(notice, channel.name);
      return DELIVERED;
    }
    const person = await this.personOf(notice);
    const to = person && channel.addressOf(person);
    if (person === undefined || to === undefined) return DELIVERED;
    const letter =
      notice.kind === 'closure' ? await this.closures.letter(notice) : await this.appointmentLetter(notice, person);
    if (letter === undefined) return DELIVERED;
    const reason = await this.options.withdrawn(notice);
    if (reason !== undefined) return { outcome: 'failed', reason };
    const { key } = letter;
    const state = await this.log.begin(key);
    // A process may have died while a reminder left: it is not sent again. Any other notice is: twice does no harm.
    if (state === 'sent' || (state === 'begun' && notice.kind === 'reminder')) return DELIVERED;
    const leave = `${origin()}/notices/${await this.leaveLinks.create(person.resourceType, person.id!)}`;
    const result = await channel.send(await letter.write(to, leave));
    if (result.sent) {
      await this.log.sent(key);
      return DELIVERED;
    }
    await this.log.forget(key);
    return { outcome: result.isFinal ? 'failed' : 'retry', reason: result.reason };
  }

  private async personOf(notice: Notice): Promise<Resource | undefined> {
    if (notice.kind === 'closure' && isWatcher(notice.person)) return this.options.watchers.find(notice);
    const [stored] = await this.reader.readReferences([notice.person]);
    return stored && parseAnyResource(stored.body!);
  }

  private isEarly(notice: Notice): boolean {
    const { now, reminderMs } = this.options;
    if (notice.kind !== 'reminder') return false;
    // A version of the program that had one reminder of each appointment said no more than its start.
    return (notice.due ?? Date.parse(notice.start!) - reminderMs) > now() + MAX_CLOCK_SKEW_MS;
  }

  private async appointmentLetter(notice: AppointmentNotice, person: Resource): Promise<Letter | undefined> {
    const appointment = await this.appointment(notice.appointment);
    if (appointment === undefined || !this.holds(notice, appointment)) return undefined;
    if (await this.isKnown(notice, appointment)) return undefined;
    const { kind, person: name } = notice;
    const day = kind === 'reminder' ? await this.writer.dayOf(appointment, name) : [appointment];
    const key = kind === 'reminder' ? `reminder ${notice.hours} ${digestOf(day)} ${name}` : keyOf(notice, appointment);
    const write: Letter['write'] = async (to, leave) => {
      const manage = ['cancellation', 'answer'].includes(kind) ? [] : await this.addresses(notice, day);
      return this.writer.write({ notice, appointment, day, person, to, leave, key, manage });
    };
    return { key, write };
  }

  /** A new address for each appointment that the mail names. */
  private async addresses({ kind, person }: AppointmentNotice, day: readonly Appointment[]): Promise<MailAddress[]> {
    const found: MailAddress[] = [];
    for (const appointment of day) {
      const address = await this.options.manage?.(appointment, person);
      if (address !== undefined) found.push(...addressWords(kind, address, day.length > 1 ? appointment : undefined));
    }
    return found;
  }

  /** The appointment as it is now; a deleted one counts as cancelled. */
  private async appointment(id: string): Promise<Appointment | undefined> {
    const stored = await this.reader.read('Appointment', id);
    if (stored === undefined) return undefined;
    if (stored.body !== undefined) return parseResource('Appointment', stored.body);
    const last = await this.reader.readVersion('Appointment', id, stored.version - 1);
    if (last?.body === undefined) return undefined;
    const before = parseResource('Appointment', last.body);
    return { ...before, status: 'cancelled', meta: { ...before.meta, versionId: String(stored.version) } };
  }

  /** Did the person hear this last? A change that was taken back before its notice left tells nothing new. */
  private async isKnown({ kind, appointment: id, person }: AppointmentNotice, now: Appointment): Promise<boolean> {
    if (kind !== 'invitation' && kind !== 'change') return false;
    const last = await this.log.lastOf([`request ${id} ${person} `, `cancel ${id} ${person} `]);
    if (last === undefined || !last.startsWith('request ')) return false;
    const told = await this.reader.readVersion('Appointment', id, Number(last.split(' ').at(-1)));
    return told?.body !== undefined && factsOf(parseResource('Appointment', told.body)) === factsOf(now);
  }

  /** Does the notice still match the appointment? */
  private holds({ kind, person, start }: AppointmentNotice, appointment: Appointment): boolean {
    if (kind === 'request') return isAsked(appointment);
    if (kind === 'answer') return appointment.status === 'cancelled';
    if (kind === 'offer' || kind === 'asleep') return isStill(kind, appointment, this.options.now());
    const isExpected = expectedPeople(appointment).includes(person);
    if (kind === 'cancellation') return !isExpected;
    if (!isExpected || Date.parse(appointment.start ?? '') <= this.options.now()) return false;
    return kind !== 'reminder' || Date.parse(appointment.start ?? '') === Date.parse(start!);
  }
}

/** Two notices with one key are the same notice. */
function keyOf({ kind, appointment: id, person }: AppointmentNotice, appointment: Appointment): string {
  return `${KEYS[kind]} ${id} ${person} ${appointment.meta!.versionId}`;
}

const KEYS = {
  reminder: 'reminder',
  invitation: 'request',
  change: 'request',
  cancellation: 'cancel',
  request: 'asked',
  answer: 'answered',
  offer: 'offer',
  asleep: 'asleep',
};
