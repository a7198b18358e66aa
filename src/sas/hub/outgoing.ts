/**
 * From the outbox to the Hub: one order (a version of an appointment) becomes one message. The ledger has it before it
 * leaves, and the broker confirms it before the next message about the same appointment. Spec: 6.6
 */
import { randomUUID } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { parseResource } from '../../fhir/json.ts';
import type { HubMessage, HubMessages, HubOrder } from '../../store/records/hub-messages.ts';
import type { OutboxItem } from '../../store/delivery/outbox.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Broker } from './amqp.ts';
import { orientationOf } from '../contract/appointment.ts';
import { HUB_METHODS, type HubMethod, toMessage } from './appointment-message.ts';
import { type Envelope, HUB_ERRORS, isText, writeReport } from './envelope.ts';
import { schemaFault } from './hub-schema.ts';
import { organizationOf, practitionerOf, regulatorOf } from './people.ts';
import { type SamuSettings, samuOf } from './samu.ts';

export interface OutgoingTools {
  broker: Broker;
  /**
   * Waits a moment for the broker; `false` when it is still away. So a few messages wait here, and the others stay in
   * the outbox untouched.
   */
  connected: () => Promise<boolean>;
  ledger: HubMessages;
  reader: ResourceReader;
  /** In force now. */
  samus: () => SamuSettings;
  /** Our client id: sender and routing key. */
  clientId: string;
  exchange: string;
  /** How long a message may wait for the LRM. */
  ttlMs: number;
  now: () => number;
}

/** Delivers an outbox message of destination `hub`. */
export async function deliver(tools: OutgoingTools, item: OutboxItem): Promise<Delivery> {
  const { broker, ledger, now } = tools;
  if (!(await tools.connected())) return { outcome: 'retry', reason: 'the broker cannot be reached' };
  const order = readOrder(item.payload);
  if (order === undefined)
    return { outcome: 'failed', reason: 'the outbox message is not {appointment, version, method}' };
  let message: Pick<HubMessage, 'id' | 'body' | 'expiresAt'> | undefined;
  const before = await ledger.ofOutbox(item.id);
  if (before !== undefined) {
    // A process ended between the broker's confirmation and the outbox.
    if (before.state !== 'sent') return { outcome: 'delivered' };
    // The same message again, under the same distributionID: a recipient that has it already recognises it.
    if (before.expiresAt > now()) message = before;
    else await ledger.ended(before.id, 'expired', now(), { error: 'it could not leave in time' });
  }
  if (message === undefined) {
    if (order.replaces !== undefined) {
      const later = await ledger.later(order.appointment, order.version);
      if (later !== undefined) {
        await ledger.supersede(order.replaces, later);
        return { outcome: 'delivered' };
      }
    }
    const written = await compose(tools, item, order);
    if ('outcome' in written) return written;
    message = written;
  }
  await broker.publish({
    exchange: tools.exchange,
    routingKey: tools.clientId,
    messageId: message.id,
    text: message.body!,
  });
  await ledger.taken(message.id, now());
  return { outcome: 'delivered' };
}

/**
 * Writes the message and its line of the ledger. While the regulator has no account the order is tried again, for as
 * long as a message lives; then it fails.
 */
async function compose(
  tools: OutgoingTools,
  item: OutboxItem,
  order: HubOrder & { method: HubMethod },
): Promise<Delivery | { id: string; body: string; expiresAt: number }> {
  const { ledger, clientId, ttlMs, now } = tools;
  const sentAt = now();
  const id = `${clientId}_${randomUUID()}`;
  const line = {
    id,
    outbox: item.id,
    appointment: order.appointment,
    version: order.version,
    method: order.method,
    repeats: order.repeats ?? 0,
    sentAt,
    expiresAt: sentAt + ttlMs,
  };
  let recipient: string;
  let body: string;
  try {
    const appointment = await versionOf(tools.reader, order);
    const { account, part: regulator } = await regulatorOf(tools.reader, appointment);
    recipient = (await ledger.recipientOf(order.appointment)) ?? samuOf(tools.samus(), account);
    const [practitioner, organization] = await Promise.all([
      practitionerOf(tools.reader, appointment),
      organizationOf(tools.reader, appointment),
    ]);
    const envelope: Envelope = {
      distributionId: id,
      sender: clientId,
      recipient,
      kind: 'Report',
      sentAt,
      expiresAt: line.expiresAt,
    };
    body = writeReport(
      envelope,
      toMessage(appointment, order.method, {
        practitioner,
        organization,
        regulator,
        category: orientationOf(appointment),
        recorded: await firstRecorded(tools.reader, order.appointment),
      }),
    );
    const fault = schemaFault(JSON.parse(body));
    // The Hub would refuse it: the operator sees why, and nothing leaves.
    if (fault !== undefined) throw new FhirError('invalid', `300 ${HUB_ERRORS[300]}, not sent: ${fault}`);
  } catch (error) {
    if (!(error instanceof FhirError) || error.status >= 500) throw error;
    const mayWait = error.code === 'not-found' && item.createdAt + ttlMs > sentAt;
    if (mayWait) return { outcome: 'retry', reason: error.message };
    await ledger.write(
      { ...line, recipient: undefined, state: 'failed', error: error.message, body: undefined },
      order.replaces,
    );
    return { outcome: 'delivered' };
  }
  await ledger.write({ ...line, recipient, state: 'sent', error: undefined, body }, order.replaces);
  return { id, body, expiresAt: line.expiresAt };
}

async function firstRecorded(reader: ResourceReader, appointment: string): Promise<string | undefined> {
  const first = await reader.readVersion('Appointment', appointment, 1);
  return first && new Date(first.updatedAt).toISOString();
}

async function versionOf(reader: ResourceReader, { appointment, version }: HubOrder): Promise<Appointment> {
  const stored = await reader.readVersion('Appointment', appointment, version);
  if (stored?.body === undefined)
    throw new FhirError('required', `There is no version ${version} of Appointment/${appointment}`, {
      text: 'Version du rendez-vous introuvable.',
    });
  return parseResource('Appointment', stored.body);
}

function readOrder(payload: string): (HubOrder & { method: HubMethod }) | undefined {
  try {
    const order = JSON.parse(payload) as HubOrder;
    const method = HUB_METHODS.find((name) => name.toLowerCase().startsWith(String(order.method).toLowerCase()));
    return isText(order.appointment) && Number.isInteger(order.version) && method !== undefined && order.method !== ''
      ? { ...order, method }
      : undefined;
  } catch {
    return undefined;
  }
}
