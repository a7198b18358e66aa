/** Subscriptions: the type with its rule, the operations, the change feed as events, and the engine that delivers. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import type { Feed } from '../../store/delivery/feed.ts';
import { Subscriptions } from '../../store/delivery/subscriptions.ts';
import { ResourceReader } from '../../store/resources/resource-reader.ts';
import { eventsOperation } from './events.ts';
import { keepFeed } from './keep-feed.ts';
import { topicUrls, TOPICS } from './subscription.ts';
import { startSubscriptions } from './subscription-engine.ts';
import { subscriptionOperations } from './subscription-operations.ts';
import { subscriptionRule } from './subscription-rules.ts';

export function subscriptionsFeature(
  { config, database, secrets, authorContext, log, now }: ServerParts,
  feed: Feed,
): Feature {
  const reader = new ResourceReader(database);
  const subscriptions = new Subscriptions(database);
  const running: { close(): Promise<void> }[] = [];
  return {
    name: 'subscriptions',
    types: new Map([['Subscription', subscriptionRule(reader, config.allowPrivateEndpoints, secrets)]]),
    topics: (base) => [...Object.values(TOPICS), ...topicUrls(base)],
    operations: (backend) => [eventsOperation(feed), ...subscriptionOperations(backend, reader, subscriptions)],
    start({ backend, url }) {
      running.push(keepFeed(feed, subscriptions, config.feedDays, now, log));
      const engine = startSubscriptions({
        ...{ database, reader, backend, authorContext, secrets, subscriptions, feed, log, now },
        base: () => `${url}/fhir`,
        allowPrivate: config.allowPrivateEndpoints,
        attempts: config.subscriptionAttempts,
      });
      running.push(engine);
    },
    fault: () => feed.fault(),
    async close() {
      for (const part of running.reverse()) await part.close();
    },
  };
}
