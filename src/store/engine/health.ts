/** Which database it is, and whether this program may work on it: for health checks and for operators. */
import type { Database } from './database.ts';
import { readLevels } from './level.ts';

const LEVEL = readLevels().at(-1)!.level;

/** Does this program still work on the schema, which a newer one may have changed meanwhile? */
export async function isServed(database: Database): Promise<boolean> {
  const [row] = await database.query<{ oldest: number }>('SELECT oldest FROM schema_level');
  return row!.oldest <= LEVEL;
}

/** Name and version: `PostgreSQL 17.4`. */
export async function databaseVersion(database: Database): Promise<string> {
  const [row] = await database.query<{ v: string }>(`SELECT current_setting('server_version') AS v`);
  return `${database.kind === 'embedded' ? 'PGlite, PostgreSQL' : 'PostgreSQL'} ${row!.v}`;
}

/** The state in which a start would find the schema. Throws when this program could not work here. */
export async function schemaState(database: Database): Promise<string> {
  const [server] = await database.query<{ off: string }>(`SELECT current_setting('transaction_read_only') AS off`);
  if (server!.off === 'on') throw new Error('la base n’accepte pas d’écritures / the database accepts no writes');
  const [found] = await database.query<{ t: string | null }>(`SELECT to_regclass('schema_level')::text AS t`);
  if (found!.t === null) return 'vide : le schéma sera créé / empty: the schema will be made';
  const [row] = await database.query<{ level: number; oldest: number }>('SELECT level, oldest FROM schema_level');
  if (row!.oldest > LEVEL) throw new Error('son schéma est celui d’un programme plus récent / of a newer program');
  return row!.level < LEVEL
    ? 'le schéma sera mis à niveau / the schema will be upgraded'
    : 'schéma à jour / up to date';
}

/** Does it follow another server? */
export async function isStandby(database: Database): Promise<boolean> {
  const [row] = await database.query<{ is: boolean }>('SELECT pg_is_in_recovery() AS is');
  return row!.is;
}
