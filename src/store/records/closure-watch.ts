/** People who log in and asked for mail about closures on patients of their agendas. */
import { createHash } from 'node:crypto';
import type { Database } from '../engine/database.ts';
import type { PersonLogin } from './people.ts';

export interface ClosureWatch {
  id: string;
  /** The login, as JSON text: its rights are those of the day of the notice. */
  identity: string;
  email: string;
}

export class ClosureWatches {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async start(login: PersonLogin, identity: string, email: string): Promise<void> {
    await this.database.query(
      `INSERT INTO closure_watch (id, issuer, subject, identity, email) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET identity = excluded.identity, email = excluded.email`,
      [watchIdOf(login), login.issuer, login.subject, identity, email],
    );
  }

  async stop(id: string): Promise<void> {
    await this.database.query('DELETE FROM closure_watch WHERE id = $1', [id]);
  }

  async find(id: string): Promise<ClosureWatch | undefined> {
    const [row] = await this.database.query<ClosureWatch & Record<string, unknown>>(
      'SELECT id, identity, email FROM closure_watch WHERE id = $1',
      [id],
    );
    return row;
  }

  async all(): Promise<ClosureWatch[]> {
    return this.database.query<ClosureWatch & Record<string, unknown>>(
      'SELECT id, identity, email FROM closure_watch ORDER BY id',
    );
  }

  /** Where the invitation of this login went, for those whose provider tells no address. */
  async invitedAt({ issuer, subject }: PersonLogin): Promise<string | undefined> {
    const [row] = await this.database.query<{ email: string }>(
      `SELECT email FROM person WHERE issuer = $1 AND subject = $2 AND withdrawn_at IS NULL AND email IS NOT NULL
       ORDER BY created_at LIMIT 1`,
      [issuer, subject],
    );
    return row?.email;
  }
}

export function watchIdOf({ issuer, subject }: PersonLogin): string {
  return createHash('sha256').update(`${issuer}\n${subject}`).digest('hex').slice(0, 40);
}
