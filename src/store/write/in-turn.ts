/** Turns of the writers of one process. */
import { withDeadline } from '../engine/deadline.ts';

/** How long somebody waits for those before, in ms. */
const WAIT_MS = 20_000;

/**
 * Lets one process's writers of the same thing wait their turn instead of colliding in the database. Fair: first come
 * first.
 */
export class InTurn {
  private readonly tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(name) ?? Promise.resolve();
    // Refuse a caller that has waited too long before it does anything, so that it keeps nobody else waiting.
    const own = withDeadline(before, WAIT_MS).then(work);
    const tail = own.catch(() => {});
    this.tails.set(name, tail);
    try {
      return await own;
    } finally {
      if (this.tails.get(name) === tail) this.tails.delete(name);
    }
  }
}
