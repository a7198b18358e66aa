/**
 * Keeps the feed and the events of subscriptions as long as the operator wants: what is older is forgotten, once an
 * hour.
 */
import type { Log } from '../../runtime/log.ts';
import type { Feed } from '../../store/delivery/feed.ts';
import type { Subscriptions } from '../../store/delivery/subscriptions.ts';

const DAY = 86_400_000;
const EVERY = 3_600_000;

/** `days` 0: for ever. */
export function keepFeed(
  feed: Feed,
  subscriptions: Subscriptions,
  days: number,
  now: () => number,
  log: Log,
): { close(): Promise<void> } {
  const drop = (): void => {
    Promise.all([feed.drop(now() - days * DAY), subscriptions.drop(now() - days * DAY)]).catch((error) =>
      log.warn({ error: (error as Error).message }, 'old change numbers not dropped'),
    );
  };
  const timer = days === 0 ? undefined : setInterval(drop, EVERY);
  timer?.unref();
  return {
    async close() {
      clearInterval(timer);
      await feed.close();
    },
  };
}
