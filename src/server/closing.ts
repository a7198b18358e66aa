/**
 * The stack of open parts, closed in the reverse order. A server that cannot start closes it as one that stops does.
 */
import type { Log } from '../runtime/log.ts';

export interface Closing {
  /** Puts something on the stack; `name` is for the log. */
  add(name: string, close: () => void | Promise<void>): void;
  /**
   * Closes everything that was added, the last first, also after a failure. A part that has not closed after
   * `deadlineMs` in all is left behind, and so that the others are closed, each of them has a moment even then. Throws
   * the first failure at the end. A second call waits for the first.
   */
  close(deadlineMs?: number): Promise<void>;
}

/** The time of each part once the deadline is over. */
const MOMENT_MS = 1_000;

export function openClosing(log: Log): Closing {
  const stack: { name: string; close: () => void | Promise<void> }[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async (deadlineMs: number): Promise<void> => {
    const until = performance.now() + deadlineMs;
    const failures: unknown[] = [];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      try {
        await within(Math.max(until - performance.now(), MOMENT_MS), part.close());
      } catch (error) {
        log.error({ part: part.name, error: (error as Error).message }, 'not closed cleanly');
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    add: (name, close) => void stack.push({ name, close }),
    close(deadlineMs = Number.POSITIVE_INFINITY) {
      closed ??= closeAll(deadlineMs);
      return closed;
    },
  };
}

async function within(limitMs: number, work: void | Promise<void>): Promise<void> {
  if (limitMs === Number.POSITIVE_INFINITY) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not close in time')), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
