/**
 * Carries the messages of one kind of destination out of the outbox: one at a time for each ordering key, several
 * keys at once, again after growing delays while the other side cannot be reached. At least once: what was delivered
 * but not yet ticked off when the process died is sent again, a few seconds after it was taken, by whoever is there
 * then.
 */
import type { Log } from '../../runtime/log.ts';
import type { Outbox, OutboxItem } from './outbox.ts';

/**
 * `delivered`: acknowledged. `retry`: not reached, or not now. `failed`: refused for good. With the reason, which
 * must name no patient.
 */
export type Delivery = { outcome: 'delivered' } | { outcome: 'retry' | 'failed'; reason: string };

export interface RelayOptions {
  outbox: Outbox;
  /** A name, or a prefix that ends with `%`. */
  destination: string;
  /** Must end by itself within `leaseMs`. What it throws counts as `retry`. */
  deliver: (item: OutboxItem) => Promise<Delivery>;
  log: Log;
  /** Messages under way at once. */
  concurrency?: number;
  leaseMs?: number;
  /** How often to look for what another process has written. */
  pollMs?: number;
  /** Delay before the attempt after the n-th. */
  delayMs?: (attempts: number) => number;
}

export interface Relay {
  /** Ends after the deliveries under way. */
  close(): Promise<void>;
}

/**
 * How often to look for messages in the hands of a process that has died, and how long after it took them somebody
 * else may.
 */
const GIVE_BACK_EVERY = 1000;
const GRACE = 3000;

const FIRST_DELAY = 2000;
const MAX_DELAY = 300_000;

/** Between the attempts to record what became of a message. */
const FIRST_PAUSE = 100;
const MAX_PAUSE = 2000;

/** 2 s, 4 s, 8 s ... 5 min, each up to a tenth sooner, so that many messages do not come back at one instant. */
export function growingDelay(attempts: number): number {
  return Math.min(FIRST_DELAY * 2 ** Math.min(attempts - 1, 20), MAX_DELAY) * (1 - Math.random() / 10);
}

export function startRelay({
  outbox,
  destination,
  deliver,
  log,
  concurrency = 8,
  leaseMs = 60_000,
  pollMs = 1000,
  delayMs = growingDelay,
}: RelayOptions): Relay {
  const underWay = new Set<Promise<void>>();
  let closed = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  const carry = async (item: OutboxItem): Promise<void> => {
    let delivery: Delivery;
    try {
      delivery = await deliver(item);
    } catch (error) {
      delivery = { outcome: 'retry', reason: (error as Error).message };
    }
    if (delivery.outcome === 'delivered') return record(item, () => outbox.delivered(item.id));
    log.warn(
      {
        outbox: item.id,
        destination: item.destination,
        attempts: item.attempts,
        outcome: delivery.outcome,
        reason: delivery.reason.slice(0, 500),
      },
      'not delivered',
    );
    const { reason } = delivery;
    if (delivery.outcome === 'failed') return record(item, () => outbox.failed(item.id, reason));
    return record(item, () => outbox.later(item.id, reason, delayMs(item.attempts)));
  };

  /** Tried until the database has it: a message that is known to be delivered does not wait for its lease to end. */
  const record = async (item: OutboxItem, work: () => Promise<void>): Promise<void> => {
    for (let pauseMs = FIRST_PAUSE; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE)) {
      try {
        return await work();
      } catch (error) {
        // The lease ends, and it is sent again.
        if (closed) throw error;
        log.warn({ outbox: item.id, error: (error as Error).message }, 'delivery not recorded yet');
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  };

  const look = async (): Promise<void> => {
    do {
      again = false;
      const room = concurrency - underWay.size;
      if (room <= 0 || closed) return;
      for (const item of await outbox.take(destination, room, leaseMs)) {
        const job = carry(item)
          .catch((error) => log.warn({ outbox: item.id, error: (error as Error).message }, 'delivery not recorded'))
          .finally(() => {
            underWay.delete(job);
            wake();
          });
        underWay.add(job);
        again = true;
      }
    } while (again && !closed);
  };

  const wake = (): void => {
    if (closed) return;
    if (looking !== undefined) {
      again = true;
      return;
    }
    clearTimeout(timer);
    looking = look()
      .catch((error) => log.warn({ destination, error: (error as Error).message }, 'the outbox cannot be read'))
      .finally(() => {
        looking = undefined;
        if (again) wake();
        else if (!closed) timer = setTimeout(wake, pollMs);
      });
  };

  const giveBack = (): Promise<void> =>
    outbox
      .giveBack(destination, leaseMs, GRACE)
      .catch((error) => log.warn({ destination, error: (error as Error).message }, 'the outbox cannot be read'));

  const forget = outbox.onSend(wake);
  const watch = setInterval(giveBack, GIVE_BACK_EVERY);
  wake();
  return {
    async close() {
      closed = true;
      forget();
      clearTimeout(timer);
      clearInterval(watch);
      await looking;
      await Promise.all(underWay);
    },
  };
}
