/**
 * Sessions and logins under way, by the hash of the browser's secret. Their contents are plain text here. Instants are
 * epoch milliseconds of the caller's clock.
 */
import { createHash } from 'node:crypto';
import type { Database } from '../engine/database.ts';

export interface StoredSession {
  data: string;
  endsAt: number;
}

/** How late `seen_at` may be: a session in use is not written at every request. */
const SEEN_EVERY = 60_000;

export class SessionStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** `secret`: the value of the cookie. Deletes ended sessions as well. */
  async start(secret: string, data: string, now: number, endsAt: number): Promise<void> {
    await this.database.query(
      `WITH swept AS (DELETE FROM session WHERE ends_at <= $3::timestamptz)
       INSERT INTO session (id, data, seen_at, ends_at) VALUES ($1, $2, $3::timestamptz, $4::timestamptz)`,
      [hash(secret), data, stamp(now), stamp(endsAt)],
    );
  }

  /** `undefined` when there is none, or it has ended, or it was not used for `idleMs`. */
  async find(secret: string, now: number, idleMs: number): Promise<StoredSession | undefined> {
    const [row] = await this.database.query<{ data: string; seen: number; end: number }>(
      `SELECT data, (extract(epoch FROM seen_at) * 1000)::float8 AS seen,
       (extract(epoch FROM ends_at) * 1000)::float8 AS "end"
       FROM session WHERE id = $1 AND ends_at > $2::timestamptz AND seen_at > $3::timestamptz`,
      [hash(secret), stamp(now), stamp(now - idleMs)],
    );
    if (row === undefined) return undefined;
    if (now - row.seen > SEEN_EVERY)
      await this.database.query('UPDATE session SET seen_at = $2::timestamptz WHERE id = $1', [
        hash(secret),
        stamp(now),
      ]);
    return { data: row.data, endsAt: row.end };
  }

  async end(secret: string): Promise<void> {
    await this.database.query('DELETE FROM session WHERE id = $1', [hash(secret)]);
  }

  /** Keeps the data that the provider's answer must match. */
  async startLogin(secret: string, data: string, now: number, endsAt: number): Promise<void> {
    await this.database.query(
      `WITH swept AS (DELETE FROM login WHERE ends_at <= $3::timestamptz)
       INSERT INTO login (id, data, ends_at) VALUES ($1, $2, $4::timestamptz)`,
      [hash(secret), data, stamp(now), stamp(endsAt)],
    );
  }

  /** Works once: a second answer finds nothing. */
  async takeLogin(secret: string, now: number): Promise<string | undefined> {
    const [row] = await this.database.query<{ data: string }>(
      'DELETE FROM login WHERE id = $1 RETURNING CASE WHEN ends_at > $2::timestamptz THEN data END AS data',
      [hash(secret), stamp(now)],
    );
    return row?.data ?? undefined;
  }
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
