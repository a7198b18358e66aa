/**
 * The platform's link to the Hub Santé: the relay out of the outbox, the two queues of answers, and the sweep. Each
 * process has one link; several processes share the work.
 */
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../store/engine/database.ts';
import { HUB, HubMessages } from '../../store/records/hub-messages.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { growingDelay, startRelay } from '../../store/delivery/relay.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { type BrokerSettings, openBroker } from './amqp.ts';
import { deliver } from './outgoing.ts';
import { growingRepeatMs, receive, sweep } from './returning.ts';
import type { SamuSettings } from './samu.ts';

export interface HubLinkSettings {
  broker: BrokerSettings;
  clientId: string;
  exchange: string;
  ttlMs: number;
  samus: () => SamuSettings;
  now: () => number;
  /** See `growingRepeatMs`. */
  repeatMs?: (repeats: number) => number | undefined;
}

export interface HubLink {
  ledger: HubMessages;
  isConnected(): boolean;
  /** Resolves after the deliveries under way. */
  close(): Promise<void>;
}

const SWEEP_MS = 1000;
/** A message that cannot leave yet is tried again at least this often. */
const MAX_DELAY_MS = 10_000;
/** How long a message waits for the broker before the attempt counts as failed: well within the relay's lease. */
const MAX_WAIT_MS = 10_000;
const POLL_MS = 50;

export function startHubLink(
  database: Database,
  { broker: brokerSettings, clientId, exchange, ttlMs, samus, now, repeatMs = growingRepeatMs }: HubLinkSettings,
  log: Log,
): HubLink {
  const broker = openBroker(brokerSettings, log);
  const ledger = new HubMessages(database);
  const outbox = new Outbox(database);
  let isClosing = false;
  const connected = async (): Promise<boolean> => {
    for (let waited = 0; !broker.isReady() && !isClosing && waited < MAX_WAIT_MS; waited += POLL_MS)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return broker.isReady() && !isClosing;
  };
  const tools = {
    broker,
    connected,
    ledger,
    reader: new ResourceReader(database),
    samus,
    clientId,
    exchange,
    ttlMs,
    now,
  };
  const relay = startRelay({
    outbox,
    destination: HUB,
    deliver: (item) => deliver(tools, item),
    log,
    delayMs: (attempts) => Math.min(growingDelay(attempts), MAX_DELAY_MS),
  });
  const returning = { ledger, log, now, repeatMs };
  const queues = ['ack', 'info'].map((name) => {
    const queue = `${clientId}.${name}`;
    return broker.consume(queue, (message) => receive(returning, queue, message));
  });
  let sweeping: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweeping
      .then(() => sweep(returning))
      .catch((error) => log.warn({ reason: (error as Error).message }, 'the ledger of the Hub cannot be swept'));
  }, SWEEP_MS);
  return {
    ledger,
    isConnected: () => broker.isReady(),
    async close() {
      isClosing = true;
      clearInterval(timer);
      await relay.close();
      await Promise.all(queues.map((queue) => queue.close()));
      await sweeping;
      await broker.close();
    },
  };
}
