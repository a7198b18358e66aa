/** Once an hour, deletes the change numbers and subscription events that are older than the operator keeps them. */
import type { Log } from '../../runtime/log.ts';
import { DAY, HOUR } from '../../scheduling/zone.ts';
import type { Feed } from '../../store/delivery/feed.ts';
import type { Subscriptions } from '../../store/delivery/subscriptions.ts';

/** `days` 0 keeps everything for ever. */
export function keepFeed(
  feed: Feed,
  subscriptions: Subscriptions,
  days: number,
  now: () => number,
  log: Log,
): { close(): Promise<void> } {
  const drop = (): void => {
    Promise.all([feed.drop(now() - days * DAY), subscriptions.drop(now() - days * DAY)]).catch((error) =>
      log.warn({ error: (error as Error).message }, 'old changes could not be deleted'),
    );
  };
  const timer = days === 0 ? undefined : setInterval(drop, HOUR);
  timer?.unref();
  return {
    async close() {
      clearInterval(timer);
      await feed.close();
    },
  };
}
