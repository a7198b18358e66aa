/**
 * Carries the messages of one kind of destination out of the outbox: one at a time for each ordering key, several keys
 * at once, again after growing delays while the other side cannot be reached. At least once: a message that was
 * delivered but not yet marked when the process died is sent again a few seconds later, by any process.
 */
import type { Log } from '../../runtime/log.ts';
import { withDeadline } from '../engine/deadline.ts';
import { DestinationBreaker } from './breaker.ts';
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
  /** An error that it throws counts as `retry`, and so does a delivery that has not ended when its lease does. */
  deliver: (item: OutboxItem) => Promise<Delivery>;
  log: Log;
  /** Messages under way at once; those that take longer than a second do not count. */
  concurrency?: number;
  leaseMs?: number;
  /** How often to look for messages of other processes. */
  pollMs?: number;
  /** Delay before the attempt after the n-th. */
  delayMs?: (attempts: number) => number;
}

export interface Relay {
  /** Ends after the deliveries under way. */
  close(): Promise<void>;
}

/**
 * How often to look for messages of dead processes, and how long after these took them another process may.
 */
const GIVE_BACK_EVERY = 1000;
const GRACE = 3000;

/** A delivery that takes longer gives its place to another one: who hangs holds nobody up. */
const SLOW_MS = 1000;
/** Slow ones included. */
const MAX_UNDER_WAY = 256;

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
  /** Deliveries under way, with their start by `performance.now()`. */
  const underWay = new Map<Promise<void>, number>();
  const breaker = new DestinationBreaker();
  let closed = false;
  let looking: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  const carry = async (item: OutboxItem): Promise<void> => {
    let delivery: Delivery;
    try {
      delivery = await withDeadline(deliver(item), leaseMs, () => new Error(`no end in ${leaseMs / 1000} s`));
    } catch (error) {
      delivery = { outcome: 'retry', reason: (error as Error).message };
    }
    if (delivery.outcome === 'delivered') {
      breaker.succeeded(item.destination);
      return record(item, () => outbox.delivered(item.id));
    }
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
    const pauseMs = delayMs(item.attempts);
    // A destination that refuses a message for good answers.
    if (delivery.outcome === 'failed') {
      breaker.succeeded(item.destination);
      return record(item, () => outbox.failed(item.id, reason));
    }
    breaker.failed(item.destination, pauseMs);
    return record(item, () => outbox.later(item.id, reason, pauseMs));
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

  /** Places that are free, without those that somebody slow holds. */
  const room = (): number => {
    const slowSince = performance.now() - SLOW_MS;
    const quick = [...underWay.values()].filter((since) => since > slowSince).length;
    return Math.min(concurrency - quick, MAX_UNDER_WAY - underWay.size);
  };

  const look = async (): Promise<void> => {
    do {
      again = false;
      const free = room();
      if (free <= 0 || closed) return;
      for (const item of await outbox.take(destination, free, leaseMs, breaker.state())) {
        breaker.began(item.destination);
        const job = carry(item)
          .catch((error) => log.warn({ outbox: item.id, error: (error as Error).message }, 'delivery not recorded'))
          .finally(() => {
            underWay.delete(job);
            wake();
          });
        underWay.set(job, performance.now());
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
      await Promise.all(underWay.keys());
    },
  };
}
