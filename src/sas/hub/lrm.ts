/**
 * A minimal dispatch software (LRM): what it knows of each appointment, its history of messages, and its answers. A
 * repeated message gets the same answer again; an update of an unknown appointment creates it; a creation of a known
 * one is a conflict (409). Spec: 6.6
 */
import { randomUUID } from 'node:crypto';
import { readAppointment, type ReceivedAppointment } from './appointment-message.ts';
import {
  acknowledged,
  type Envelope,
  type ErrorCode,
  type Received,
  readError,
  readMessage,
  writeAck,
  writeError,
} from './envelope.ts';
import type { Broker, Consumer } from './amqp.ts';

/** A line of its journal: a message and what was made of it. `refused`: the status code that it was answered with. */
export interface LrmEntry {
  /** ISO 8601. */
  at: string;
  distributionId: string;
  sender: string;
  refused?: ErrorCode;
  cause?: string;
  appointment?: ReceivedAppointment;
}

/** `acknowledge`: what is right is taken. `refuse`: everything is in conflict. `silent`: takes and says nothing. */
export type Attitude = 'acknowledge' | 'refuse' | 'silent';

export class LrmState {
  private readonly answered = new Map<string, LrmEntry>();
  private readonly known = new Map<string, ReceivedAppointment>();

  constructor(journal: Iterable<LrmEntry> = []) {
    for (const entry of journal) this.apply(entry);
  }

  /** Appointments as they are now, by appointmentId. */
  get appointments(): ReadonlyMap<string, ReceivedAppointment> {
    return this.known;
  }

  /**
   * What is to be written into the journal before it is answered; a message that was there before gives the same entry.
   */
  decide(
    envelope: Envelope,
    message: Received['message'],
    attitude: Attitude,
    now: number,
  ): { entry: LrmEntry; isNew: boolean } {
    const before = this.answered.get(envelope.distributionId);
    if (before !== undefined) return { entry: before, isNew: false };
    const about = { at: new Date(now).toISOString(), distributionId: envelope.distributionId, sender: envelope.sender };
    const read = readAppointment(message);
    if ('fault' in read) return { entry: { ...about, refused: 300, cause: read.fault }, isNew: true };
    const { appointment } = read;
    if (attitude === 'refuse')
      return { entry: { ...about, refused: 409, cause: 'refused on demand', appointment }, isNew: true };
    const isConflict = appointment.method === 'CreateAppointment' && this.known.has(appointment.appointmentId);
    return {
      entry: {
        ...about,
        ...(isConflict
          ? { refused: 409 as const, cause: `appointment ${appointment.appointmentId} exists already` }
          : {}),
        appointment,
      },
      isNew: true,
    };
  }

  apply(entry: LrmEntry): void {
    this.answered.set(entry.distributionId, entry);
    const { appointment, refused } = entry;
    if (appointment === undefined || refused !== undefined) return;
    // An update may leave out who was named before.
    this.known.set(appointment.appointmentId, { ...this.known.get(appointment.appointmentId), ...appointment });
  }
}

export interface LrmTools {
  broker: Broker;
  clientId: string;
  exchange: string;
  state: LrmState;
  attitude: Attitude;
  /** Must have it on disk when it returns: then the sender is told. */
  record: (entry: LrmEntry) => void;
  /** What the dispatcher reads, in French. */
  tell: (line: string) => void;
  now: () => number;
}

/** Listens to `{clientId}.message` and to what the Hub says of its own answers. */
export function playLrm({ broker, clientId, exchange, state, attitude, record, tell, now }: LrmTools): Consumer {
  const answer = async (envelope: Envelope, { refused, cause }: LrmEntry, source: Received['json']): Promise<void> => {
    const at = now();
    const back: Envelope = {
      distributionId: `${clientId}_${randomUUID()}`,
      sender: clientId,
      recipient: envelope.sender,
      kind: refused === undefined ? 'Ack' : 'Error',
      sentAt: at,
      expiresAt: at + 86_400_000,
    };
    const text =
      refused === undefined
        ? writeAck(back, envelope.distributionId)
        : writeError(back, { code: refused, cause: cause ?? '', about: envelope.distributionId, source });
    await broker.publish({ exchange, routingKey: clientId, messageId: back.distributionId, text });
  };
  const messages = broker.consume(`${clientId}.message`, async ({ text }) => {
    const { envelope, message, json, fault } = readMessage(text);
    if (envelope === undefined) return tell(`message incompris, mis de côté : ${fault}`);
    const { entry, isNew } = state.decide(envelope, message, attitude, now());
    if (isNew) {
      record(entry);
      state.apply(entry);
    }
    tell(`${isNew ? '' : '(répété) '}${inFrench(entry)}`);
    if (attitude !== 'silent') await answer(envelope, entry, json);
  });
  const info = broker.consume(`${clientId}.info`, async ({ text }) => {
    const error = readError(readMessage(text).message);
    tell(
      error === undefined
        ? 'information incomprise du Hub'
        : `le Hub refuse notre réponse : ${error.code} ${error.status} ${error.cause}`,
    );
  });
  const acks = broker.consume(`${clientId}.ack`, async ({ text }) =>
    tell(`accusé de réception de ${acknowledged(readMessage(text).message) ?? '?'}`),
  );
  return {
    async close() {
      await Promise.all([messages, info, acks].map((one) => one.close()));
    },
  };
}

const STATUS: Record<ReceivedAppointment['status'], string> = {
  pending: 'en attente',
  booked: 'réservé',
  fulfilled: 'honoré',
  noshow: 'non honoré',
  cancelled: 'ANNULÉ',
};

/** `Nouveau rendez-vous, mardi 1 décembre à 09:00, réservé : Dr Claire Martin, pris par Jean Régul` */
function inFrench({ appointment, refused, cause }: LrmEntry): string {
  if (appointment === undefined) return `refusé ${refused} : ${cause}`;
  const when = new Intl.DateTimeFormat('fr-FR', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'Europe/Paris',
  }).format(new Date(appointment.start));
  const { practitioner, organization, regulator } = appointment;
  const who =
    [practitioner && `${practitioner.firstName} ${practitioner.lastName}`, organization?.name]
      .filter((one) => one !== undefined)
      .join(', ') || 'professionnel non précisé';
  const by =
    regulator === undefined ? '' : `, pris par ${regulator.regulatorFirstname ?? ''} ${regulator.regulatorName ?? ''}`;
  const what = appointment.method === 'CreateAppointment' ? 'Nouveau rendez-vous' : 'Mise à jour';
  return `${refused === undefined ? '' : `refusé ${refused} (${cause}) · `}${what}, ${when}, ${STATUS[appointment.status]} : ${who}${by} [${appointment.appointmentId}]`;
}
