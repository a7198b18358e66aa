/**
 * Addresses of calendar feeds: handed out, found by the hash of their token, revoked. And the calendars elsewhere that
 * agendas follow.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../engine/database.ts';

export interface CalendarLink {
  type: string;
  id: string;
  /** Did the holder choose to see patients' names? */
  names: boolean;
}

export interface CalendarSource {
  schedule: string;
  url: string;
  everyMinutes: number;
  etag: string | undefined;
  modified: string | undefined;
  failures: number;
  uids: string[];
}

/** 192 bits, good in an address. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** The stored form of a token: it is long and random, so its hash needs no salt. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export class CalendarLinks {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Returns the token; it is stored nowhere. */
  async create({ type, id, names }: CalendarLink, caller: string): Promise<string> {
    const token = newToken();
    await this.database.query(
      'INSERT INTO calendar_link (token_hash, type, id, names, created_by) VALUES ($1, $2, $3, $4, $5)',
      [hashOf(token), type, id, names, caller],
    );
    return token;
  }

  async find(token: string): Promise<CalendarLink | undefined> {
    const [row] = await this.database.query<CalendarLink & Record<string, unknown>>(
      'SELECT type, id, names FROM calendar_link WHERE token_hash = $1 AND revoked_at IS NULL',
      [hashOf(token)],
    );
    return row;
  }

  /** One of them, or all of a resource. Returns how many. */
  async revoke(type: string, id: string, token?: string): Promise<number> {
    const rows = await this.database.query(
      `UPDATE calendar_link SET revoked_at = now() WHERE type = $1 AND id = $2
       AND revoked_at IS NULL ${token === undefined ? '' : 'AND token_hash = $3'} RETURNING token_hash`,
      token === undefined ? [type, id] : [type, id, hashOf(token)],
    );
    return rows.length;
  }
}

type SourceRow = {
  schedule: string;
  url: string;
  every_minutes: number;
  etag: string | null;
  modified: string | null;
  failures: number;
  uids: string[];
};

export class CalendarSources {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async follow(schedule: string, url: string, everyMinutes: number): Promise<void> {
    await this.database.query(
      `INSERT INTO calendar_source (schedule, url, every_minutes, next_at)
       VALUES ($1, $2, $3::integer, clock_timestamp() + $3::integer * interval '1 minute')
       ON CONFLICT (schedule, url) DO UPDATE
         SET every_minutes = excluded.every_minutes, next_at = excluded.next_at, failures = 0`,
      [schedule, url, everyMinutes],
    );
  }

  /** The availabilities that came from there stay. */
  async leave(schedule: string, url: string): Promise<boolean> {
    return (
      (
        await this.database.query('DELETE FROM calendar_source WHERE schedule = $1 AND url = $2 RETURNING url', [
          schedule,
          url,
        ])
      ).length > 0
    );
  }

  async find(schedule: string, url: string): Promise<CalendarSource | undefined> {
    const rows = await this.database.query<SourceRow>(
      'SELECT * FROM calendar_source WHERE schedule = $1 AND url = $2',
      [schedule, url],
    );
    return rows.map(toSource)[0];
  }

  /** Due sources, reserved for five minutes: no other process gets them meanwhile. */
  async due(most: number): Promise<CalendarSource[]> {
    const rows = await this.database.query<SourceRow>(
      `UPDATE calendar_source SET next_at = clock_timestamp() + interval '5 minutes' WHERE (schedule, url) IN (
         SELECT schedule, url FROM calendar_source WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT $1
           FOR UPDATE SKIP LOCKED) RETURNING *`,
      [most],
    );
    return rows.map(toSource);
  }

  async seen(
    { schedule, url, etag, modified, uids }: CalendarSource,
    outcome: string,
    waitMinutes: number,
    failures: number,
  ): Promise<void> {
    await this.database.query(
      `UPDATE calendar_source
       SET etag = $3, modified = $4, uids = $5, last_at = clock_timestamp(), last_outcome = $6, failures = $8,
         next_at = clock_timestamp() + $7::float8 * interval '1 minute' WHERE schedule = $1 AND url = $2`,
      [schedule, url, etag ?? null, modified ?? null, uids, outcome, waitMinutes, failures],
    );
  }
}

function toSource({ every_minutes, etag, modified, ...row }: SourceRow): CalendarSource {
  return {
    schedule: row.schedule,
    url: row.url,
    failures: row.failures,
    uids: row.uids,
    everyMinutes: every_minutes,
    etag: etag ?? undefined,
    modified: modified ?? undefined,
  };
}
