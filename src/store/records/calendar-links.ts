/** Addresses of calendar feeds: created, found by the hash of their token, revoked. */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '../engine/database.ts';

export interface CalendarLink {
  type: string;
  id: string;
  /** Did the holder choose to see patients' names? */
  names: boolean;
}

/** A link that was found by its token. */
export interface KnownLink extends CalendarLink {
  /** Name of the caller who made it. */
  author: string;
}

/** 192 bits, good in an address. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** All that is stored of a token: it is long and random, so its hash needs no salt. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

export class CalendarLinks {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Returns the token, which is told nowhere else. */
  async create({ type, id, names }: CalendarLink, caller: string): Promise<string> {
    const token = newToken();
    await this.database.query(
      'INSERT INTO calendar_link (token_hash, type, id, names, created_by) VALUES ($1, $2, $3, $4, $5)',
      [hashOf(token), type, id, names, caller],
    );
    return token;
  }

  async find(token: string): Promise<KnownLink | undefined> {
    const [row] = await this.database.query<KnownLink & Record<string, unknown>>(
      'SELECT type, id, names, created_by AS author FROM calendar_link WHERE token_hash = $1 AND revoked_at IS NULL',
      [hashOf(token)],
    );
    return row;
  }

  /** One of them, or all of a resource. Returns how many. */
  async revoke(type: string, id: string, token?: string): Promise<number> {
    const own = token === undefined ? '' : 'AND token_hash = $3';
    const rows = await this.database.query(
      `UPDATE calendar_link SET revoked_at = now()
       WHERE type = $1 AND id = $2 AND revoked_at IS NULL ${own} RETURNING token_hash`,
      token === undefined ? [type, id] : [type, id, hashOf(token)],
    );
    return rows.length;
  }
}
