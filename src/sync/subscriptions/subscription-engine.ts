/**
 * Keeps Subscriptions going: follows the feed, makes events of it, and carries them to their endpoints through the
 * outbox, in order, until each is
 * acknowledged or the Subscription is given up (`error`). Any number of processes may do so at once.
 */
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Log } from '../../runtime/log.ts';
import type { Feed } from '../../store/delivery/feed.ts';
import { Outbox, type OutboxItem } from '../../store/delivery/outbox.ts';
import { type Delivery, growingDelay, startRelay } from '../../store/delivery/relay.ts';
import type { Repository } from '../../store/write/repository.ts';
import { SUBSCRIPTION, type Subscriptions } from '../../store/delivery/subscriptions.ts';
import { type NotificationType, notificationText } from './notification.ts';
import { type Channel, readChannel, TOPICS } from './subscription.ts';
import { CHANNEL, RELAY } from './subscription-rules.ts';
import { WayOut } from '../way-out.ts';

export interface EngineOptions {
  repository: Repository;
  subscriptions: Subscriptions;
  feed: Feed;
  log: Log;
  now: () => number;
  /** FHIR base of this server. */
  base: () => string;
  allowPrivate: boolean;
  /** Deliveries of one notification before the Subscription is given up. */
  attempts: number;
  /** Delay before the attempt after the n-th. */
  delayMs?: (attempts: number) => number;
}

interface Message {
  type: NotificationType;
  /** Of the Subscription that asks to begin. */
  version?: number;
  /** Of the events, both included. */
  from?: number;
  to?: number;
}

const TICK_MS = 1000;

export function startSubscriptions(options: EngineOptions): { close(): Promise<void> } {
  const { repository, subscriptions, feed, log, now, base, allowPrivate, attempts, delayMs = growingDelay } = options;
  const wayOut = new WayOut(allowPrivate);
  let running: Promise<void> = Promise.resolve();
  let isQueued = false;
  let forget: (() => void) | undefined;
  let closed = false;

  const follow = async (): Promise<void> => {
    const changed = await subscriptions.changed();
    // A Subscription starts at its own number.
    await feed.number();
    for (const { id, version, body } of changed) await subscriptions.settle({ id, version, ...followed(body) });
    const isFollowed = await subscriptions.dispatch();
    // Where nobody subscribes, commits are numbered at leisure.
    if (isFollowed) forget ??= feed.onChange(wake);
    else {
      forget?.();
      forget = undefined;
    }
  };
  const wake = (): void => {
    if (isQueued || closed) return;
    isQueued = true;
    running = running
      .then(() => {
        isQueued = false;
        return follow();
      })
      .catch((error) => log.warn({ error: (error as Error).message }, 'subscriptions not followed'));
  };
  const timer = setInterval(() => {
    wake();
    subscriptions.beat().catch((error) => log.warn({ error: (error as Error).message }, 'no heartbeats'));
  }, TICK_MS);
  timer.unref();
  wake();

  /** Tells how it goes; the header values stay where they are. */
  const setStatus = async (id: string, from: string, status: string, error?: string): Promise<void> => {
    await repository.patch(
      { ...RELAY, now: now() },
      'Subscription',
      id,
      (one) => (one['status'] === from ? { ...one, status, ...(error === undefined ? {} : { error }) } : one),
      {},
    );
    wake();
  };

  /**
   * One notification, or several where the subscriber wants few events in each. Gives the first refusal; what had
   * arrived before comes again.
   */
  const tell = async (
    id: string,
    status: string,
    { type, from, to }: Message,
    channel: Channel,
    last: number,
  ): Promise<string | undefined> => {
    const events = from === undefined ? [] : await subscriptions.events(id, from, to!, to! - from + 1);
    for (let i = 0; i === 0 || i < events.length; i += channel.maxCount) {
      const some = events.slice(i, i + channel.maxCount);
      const text = await notificationText(repository.reader, {
        ...{
          base: base(),
          subscription: id,
          topic: TOPICS[channel.topic],
          status,
          type,
          events: some,
          content: channel.content,
        },
        eventsSinceStart: some.at(-1)?.number ?? last,
      });
      const refusal = await wayOut.post(channel.endpoint, text, channel.headers, channel.timeoutMs);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  };

  const deliver = async (item: OutboxItem): Promise<Delivery> => {
    const id = item.destination.slice(SUBSCRIPTION.length);
    const message = JSON.parse(item.payload) as Message;
    const [current, kept, state] = await Promise.all([
      repository.reader.read('Subscription', id),
      repository.reader.read(CHANNEL, id),
      subscriptions.state(id),
    ]);
    if (current?.body === undefined || kept?.body === undefined || state === undefined)
      return { outcome: 'failed', reason: 'the Subscription was deleted' };
    const { status } = parseJson(current.body) as Resource;
    // A later writing has its own handshake.
    if (message.type === 'handshake' && message.version !== current.version) return { outcome: 'delivered' };
    if (status !== 'active' && status !== 'requested')
      return { outcome: 'failed', reason: `the Subscription is ${status}` };
    const channel = readChannel(parseJson(kept.body) as Resource);
    const refusal = await tell(id, status, message, channel, state.events);
    if (refusal === undefined) {
      if (message.type === 'handshake') await setStatus(id, 'requested', 'active');
      return { outcome: 'delivered' };
    }
    if (item.attempts < attempts) return { outcome: 'retry', reason: refusal };
    await setStatus(id, status, 'error', `${message.type} ${message.from ?? ''}: ${refusal}`);
    return { outcome: 'failed', reason: refusal };
  };
  const relay = startRelay({
    outbox: new Outbox(repository.database),
    destination: `${SUBSCRIPTION}%`,
    deliver,
    log,
    delayMs,
  });

  return {
    async close() {
      closed = true;
      clearInterval(timer);
      forget?.();
      await running;
      await relay.close();
      await wayOut.close();
    },
  };
}

/** What the Subscription asks for; one that is deleted, or that another version of this program wrote, is off. */
function followed(body: string | undefined): Pick<Channel, 'topic' | 'schedules' | 'heartbeat'> & { status: string } {
  try {
    const subscription = parseJson(body!) as Resource;
    const { topic, schedules, heartbeat } = readChannel(subscription);
    return { topic, schedules, heartbeat, status: subscription['status'] };
  } catch {
    return { topic: 'schedule', schedules: undefined, heartbeat: undefined, status: 'off' };
  }
}
