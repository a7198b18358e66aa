/**
 * Which notices were begun and which have left, so that none is sent twice; and the links by which people withdraw
 * their agreement to receive any.
 */
import { hashOf, newToken } from './calendar-links.ts';
import type { Database } from '../engine/database.ts';

export type NoticeState = 'new' | 'begun' | 'sent';

export class NoticeLog {
  private readonly database: Database;
  private readonly channel: string;

  constructor(database: Database, channel: string) {
    this.database = database;
    this.channel = channel;
  }

  /** Marks the notice as begun. Returns its state before. */
  async begin(key: string): Promise<NoticeState> {
    const fresh = await this.database.query(
      'INSERT INTO notice_sent (channel, key) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING key',
      [this.channel, key],
    );
    if (fresh.length > 0) return 'new';
    const [row] = await this.database.query<{ sent: boolean }>(
      'SELECT sent_at IS NOT NULL AS sent FROM notice_sent WHERE channel = $1 AND key = $2',
      [this.channel, key],
    );
    return row?.sent ? 'sent' : 'begun';
  }

  async sent(key: string): Promise<void> {
    await this.database.query('UPDATE notice_sent SET sent_at = now() WHERE channel = $1 AND key = $2', [
      this.channel,
      key,
    ]);
    await this.database.query(`DELETE FROM notice_sent WHERE begun_at < now() - interval '400 days'`);
  }

  /** The key of the last notice that left, of those that begin so. */
  async lastOf(beginnings: readonly [string, string]): Promise<string | undefined> {
    const [row] = await this.database.query<{ key: string }>(
      `SELECT key FROM notice_sent WHERE channel = $1 AND sent_at IS NOT NULL
        AND (starts_with(key, $2) OR starts_with(key, $3))
        ORDER BY sent_at DESC LIMIT 1`,
      [this.channel, ...beginnings],
    );
    return row?.key;
  }

  /** Only for a notice that certainly did not leave. */
  async forget(key: string): Promise<void> {
    await this.database.query('DELETE FROM notice_sent WHERE channel = $1 AND key = $2', [this.channel, key]);
  }
}

/** Links by which a person stops all notices. The token is known to the recipient alone: only its hash is stored. */
export class LeaveLinks {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** A new token for one notice to one person. */
  async create(type: string, id: string): Promise<string> {
    const token = newToken();
    await this.database.query('INSERT INTO notice_leave (token_hash, type, id) VALUES ($1, $2, $3)', [
      hashOf(token),
      type,
      id,
    ]);
    return token;
  }

  async find(token: string): Promise<{ type: string; id: string } | undefined> {
    const [row] = await this.database.query<{ type: string; id: string }>(
      'SELECT type, id FROM notice_leave WHERE token_hash = $1',
      [hashOf(token)],
    );
    return row;
  }
}
