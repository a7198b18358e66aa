/** Acceptances of the terms of use. Instants are epoch milliseconds of the caller's clock. */
import type { Database } from '../engine/database.ts';

export interface Acceptance {
  issuer: string;
  subject: string;
  /** As the identity provider named the person then. */
  name: string;
  /** Hash and first line of the text that was accepted. */
  terms: string;
  label: string;
  at: number;
}

export class TermsStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async isAccepted(issuer: string, subject: string, terms: string): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT 1 AS found FROM terms_acceptance WHERE issuer = $1 AND subject = $2 AND terms = $3',
      [issuer, subject, terms],
    );
    return rows.length > 0;
  }

  /** The first acceptance of a version counts: a second one changes nothing. */
  async accept({ issuer, subject, name, terms, label, at }: Acceptance): Promise<void> {
    await this.database.query(
      `INSERT INTO terms_acceptance (issuer, subject, terms, label, name, accepted_at)
       VALUES ($1, $2, $3, $4, $5, $6::timestamptz) ON CONFLICT DO NOTHING`,
      [issuer, subject, terms, label, name, new Date(at).toISOString()],
    );
  }

  /** The newest first. */
  async list(count: number): Promise<Acceptance[]> {
    return this.database.query<Acceptance & Record<string, unknown>>(
      `SELECT issuer, subject, name, terms, label, (extract(epoch FROM accepted_at) * 1000)::float8 AS at
       FROM terms_acceptance ORDER BY accepted_at DESC, issuer, subject LIMIT $1`,
      [count],
    );
  }
}
