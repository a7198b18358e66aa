/**
 * Lets one process's writers of the same thing wait their turn instead of colliding in the database. Fair: first come
 * first.
 */
export class InTurn {
  private readonly tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(name) ?? Promise.resolve();
    const own = before.then(work, work);
    const tail = own.catch(() => {});
    this.tails.set(name, tail);
    try {
      return await own;
    } finally {
      if (this.tails.get(name) === tail) this.tails.delete(name);
    }
  }
}
