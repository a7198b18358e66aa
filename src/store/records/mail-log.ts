/**
 * Which mails were begun and which have left, so that none goes twice; and the links by which people withdraw their
 * agreement.
 */
import { hashOf, newToken } from './calendar-links.ts';
import type { Database } from '../engine/database.ts';

export type MailState = 'new' | 'begun' | 'sent';

export class MailLog {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Says what was known of the mail before this moment; from now on it is begun. */
  async begin(key: string): Promise<MailState> {
    const fresh = await this.database.query(
      'INSERT INTO mail_sent (key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING key',
      [key],
    );
    if (fresh.length > 0) return 'new';
    const [row] = await this.database.query<{ sent: boolean }>(
      'SELECT sent_at IS NOT NULL AS sent FROM mail_sent WHERE key = $1',
      [key],
    );
    return row?.sent ? 'sent' : 'begun';
  }

  async sent(key: string): Promise<void> {
    await this.database.query('UPDATE mail_sent SET sent_at = now() WHERE key = $1', [key]);
    await this.database.query(`DELETE FROM mail_sent WHERE begun_at < now() - interval '400 days'`);
  }

  /** It is certain that it did not leave. */
  async forget(key: string): Promise<void> {
    await this.database.query('DELETE FROM mail_sent WHERE key = $1', [key]);
  }

  /** A link for one mail to one person. */
  async leaveToken(type: string, id: string): Promise<string> {
    const token = newToken();
    await this.database.query('INSERT INTO mail_leave (token_hash, type, id) VALUES ($1, $2, $3)', [
      hashOf(token),
      type,
      id,
    ]);
    return token;
  }

  async whoLeaves(token: string): Promise<{ type: string; id: string } | undefined> {
    const [row] = await this.database.query<{ type: string; id: string }>(
      'SELECT type, id FROM mail_leave WHERE token_hash = $1',
      [hashOf(token)],
    );
    return row;
  }
}
