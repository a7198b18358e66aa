/**
 * A played Hub Santé, for demonstrations and tests. It routes by envelope (`{recipient}.message`, `.ack`, `.info`),
 * refuses with the Hub's codes (102, 300 by its JSON Schemas, 400), and tells the sender when a message expired unread
 * (500). Spec: 6.6
 */
import type { Log } from '../../runtime/log.ts';
import type { Broker, Layout } from './amqp.ts';
import {
  type DistributionKind,
  answerEnvelope,
  type HubErrorCode,
  type Received,
  readMessage,
  writeError,
} from './envelope.ts';
import { schemaFault } from './hub-schema.ts';

export interface HubRules {
  /** The Hub's own client id. */
  hubId: string;
  /** Client ids that have queues here. */
  clients: ReadonlySet<string>;
  now: number;
}

/** Where a message goes, or why it goes back. `to`: who is told why; `undefined` when the sender is unknown. */
export type HubRoute =
  | { queue: string; ttlMs: number | undefined }
  | { code: HubErrorCode; cause: string; to: string | undefined };

const QUEUE: Record<DistributionKind, string> = { Report: 'message', Ack: 'ack', Error: 'info' };

/** Pure. `routingKey`: the client id of the publisher. */
export function routeOf({ clients, now }: HubRules, routingKey: string, { envelope, fault, json }: Received): HubRoute {
  const to = clients.has(routingKey) ? routingKey : undefined;
  if (envelope === undefined) return { code: 102, cause: fault!, to };
  if (envelope.sender !== routingKey)
    return { code: 300, cause: `senderID is ${envelope.sender}, published by ${routingKey}`, to };
  if (!clients.has(envelope.recipient)) return { code: 300, cause: `no such recipient: ${envelope.recipient}`, to };
  if (envelope.expiresAt <= now) return { code: 400, cause: 'dateTimeExpires has passed', to };
  const wrong = schemaFault(json);
  if (wrong !== undefined) return { code: 300, cause: wrong, to };
  return {
    queue: `${envelope.recipient}.${QUEUE[envelope.kind]}`,
    ttlMs: envelope.kind === 'Report' ? envelope.expiresAt - now : undefined,
  };
}

/** The exchange, the Hub's own queue, a queue for expired messages, and three queues for each client. */
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

export interface PlayedHubSettings {
  hubId: string;
  clients: ReadonlySet<string>;
  exchange: string;
  now: () => number;
}

/** Declares its queues again whenever the broker comes back. `show` gets a line in French for every event. */
export async function playHub(
  broker: Broker,
  settings: PlayedHubSettings,
  show: (line: string) => void,
  log: Log,
): Promise<PlayedHub> {
  const { hubId, clients, exchange, now } = settings;
  const layout = hubLayout(exchange, clients);
  await broker.declare(layout);
  broker.onConnected(
    () =>
      void broker
        .declare(layout)
        .catch((error) => log.warn({ reason: (error as Error).message }, 'the Hub cannot declare its queues')),
  );

  const refuse = async (
    received: Received,
    { code, cause, to }: { code: HubErrorCode; cause: string; to: string | undefined },
  ): Promise<void> => {
    const about = received.json?.distributionID as string | undefined;
    const destination = to === undefined ? ' (expéditeur inconnu : message abandonné)' : ` → ${to}.info`;
    show(`refusé ${code} : ${cause}${destination}`);
    if (to === undefined) return;
    const envelope = answerEnvelope({ sender: hubId, recipient: to, kind: 'Error', sentAt: now() });
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
    if ('code' in route) return refuse(received, route);
    show(`${received.envelope!.sender} → ${route.queue}`);
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
    await refuse(received, {
      code: 500,
      cause:
        deathReason === 'expired'
          ? 'expired before the recipient read it'
          : `dead-lettered: ${deathReason ?? 'unknown'}`,
      to: sender !== undefined && clients.has(sender) ? sender : undefined,
    });
  });
  return {
    async close() {
      await incoming.close();
      await dead.close();
    },
  };
}
