/** Passkeys: the public half of each, by the id of its credential. Instants are epoch milliseconds. */
import type { Database } from '../engine/database.ts';

export interface StoredPasskey {
  id: string;
  /** The subject of the login, and the name that its owner has given. */
  subject: string;
  name: string;
  publicKey: string;
  /** COSE. */
  algorithm: number;
  counter: number;
}

export class PasskeyStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** False when the id is taken. */
  async add({ id, subject, name, publicKey, algorithm, counter }: StoredPasskey, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `INSERT INTO passkey (id, subject, name, public_key, algorithm, counter, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz) ON CONFLICT DO NOTHING RETURNING id`,
      [id, subject, name, publicKey, algorithm, counter, new Date(now).toISOString()],
    );
    return rows.length > 0;
  }

  async find(id: string): Promise<StoredPasskey | undefined> {
    const [row] = await this.database.query<StoredPasskey & Record<string, unknown>>(
      'SELECT id, subject, name, public_key AS "publicKey", algorithm, counter FROM passkey WHERE id = $1',
      [id],
    );
    return row;
  }

  /** False when another login with the same passkey came first: a counter is used once. */
  async use(id: string, before: number, counter: number, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE passkey SET counter = $3, used_at = $4::timestamptz WHERE id = $1 AND counter = $2 RETURNING id`,
      [id, before, counter, new Date(now).toISOString()],
    );
    return rows.length > 0;
  }

  async remove(id: string): Promise<void> {
    await this.database.query('DELETE FROM passkey WHERE id = $1', [id]);
  }
}
