/**
 * Delivers the notifications of a Subscription to its endpoint, in order, until each is acknowledged or the
 * Subscription fails (`error`). It fails, too, when its author has no right to it any more.
 */
import { parseResource } from '../../fhir/json.ts';
import { asType } from '../../fhir/resources.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Backend } from '../../rest/backend.ts';
import { type AuthorContext, withdrawnRight } from '../../server/authors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import type { OutboxItem } from '../../store/delivery/outbox.ts';
import type { Delivery } from '../../store/delivery/relay.ts';
import { SUBSCRIPTION, type Subscriptions } from '../../store/delivery/subscriptions.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { OutboundHttp } from '../outbound-http.ts';
import { openHeaders } from './header-secrets.ts';
import { type NotificationType, notificationText } from './notification.ts';
import { type Channel, readChannel } from './subscription.ts';
import { CHANNEL, readAuthor, RELAY } from './subscription-rules.ts';

export interface DeliveryOptions {
  reader: ResourceReader;
  backend: Pick<Backend, 'patch' | 'read'>;
  authorContext: AuthorContext;
  secrets: Secrets;
  subscriptions: Subscriptions;
  log: Log;
  now: () => number;
  /** FHIR base of this server. */
  base: () => string;
  outbound: Pick<OutboundHttp, 'post'>;
  /** Attempts to deliver one notification before the Subscription fails. */
  attempts: number;
  onStatusChange: () => void;
}

/** A message in the outbox. */
interface Message {
  type: NotificationType;
  /** Of a handshake: the version of the Subscription that asked for it. */
  version?: number;
  /** Of events: the first and last number, both included. */
  from?: number;
  to?: number;
}

/** The address of the resources that a topic tells of. */
const TOLD: Record<Channel['topic'], string> = {
  schedule: '/fhir/Schedule',
  availability: '/fhir/Schedule',
  appointment: '/fhir/Appointment',
};

const DELIVERED: Delivery = { outcome: 'delivered' };

export class SubscriptionDelivery {
  private readonly options: DeliveryOptions;

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  async deliver(item: OutboxItem): Promise<Delivery> {
    const { reader, subscriptions, attempts } = this.options;
    const id = item.destination.slice(SUBSCRIPTION.length);
    const message = JSON.parse(item.payload) as Message;
    const [current, withHeaders, state] = await Promise.all([
      reader.read('Subscription', id),
      reader.read(CHANNEL, id),
      subscriptions.state(id),
    ]);
    if (current?.body === undefined || withHeaders?.body === undefined || state === undefined)
      return { outcome: 'failed', reason: 'the Subscription was deleted' };
    const { status } = parseResource('Subscription', current.body);
    // Each version of the Subscription has its own handshake.
    if (message.type === 'handshake' && message.version !== current.version) return DELIVERED;
    if (status !== 'active' && status !== 'requested')
      return { outcome: 'failed', reason: `the Subscription is ${status}` };
    const whole = parseResource('Subscription', withHeaders.body);
    const channel = readChannel(openHeaders(this.options.secrets, whole));
    const withdrawn = await this.withdrawn(id, whole, channel);
    if (withdrawn !== undefined) {
      await this.setStatus(id, status, 'error', withdrawn);
      return { outcome: 'failed', reason: withdrawn };
    }
    const failure = await this.send({ id, status, lastNumber: state.events }, message, channel);
    if (failure === undefined) {
      if (message.type === 'handshake') await this.setStatus(id, 'requested', 'active');
      return DELIVERED;
    }
    if (item.attempts < attempts) return { outcome: 'retry', reason: failure };
    await this.setStatus(id, status, 'error', `${message.type} ${message.from ?? ''}: ${failure}`);
    return { outcome: 'failed', reason: failure };
  }

  /** The author must still be able to write the Subscription, and to read it and what it tells of. */
  private async withdrawn(id: string, whole: Resource, { topic }: Channel): Promise<string | undefined> {
    const { backend, authorContext } = this.options;
    const author = readAuthor(whole);
    const path = `/fhir/Subscription/${id}`;
    return withdrawnRight(authorContext, author, { method: 'PUT', path }, async (context) => {
      await authorContext(author!, { method: 'GET', path: TOLD[topic] });
      await backend.read(context, 'Subscription', id);
    });
  }

  /**
   * Sends one notification, or several if the subscriber wants few events in each. Returns the first failure; the next
   * attempt sends all of them again.
   */
  private async send(
    { id, status, lastNumber }: { id: string; status: string; lastNumber: number },
    { type, from, to }: Message,
    channel: Channel,
  ): Promise<string | undefined> {
    const { reader, subscriptions, outbound, base, now } = this.options;
    const all = from === undefined ? [] : await subscriptions.events(id, from, to!, to! - from + 1);
    for (let i = 0; i === 0 || i < all.length; i += channel.maxCount) {
      const events = all.slice(i, i + channel.maxCount);
      const text = await notificationText(reader, {
        ...{ base: base(), now: now(), subscription: id, topic: channel.canonical, status, type, events },
        content: channel.content,
        eventsSinceStart: events.at(-1)?.number ?? lastNumber,
      });
      const failure = await outbound.post(channel.endpoint, text, channel.headers, channel.timeoutMs);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Writes the status of the Subscription, unless somebody has changed it meanwhile. Header values are kept. */
  private async setStatus(id: string, from: string, status: string, error?: string): Promise<void> {
    const { backend, now, onStatusChange } = this.options;
    await backend.patch(
      { ...RELAY, now: now() },
      'Subscription',
      id,
      (subscription) =>
        asType(subscription, 'Subscription')?.status === from
          ? { ...subscription, status, ...(error === undefined ? {} : { error }) }
          : subscription,
      {},
    );
    onStatusChange();
  }
}
