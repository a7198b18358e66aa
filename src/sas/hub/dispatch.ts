/**
 * A simulated Hub Santé for demonstrations and tests. It routes by envelope (`{recipient}.message`, `.ack`, `.info`),
 * refuses with the codes of the real one (102, 300, 400), and tells the sender which messages expired before they were
 * read (500). Spec: 6.6
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../../runtime/log.ts';
import type { Broker, Layout } from './amqp.ts';
import { readAppointment } from './appointment-message.ts';
import { type Envelope, type ErrorCode, type Kind, type Received, readMessage, writeError } from './envelope.ts';

export interface HubRules {
  /** The Hub's own client id. */
  hubId: string;
  /** Client ids that have queues here. */
  clients: ReadonlySet<string>;
  now: number;
}

/** Where a message goes, or why it goes back. `code` 0: it can go nowhere, not even back. */
export type Route =
  | { queue: string; ttlMs: number | undefined }
  | { code: ErrorCode; cause: string; to: string | undefined };

const QUEUE: Record<Kind, string> = { Report: 'message', Ack: 'ack', Error: 'info' };

/** Pure. `routingKey`: the client id of whoever published. */
export function routeOf({ clients, now }: HubRules, routingKey: string, { envelope, fault, message }: Received): Route {
  const to = clients.has(routingKey) ? routingKey : undefined;
  if (envelope === undefined) return { code: 102, cause: fault!, to };
  if (envelope.sender !== routingKey)
    return { code: 300, cause: `senderID is ${envelope.sender}, published by ${routingKey}`, to };
  if (!clients.has(envelope.recipient)) return { code: 300, cause: `no such recipient: ${envelope.recipient}`, to };
  if (envelope.expiresAt <= now) return { code: 400, cause: 'dateTimeExpires has passed', to };
  if (envelope.kind === 'Report') {
    const read = readAppointment(message);
    if ('fault' in read) return { code: 300, cause: read.fault, to };
  }
  return {
    queue: `${envelope.recipient}.${QUEUE[envelope.kind]}`,
    ttlMs: envelope.kind === 'Report' ? envelope.expiresAt - now : undefined,
  };
}

/** Exchange, the Hub's own queue, one for what expired, and three for each client. */
export function hubLayout(exchange: string, clients: Iterable<string>): Layout {
  const dead = `${exchange}.dead`;
  const own = `${exchange}.hub`;
  return {
    exchanges: [
      { exchange, type: 'topic' },
      { exchange: dead, type: 'fanout' },
    ],
    queues: [
      { queue: own },
      { queue: dead },
      ...[...clients].flatMap((client) => [
        { queue: `${client}.message`, arguments: { 'x-dead-letter-exchange': dead } },
        { queue: `${client}.ack` },
        { queue: `${client}.info` },
      ]),
    ],
    bindings: [
      { exchange, queue: own, routingKey: '#' },
      { exchange: dead, queue: dead, routingKey: '#' },
    ],
  };
}

export interface PlayedHub {
  close(): Promise<void>;
}

/** Declares everything again whenever the broker comes back. `tell` is called with what happened, in French. */
export async function playHub(
  broker: Broker,
  {
    hubId,
    clients,
    exchange,
    now,
  }: { hubId: string; clients: ReadonlySet<string>; exchange: string; now: () => number },
  tell: (line: string) => void,
  log: Log,
): Promise<PlayedHub> {
  const layout = hubLayout(exchange, clients);
  await broker.declare(layout);
  broker.onConnected(
    () =>
      void broker
        .declare(layout)
        .catch((error) => log.warn({ reason: (error as Error).message }, 'the Hub cannot declare its queues')),
  );

  const refuse = async (received: Received, code: ErrorCode, cause: string, to: string | undefined): Promise<void> => {
    const about = received.json?.distributionID as string | undefined;
    tell(
      `refusé ${code} : ${cause}${to === undefined ? ' (expéditeur inconnu : message abandonné)' : ` → ${to}.info`}`,
    );
    if (to === undefined) return;
    const at = now();
    const envelope: Envelope = {
      distributionId: `${hubId}_${randomUUID()}`,
      sender: hubId,
      recipient: to,
      kind: 'Error',
      sentAt: at,
      expiresAt: at + 86_400_000,
    };
    await broker.publish({
      exchange: '',
      routingKey: `${to}.info`,
      messageId: envelope.distributionId,
      text: writeError(envelope, { code, cause, about, source: received.json ?? {} }),
    });
  };

  const incoming = broker.consume(`${exchange}.hub`, async ({ text, routingKey }) => {
    const received = readMessage(text);
    const route = routeOf({ hubId, clients, now: now() }, routingKey, received);
    if ('code' in route) return refuse(received, route.code, route.cause, route.to);
    tell(`${received.envelope!.sender} → ${route.queue}`);
    await broker.publish({
      exchange: '',
      routingKey: route.queue,
      messageId: received.envelope!.distributionId,
      text,
      ...(route.ttlMs === undefined ? {} : { ttlMs: route.ttlMs }),
    });
  });
  const dead = broker.consume(`${exchange}.dead`, async ({ text, deathReason }) => {
    const received = readMessage(text);
    const sender = received.envelope?.sender;
    await refuse(
      received,
      500,
      deathReason === 'expired' ? 'expired before the recipient read it' : `dead-lettered: ${deathReason ?? 'unknown'}`,
      sender !== undefined && clients.has(sender) ? sender : undefined,
    );
  });
  return {
    async close() {
      await incoming.close();
      await dead.close();
    },
  };
}
