/** Notices about appointments and agendas, and the channels that carry them: mail today. */
import type { Resource } from '../../fhir/resource.ts';
import type { Author } from '../../server/authors.ts';

/**
 * `request`: somebody asked for the appointment by a page; `answer`: the request came to nothing. `offer`: a time
 * came free for somebody who waits; `asleep`: that person has not answered, and gets no more offers.
 */
export type NoticeKind =
  | 'invitation'
  | 'change'
  | 'cancellation'
  | 'reminder'
  | 'closure'
  | 'request'
  | 'answer'
  | 'offer'
  | 'asleep';

/** A message in the outbox. It names appointments and people by id alone; the text is written on delivery. */
export type Notice = (AppointmentNotice | ClosureNotice) & {
  /** The author of the change. Absent in a reminder: the practice owes that to its patients, whoever booked. */
  author?: Author;
};

export interface AppointmentNotice {
  kind: Exclude<NoticeKind, 'closure'>;
  appointment: string;
  /** `Patient/1` */
  person: string;
  /**
   * Of a reminder: the start of the appointment when the reminder was planned, how many hours before it was
   * meant to leave, and when it does (epoch ms).
   */
  start?: string;
  hours?: number;
  due?: number;
}

/** An imported calendar has closed an agenda over these appointments. */
export interface ClosureNotice {
  kind: 'closure';
  schedule: string;
  /** `Practitioner/1`, or somebody who logs in and asked for it (`closure-watchers.ts`). */
  person: string;
  appointments: readonly string[];
}

export interface NoticeContent {
  /** The same text for the same notice, whenever it is sent. */
  key: string;
  to: string;
  /** `Rendez-vous confirmé : lundi 14 décembre 2026 à 08:00` */
  subject: string;
  opening: string;
  /** The subject, the time, the people and the place, a line each. */
  facts: string[];
  /** Address where one click stops all notices. */
  leave: string;
  /** Addresses where the patient sees, moves and cancels, each with its words. */
  manage?: readonly { words: string; address: string }[];
  /** Not for a reminder: the invitation is in the calendar already. */
  invitation?: Invitation;
}

/** A notice that still holds, to be written for one person. */
export interface Letter {
  key: string;
  write(to: string, leave: string): Promise<NoticeContent>;
}

export interface Invitation {
  method: 'REQUEST' | 'CANCEL';
  /** The iCalendar object. `organizerEmail` receives the answers. */
  text(organizerEmail: string): string;
}

export type SendResult = { sent: true } | { sent: false; isFinal: boolean; reason: string };

/** How notices reach people. `notice-follower.ts` decides who receives one, when, and about what. */
export interface NoticeChannel {
  /** Destination of its messages in the outbox. */
  readonly name: string;
  /** Where the person agreed to receive notices through this channel, if anywhere. */
  addressOf(person: Resource): string | undefined;
  /** Never throws. The reason of a failure names no address. */
  send(content: NoticeContent): Promise<SendResult>;
}
