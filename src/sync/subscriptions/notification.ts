/**
 * Notification Bundles of the Subscriptions R5 Backport in R4: first the SubscriptionStatus as Parameters, then one
 * entry for each resource that an event is about.
 */
import { randomUUID } from 'node:crypto';
import { stringifyJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { SubscriptionEvent } from '../../store/delivery/subscriptions.ts';
import type { Content } from './subscription.ts';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

export type NotificationType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event';

export interface Notification {
  /** FHIR base of this server. */
  base: string;
  /** When the notification is written, epoch milliseconds. */
  now: number;
  subscription: string;
  topic: string;
  status: string;
  type: NotificationType;
  /** Number of the last event of this notification, or of the subscription if it carries none. */
  eventsSinceStart: number;
  events: readonly SubscriptionEvent[];
  content: Content;
}

export function statusOf({
  base,
  subscription,
  topic,
  status,
  type,
  eventsSinceStart,
  events,
  content,
}: Notification): Resource {
  return {
    resourceType: 'Parameters',
    id: randomUUID(),
    meta: { profile: [`${BACKPORT}/backport-subscription-status-r4`] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${base}/Subscription/${subscription}` } },
      { name: 'topic', valueCanonical: topic },
      { name: 'status', valueCode: status },
      { name: 'type', valueCode: type },
      { name: 'events-since-subscription-start', valueString: String(eventsSinceStart) },
      ...events.map(({ number, at, focus }) => ({
        name: 'notification-event',
        part: [
          { name: 'event-number', valueString: String(number) },
          { name: 'timestamp', valueInstant: new Date(at).toISOString() },
          ...(content === 'empty' ? [] : [{ name: 'focus', valueReference: { reference: `${base}/${focus}` } }]),
        ],
      })),
    ],
  };
}

/** Resources are read for `full-resource` only. An event about free time carries the agenda as it is now. */
export async function notificationText(reader: ResourceReader, notification: Notification): Promise<string> {
  const { base, subscription, content, events, now } = notification;
  const status = statusOf(notification);
  const head = `{"fullUrl":"urn:uuid:${status.id}","resource":${stringifyJson(status)},"request":{"method":"GET","url":"${base}/Subscription/${subscription}/$status"},"response":{"status":"200"}}`;
  const entries =
    content === 'empty'
      ? []
      : await Promise.all(uniqueFocus(events, content).map((event) => focusEntry(reader, base, event, content)));
  return `{"resourceType":"Bundle","id":"${randomUUID()}","meta":{"profile":["${BACKPORT}/backport-subscription-notification-r4"]},"type":"history","timestamp":"${new Date(now).toISOString()}","entry":[${[head, ...entries].join(',')}]}`;
}

/**
 * One entry for each version of a resource, however many events are about it; without their content, the last version
 * alone: two entries would say the same.
 */
function uniqueFocus(events: readonly SubscriptionEvent[], content: Content): SubscriptionEvent[] {
  const keyOf = ({ focus, version }: SubscriptionEvent): string =>
    content === 'full-resource' ? `${focus}@${version ?? ''}` : focus;
  return [...new Map(events.map((event) => [keyOf(event), event])).values()];
}

async function focusEntry(
  reader: ResourceReader,
  base: string,
  { focus, version }: SubscriptionEvent,
  content: Content,
): Promise<string> {
  const [type = '', id = ''] = focus.split('/');
  const found = version === undefined ? await reader.read(type, id) : await reader.readVersion(type, id, version);
  const isGone = found?.body === undefined;
  const method = isGone ? 'DELETE' : found.version === 1 ? 'POST' : 'PUT';
  const body = content === 'full-resource' && !isGone ? `"resource":${found.body},` : '';
  return `{"fullUrl":"${base}/${focus}",${body}"request":{"method":"${method}","url":"${method === 'POST' ? type : focus}"},"response":{"status":"${isGone ? '204' : method === 'POST' ? '201' : '200'}"}}`;
}
