/** One check of the database. */
import type { Database } from '../engine/database.ts';

export interface Check {
  name: string;
  french: string;
  english: string;
  /** The faults, each as a reference or a number; never a name or an identifier of a person. */
  find: (database: Database) => Promise<string[]>;
  /** Mends what was found; absent: only somebody who knows can decide. */
  repair?: (database: Database, found: readonly string[]) => Promise<void>;
}

/** Runs a statement with one column, `what`. */
export async function list(database: Database, sql: string, params: unknown[] = []): Promise<string[]> {
  const rows = await database.query<{ what: string }>(sql, params);
  return rows.map(({ what }) => what).sort();
}
