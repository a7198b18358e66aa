/** Whether the database answers, and which one it is: for health checks and for operators. */
import type { Database } from './database.ts';

/** Throws when the database does not answer. */
export async function ping(database: Database): Promise<void> {
  await database.query('SELECT 1');
}

/** Name and version: `PostgreSQL 17.4`. */
export async function databaseVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ v: string }>(`SELECT current_setting('server_version') AS v`);
  return `${database.kind === 'embedded' ? 'PGlite, PostgreSQL' : 'PostgreSQL'} ${row!.v}`;
}
