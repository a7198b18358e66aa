/** Whether the database answers, and which one it is: for health checks and for operators. */
import { FhirError } from '../../fhir/issue.ts';
import type { Database } from './database.ts';
import { readLevels } from './level.ts';

const LEVEL = readLevels().at(-1)!.level;

/** Throws when the database does not answer, accepts no writes, or wants a newer program. */
export async function ping(database: Database): Promise<void> {
  const [row] = await database.query<{ isReadOnly: boolean; oldest: number }>(
    `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly", oldest
     FROM schema_level`,
  );
  if (row!.isReadOnly) throw new FhirError('transient', 'The database accepts no writes');
  if (row!.oldest > LEVEL) throw new FhirError('not-supported', 'The schema wants a newer program');
}

/** Name and version: `PostgreSQL 17.4`. */
export async function databaseVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ v: string }>(`SELECT current_setting('server_version') AS v`);
  return `${database.kind === 'embedded' ? 'PGlite, PostgreSQL' : 'PostgreSQL'} ${row!.v}`;
}
