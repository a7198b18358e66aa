/**
 * What is read from files and read again when they change, without a restart. Files are looked at by their stamps
 * (polling sees what
 * file notifications miss: mounted secrets, network disks, links that are swapped). A change that cannot be read
 * leaves what was there in force.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../log.ts';

/** Files are looked at this often, in milliseconds: new ones are in force well within 10 s. */
export const POLL_EVERY = 2000;

export class Reloaded<T> {
  /** What is in force. */
  current: T;
  /** Why the files as they are now are not in force. */
  failure: string | undefined;
  private stamp: string;
  private readonly files: readonly string[];
  private readonly read: (contents: Buffer[]) => T;
  private readonly more: (current: T) => readonly string[];

  /**
   * `more`: files that what was read names, looked at too. Throws with the files' names when they cannot be read the
   * first time.
   */
  constructor(
    files: readonly string[],
    read: (contents: Buffer[]) => T,
    more: (current: T) => readonly string[] = () => [],
  ) {
    this.files = files;
    this.read = read;
    this.more = more;
    const before = stampOf(files);
    this.current = this.readNow();
    this.stamp = before + stampOf(more(this.current));
  }

  /** True when something new is in force. */
  check(log: Log): boolean {
    // Before the reading: what changes meanwhile is seen the next time.
    const before = stampOf(this.files);
    const stamp = before + stampOf(this.more(this.current));
    if (stamp === this.stamp) return false;
    this.stamp = stamp;
    try {
      this.current = this.readNow();
      this.failure = undefined;
    } catch (error) {
      this.failure = (error as Error).message;
      log.error(
        { files: this.files, reason: (error as Error).message },
        'these files have changed and cannot be read: what was in force stays',
      );
      return false;
    }
    this.stamp = before + stampOf(this.more(this.current));
    log.info({ files: this.files }, 'reloaded');
    return true;
  }

  private readNow(): T {
    try {
      return this.read(this.files.map((file) => readFileSync(file)));
    } catch (error) {
      throw new Error(`${this.files.join(', ')}: ${(error as Error).message}`, { cause: error });
    }
  }
}

function stampOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? '-|' : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}|`;
    })
    .join('');
}
