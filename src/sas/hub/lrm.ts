/**
 * A played dispatch software (LRM), as small as possible: the appointments that it knows, its journal of messages, and
 * its answers. A message that comes twice gets the same answer twice; an update of an unknown appointment creates it; a
 * creation of a known one is a conflict (409). Spec: 6.6
 */
import { FRANCE } from '../../fhir/date.ts';
import { readAppointment, type ReceivedAppointment } from './appointment-message.ts';
import {
  answerEnvelope,
  type Envelope,
  type HubErrorCode,
  type Received,
  readAck,
  readError,
  readMessage,
  writeAck,
  writeError,
} from './envelope.ts';
import type { Broker, Consumer } from './amqp.ts';
import { schemaFault } from './hub-schema.ts';

/** A line of the journal: a message and the answer to it. `refused`: the status code of the answer. */
export interface LrmEntry {
  /** ISO 8601. */
  at: string;
  distributionId: string;
  sender: string;
  refused?: HubErrorCode;
  cause?: string;
  appointment?: ReceivedAppointment;
}

/**
 * `acknowledge`: takes every message that the Hub's schemas allow. `tolerant`: takes what can be understood, whatever
 * the schemas say. `refuse`: answers every one with a conflict. `silent`: takes, never answers.
 */
export type Attitude = 'acknowledge' | 'tolerant' | 'refuse' | 'silent';

export class LrmState {
  private readonly answered = new Map<string, LrmEntry>();
  private readonly byId = new Map<string, ReceivedAppointment>();

  constructor(journal: Iterable<LrmEntry> = []) {
    for (const entry of journal) this.apply(entry);
  }

  /** Appointments as they are now, by appointmentId. */
  get appointments(): ReadonlyMap<string, ReceivedAppointment> {
    return this.byId;
  }

  /** The entry to write into the journal before the answer; a message that came before gives the same entry again. */
  decide(
    { envelope, message, json }: Received & { envelope: Envelope },
    attitude: Attitude,
    now: number,
  ): { entry: LrmEntry; isNew: boolean } {
    const before = this.answered.get(envelope.distributionId);
    if (before !== undefined) return { entry: before, isNew: false };
    const about = { at: new Date(now).toISOString(), distributionId: envelope.distributionId, sender: envelope.sender };
    const fault = attitude === 'tolerant' ? undefined : schemaFault(json);
    const read = fault === undefined ? readAppointment(message) : { fault };
    if ('fault' in read) return { entry: { ...about, refused: 300, cause: read.fault }, isNew: true };
    const { appointment } = read;
    if (attitude === 'refuse')
      return { entry: { ...about, refused: 409, cause: 'refused on demand', appointment }, isNew: true };
    const { method, appointmentId } = appointment;
    if (method === 'CreateAppointment' && this.byId.has(appointmentId)) {
      const cause = `appointment ${appointmentId} exists already`;
      return { entry: { ...about, refused: 409, cause, appointment }, isNew: true };
    }
    return { entry: { ...about, appointment }, isNew: true };
  }

  apply(entry: LrmEntry): void {
    this.answered.set(entry.distributionId, entry);
    const { appointment, refused } = entry;
    if (appointment === undefined || refused !== undefined) return;
    // An update may leave out people who were named before.
    this.byId.set(appointment.appointmentId, { ...this.byId.get(appointment.appointmentId), ...appointment });
  }
}

export interface LrmTools {
  broker: Broker;
  clientId: string;
  exchange: string;
  state: LrmState;
  attitude: Attitude;
  /** Must have the entry on disk when it returns: then the sender gets the answer. */
  record: (entry: LrmEntry) => void;
  /** Shows a line to the dispatcher, in French. */
  show: (line: string) => void;
  now: () => number;
}

/** Listens to `{clientId}.message`, and to the Hub's answers to its own messages. */
export function playLrm({ broker, clientId, exchange, state, attitude, record, show, now }: LrmTools): Consumer {
  const answer = async (envelope: Envelope, { refused, cause }: LrmEntry, source: Received['json']): Promise<void> => {
    const kind = refused === undefined ? 'Ack' : 'Error';
    const back = answerEnvelope({ sender: clientId, recipient: envelope.sender, kind, sentAt: now() });
    const text =
      refused === undefined
        ? writeAck(back, envelope.distributionId)
        : writeError(back, { code: refused, cause: cause ?? '', about: envelope.distributionId, source });
    await broker.publish({ exchange, routingKey: clientId, messageId: back.distributionId, text });
  };
  const messages = broker.consume(`${clientId}.message`, async ({ text }) => {
    const received = readMessage(text);
    const { envelope, json, fault } = received;
    if (envelope === undefined) return show(`message incompris, mis de côté : ${fault}`);
    const { entry, isNew } = state.decide({ ...received, envelope }, attitude, now());
    if (isNew) {
      record(entry);
      state.apply(entry);
    }
    show(`${isNew ? '' : '(répété) '}${inFrench(entry)}`);
    if (attitude !== 'silent') await answer(envelope, entry, json);
  });
  const info = broker.consume(`${clientId}.info`, async ({ text }) => {
    const error = readError(readMessage(text).message);
    show(
      error === undefined
        ? 'information incomprise du Hub'
        : `le Hub refuse notre réponse : ${error.code} ${error.status} ${error.cause}`,
    );
  });
  const acks = broker.consume(`${clientId}.ack`, async ({ text }) =>
    show(`accusé de réception de ${readAck(readMessage(text).message)?.about ?? '?'}`),
  );
  return {
    async close() {
      await Promise.all([messages, info, acks].map((consumer) => consumer.close()));
    },
  };
}

const FRENCH_STATUS: Record<ReceivedAppointment['status'], string> = {
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
    timeZone: FRANCE,
  }).format(new Date(appointment.start));
  const { practitioner, organization, regulator } = appointment;
  const who =
    [practitioner && `${practitioner.firstName} ${practitioner.lastName}`, organization?.name]
      .filter((name) => name !== undefined)
      .join(', ') || 'professionnel non précisé';
  const by =
    regulator === undefined ? '' : `, pris par ${regulator.regulatorFirstname ?? ''} ${regulator.regulatorName ?? ''}`;
  const what = appointment.method === 'CreateAppointment' ? 'Nouveau rendez-vous' : 'Mise à jour';
  const refusal = refused === undefined ? '' : `refusé ${refused} (${cause}) · `;
  const status = FRENCH_STATUS[appointment.status];
  return `${refusal}${what}, ${when}, ${status} : ${who}${by} [${appointment.appointmentId}]`;
}
