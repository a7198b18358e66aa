/**
 * A value that is read from files, and read again when they change, without a restart. Polling their stamps sees the
 * changes that file notifications miss: mounted secrets, network disks, swapped links. When a changed file cannot be
 * read, the value before it stays in force.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../log.ts';

/** Interval of polling: new files are in force well within 10 s. */
export const POLL_MS = 2000;

export class Reloaded<T> {
  /** The value in force. */
  current: T;
  /** The reason why the files as they are now are not in force. */
  failure: string | undefined;
  private stamp: string;
  private readonly files: readonly string[];
  private readonly read: (contents: Buffer[]) => T;
  private readonly more: (current: T) => readonly string[];

  /**
   * `more`: further files to watch, which the value names. Throws an error with the names of the files when they cannot
   * be read the first time.
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

  /** Reads the files again when they have changed. True when a new value is in force. */
  check(log: Log): boolean {
    // Taken before the files are read, so that a change during the reading is seen the next time.
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
        'these files have changed and cannot be read: the former content stays in force',
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
