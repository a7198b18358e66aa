/**
 * Sessions and logins under way, by the hash of the browser's secret. Their contents are sealed. Instants are epoch
 * milliseconds of the caller's clock.
 */
import { createHash } from 'node:crypto';
import type { Secrets } from '../../runtime/secrets.ts';
import type { Database } from '../engine/database.ts';

/** A subject, and a session of it, as their issuer names them. */
interface Holder {
  issuer: string;
  subject?: string | undefined;
  sid?: string | undefined;
}

interface Kept {
  id: string;
  data: string;
  startedAt: number | undefined;
  seenAt: number;
  endsAt: number;
}

/** Sessions of one answer. */
const MAX_LISTED = 1_000;

/** How late `seen_at` may be: a session in use is not written at every request. */
const SEEN_EVERY = 60_000;

export class SessionStore {
  private readonly database: Database;
  private readonly secrets: Secrets;

  constructor(database: Database, secrets: Secrets) {
    this.database = database;
    this.secrets = secrets;
  }

  /** `secret`: the value of the cookie. Deletes ended sessions as well. */
  async start(secret: string, data: string, now: number, endsAt: number, holder: Holder): Promise<void> {
    await this.database.query(
      `WITH swept AS (DELETE FROM session WHERE ends_at <= $3::timestamptz)
       INSERT INTO session (id, data, seen_at, started_at, ends_at, holder, sid)
       VALUES ($1, $2, $3::timestamptz, $3::timestamptz, $4::timestamptz, $5, $6)`,
      [hash(secret), this.seal('session', secret, data), stamp(now), stamp(endsAt), subjectOf(holder), sidOf(holder)],
    );
  }

  /** `undefined` when there is none, or it has ended, or it was not used for `idleMs`. */
  async find(secret: string, now: number, idleMs: number): Promise<Pick<Kept, 'data' | 'endsAt'> | undefined> {
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
    const data = this.secrets.open(row.data, placeOf('session', hash(secret)));
    return data === undefined ? undefined : { data, endsAt: row.end };
  }

  async end(secret: string): Promise<void> {
    await this.database.query('DELETE FROM session WHERE id = $1', [hash(secret)]);
  }

  idOf(secret: string): string {
    return hash(secret);
  }

  /** The sessions in use of this holder, or of everybody, the last first. */
  async list(holder: Holder | undefined, now: number, idleMs: number): Promise<Kept[]> {
    const rows = await this.database.query<{
      id: string;
      data: string;
      start: number | null;
      seen: number;
      end: number;
    }>(
      `SELECT id, data, (extract(epoch FROM started_at) * 1000)::float8 AS start,
       (extract(epoch FROM seen_at) * 1000)::float8 AS seen, (extract(epoch FROM ends_at) * 1000)::float8 AS "end"
       FROM session WHERE ends_at > $1::timestamptz AND seen_at > $2::timestamptz AND ($3::text IS NULL OR holder = $3)
       ORDER BY seen_at DESC, id LIMIT ${MAX_LISTED}`,
      [stamp(now), stamp(now - idleMs), holder === undefined ? null : subjectOf(holder)],
    );
    return rows.flatMap(({ id, data, start, seen, end }) => {
      const opened = this.secrets.open(data, placeOf('session', id));
      return opened === undefined
        ? []
        : [{ id, data: opened, startedAt: start ?? undefined, seenAt: seen, endsAt: end }];
    });
  }

  async endById(id: string): Promise<void> {
    await this.database.query('DELETE FROM session WHERE id = $1', [id]);
  }

  /** Ends the one session that the provider names so, else all of that subject. */
  async endOf(holder: Holder): Promise<void> {
    const sid = sidOf(holder);
    await this.database.query(
      sid === null ? 'DELETE FROM session WHERE holder = $1' : 'DELETE FROM session WHERE sid = $1',
      [sid ?? subjectOf(holder)],
    );
  }

  /** Keeps the data that the provider's answer must match. */
  async startLogin(secret: string, data: string, now: number, endsAt: number): Promise<void> {
    await this.database.query(
      `WITH swept AS (DELETE FROM login WHERE ends_at <= $3::timestamptz)
       INSERT INTO login (id, data, ends_at) VALUES ($1, $2, $4::timestamptz)`,
      [hash(secret), this.seal('login', secret, data), stamp(now), stamp(endsAt)],
    );
  }

  /** Works once: a second answer finds nothing. */
  async takeLogin(secret: string, now: number): Promise<string | undefined> {
    const [row] = await this.database.query<{ data: string }>(
      'DELETE FROM login WHERE id = $1 RETURNING CASE WHEN ends_at > $2::timestamptz THEN data END AS data',
      [hash(secret), stamp(now)],
    );
    return row?.data ? this.secrets.open(row.data, placeOf('login', hash(secret))) : undefined;
  }

  private seal(table: 'session' | 'login', secret: string, data: string): string {
    return this.secrets.seal(data, placeOf(table, hash(secret)));
  }
}

/** Where a sealed content belongs: the table and the row. */
export function placeOf(table: 'session' | 'login', id: string): string {
  return `${table}:${id}`;
}

/** Two issuers may name two people alike. */
function subjectOf({ issuer, subject }: Holder): string | null {
  return subject === undefined ? null : hash(JSON.stringify([issuer, subject]));
}

function sidOf({ issuer, sid }: Holder): string | null {
  return sid === undefined ? null : hash(JSON.stringify([issuer, sid]));
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
