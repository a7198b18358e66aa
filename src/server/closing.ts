/**
 * The stack of open parts, closed in the reverse order. A server that cannot start closes it as one that stops does.
 */
import type { Log } from '../runtime/log.ts';

export interface Closing {
  /** Puts something on the stack; `name` is for the log. */
  add(name: string, close: () => void | Promise<void>): void;
  /**
   * Closes everything that was added, the last first, also after a failure. Throws the first failure at the end. A
   * second call waits for the first.
   */
  close(): Promise<void>;
}

export function openClosing(log: Log): Closing {
  const stack: { name: string; close: () => void | Promise<void> }[] = [];
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      try {
        await part.close();
      } catch (error) {
        log.error({ part: part.name, error: (error as Error).message }, 'not closed cleanly');
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  return {
    add: (name, close) => void stack.push({ name, close }),
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
