/**
 * How often somebody has asked for something in a window of time, counted in the database, so that all servers count
 * together. Keys are hashes: no address and no contact is stored. Instants are epoch milliseconds.
 */
import { createHash } from 'node:crypto';
import type { Database } from '../engine/database.ts';

/** So many times in so long. */
export interface CountedLimit {
  /** Of what it counts. */
  name: string;
  most: number;
  windowMs: number;
}

export class LimitCounters {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Counts one more of `who`. `undefined`: within the limit; otherwise the milliseconds until the window ends. */
  async spend({ name, most, windowMs }: CountedLimit, who: string, now: number): Promise<number | undefined> {
    const since = Math.floor(now / windowMs) * windowMs;
    const [row] = await this.database.query<{ n: number }>(
      `INSERT INTO limit_counter (key, since, n, until) VALUES ($1, $2::timestamptz, 1, $3::timestamptz)
       ON CONFLICT (key, since) DO UPDATE SET n = LEAST(limit_counter.n + 1, 1000000) RETURNING n`,
      [keyOf(name, who), stamp(since), stamp(since + windowMs)],
    );
    return row!.n > most ? since + windowMs - now : undefined;
  }

  /** Takes one back: what was counted has not happened. */
  async giveBack({ name, windowMs }: CountedLimit, who: string, now: number): Promise<void> {
    await this.database.query(
      'UPDATE limit_counter SET n = n - 1 WHERE key = $1 AND since = $2::timestamptz AND n > 0',
      [keyOf(name, who), stamp(Math.floor(now / windowMs) * windowMs)],
    );
  }

  /** Deletes the windows that are over. */
  async sweep(now: number): Promise<void> {
    await this.database.query('DELETE FROM limit_counter WHERE until <= $1::timestamptz', [stamp(now)]);
  }
}

function keyOf(name: string, who: string): string {
  return createHash('sha256').update(`${name} ${who}`).digest('base64url');
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
