/**
 * Runs the Subscriptions: follows the change feed, turns changes into events, and hands the outbox to
 * `subscription-delivery.ts`. Several processes may run it at once.
 */
import { parseResource } from '../../fhir/json.ts';
import type { Database } from '../../store/engine/database.ts';
import type { Feed } from '../../store/delivery/feed.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { growingDelay, startRelay } from '../../store/delivery/relay.ts';
import { SUBSCRIPTION } from '../../store/delivery/subscriptions.ts';
import { OutboundHttp } from '../outbound-http.ts';
import { type Channel, readChannel } from './subscription.ts';
import { type DeliveryOptions, SubscriptionDelivery } from './subscription-delivery.ts';

export interface EngineOptions extends Omit<DeliveryOptions, 'outbound' | 'onStatusChange'> {
  database: Database;
  feed: Feed;
  allowPrivate: boolean;
  /** Delay after the n-th attempt. */
  delayMs?: (attempts: number) => number;
}

const TICK_MS = 1000;

export function startSubscriptions(options: EngineOptions): { close(): Promise<void> } {
  const { database, log, delayMs = growingDelay } = options;
  const follower = followFeed(options);
  const outbound = new OutboundHttp(options.allowPrivate);
  const delivery = new SubscriptionDelivery({ ...options, outbound, onStatusChange: follower.wake });
  const relay = startRelay({
    outbox: new Outbox(database),
    destination: `${SUBSCRIPTION}%`,
    deliver: (item) => delivery.deliver(item),
    log,
    delayMs,
  });
  return {
    async close() {
      await follower.close();
      await relay.close();
      await outbound.close();
    },
  };
}

/** Makes events of the changes: every second, and at once after a change while any Subscription is active. */
function followFeed({ subscriptions, feed, log }: EngineOptions): { wake(): void; close(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let isQueued = false;
  let isClosed = false;
  let stopListening: (() => void) | undefined;

  const follow = async (): Promise<void> => {
    const changed = await subscriptions.changed();
    // Number the commits so far: a new Subscription starts after the last of them.
    await feed.number();
    for (const { id, version, body } of changed) await subscriptions.settle({ id, version, ...settingsOf(body) });
    // Without subscribers there is no need to number each commit at once.
    if (await subscriptions.dispatch()) stopListening ??= feed.onChange(wake);
    else {
      stopListening?.();
      stopListening = undefined;
    }
  };
  const wake = (): void => {
    if (isQueued || isClosed) return;
    isQueued = true;
    running = running
      .then(() => {
        isQueued = false;
        return follow();
      })
      .catch((error) => log.warn({ error: (error as Error).message }, 'subscriptions could not follow the feed'));
  };
  const timer = setInterval(() => {
    wake();
    subscriptions
      .beat()
      .catch((error) => log.warn({ error: (error as Error).message }, 'heartbeats could not be queued'));
  }, TICK_MS);
  timer.unref();
  wake();
  return {
    wake,
    async close() {
      isClosed = true;
      clearInterval(timer);
      stopListening?.();
      await running;
    },
  };
}

type Settings = Pick<Channel, 'topic' | 'schedules' | 'appointments'> & {
  heartbeat: number | undefined;
  status: string;
};

/** A deleted Subscription is off, and so is one that another version of this program wrote in a form unknown here. */
function settingsOf(body: string | undefined): Settings {
  try {
    const subscription = parseResource('Subscription', body!);
    const { topic, schedules, appointments, heartbeatSeconds } = readChannel(subscription);
    return { topic, schedules, appointments, heartbeat: heartbeatSeconds, status: subscription.status };
  } catch {
    return { topic: 'schedule', schedules: undefined, appointments: undefined, heartbeat: undefined, status: 'off' };
  }
}
