/** Reports of people to whom care was refused, for the practice and the operator. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../engine/database.ts';

export interface CareRefusal {
  id: string;
  /** `Organization/x`. */
  practice: string;
  /** `Practitioner/x`; empty: the practice as a whole. */
  practitioner: string;
  said: string;
  /** How to answer; empty: the person wants no answer. */
  contact: string;
  /** Epoch milliseconds. */
  at: number;
}

export class CareRefusals {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** False: too many people have reported something about this practice since then. */
  async report(report: Omit<CareRefusal, 'id'>, most: number, since: number): Promise<boolean> {
    const { practice, practitioner, said, contact, at } = report;
    const rows = await this.database.query(
      `INSERT INTO care_refusal (id, practice, practitioner, said, contact, at)
       SELECT $1, $2, $3, $4, $5, $6::timestamptz WHERE (SELECT count(*) FROM care_refusal
         WHERE practice = $2 AND at > $7::timestamptz) < $8 RETURNING id`,
      [randomUUID(), practice, practitioner, said, contact, stamp(at), stamp(since), most],
    );
    return rows.length > 0;
  }

  /** The reports that nobody has closed: of one practice, or all (`undefined`), the oldest first. */
  async open(practice: string | undefined, count: number): Promise<CareRefusal[]> {
    return this.database.query<CareRefusal & Record<string, unknown>>(
      `SELECT id, practice, practitioner, said, contact, (extract(epoch FROM at) * 1000)::float8 AS at
       FROM care_refusal WHERE closed_at IS NULL AND ($1::text IS NULL OR practice = $1) ORDER BY at, id LIMIT $2`,
      [practice ?? null, count],
    );
  }

  async close(practice: string, id: string, now: number): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE care_refusal SET closed_at = $3::timestamptz WHERE practice = $1 AND id = $2 AND closed_at IS NULL
       RETURNING id`,
      [practice, id, stamp(now)],
    );
    return rows.length > 0;
  }

  /** Deletes what was reported before then, read or not. */
  async forget(before: number): Promise<void> {
    await this.database.query('DELETE FROM care_refusal WHERE at < $1::timestamptz', [stamp(before)]);
  }
}

function stamp(instant: number): string {
  return new Date(instant).toISOString();
}
