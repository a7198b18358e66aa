/**
 * The tables of the resource types in a migration: expand (new tables and columns), functions that fill the old and
 * the new columns, indexes, and later contract (columns that no program uses any more).
 */
import { FhirError } from '../../fhir/issue.ts';
import {
  addColumnsScript,
  columnTypes,
  fingerprint,
  indexesOf,
  LATER_INDEXES,
  type PutTable,
  STORED_TYPES,
  tableOf,
  tableScript,
} from '../resources/schema.ts';
import { alter, buildIndex, type MigrationContext } from './alter.ts';
import type { Level } from './level.ts';

/** By type: the columns of its table with their types. */
type Columns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Makes the tables that are missing, and adds columns to the others. Types that are to be filled anew are noted in
 * `refill` by the very transaction that alters their table.
 */
export async function expand(context: MigrationContext, { level }: Level): Promise<void> {
  const columns = await readColumns(context);
  const filled = await readFingerprints(context);
  const fresh = STORED_TYPES.filter((type) => !columns.has(type));
  if (fresh.length > 0) {
    const shapes = fresh.map((type) => `('${type}', '${fingerprint(type)}')`).join(', ');
    await alter(context, `${fresh.map(tableScript).join('\n')} INSERT INTO search_shape VALUES ${shapes};`);
  }
  for (const type of STORED_TYPES) {
    const has = columns.get(type);
    if (has === undefined) continue;
    checkTypes(type, has);
    if (filled.get(type) === fingerprint(type)) continue;
    await alter(
      context,
      `${refillScript(type)} ${unusedScript(type, has, level)} ${addColumnsScript(type, keys(has)) ?? ''}`,
    );
  }
}

/**
 * The tables as the functions write them: with the columns that only older programs use, but for those to be dropped.
 */
export async function putTables({ session }: MigrationContext, { oldest }: Level): Promise<PutTable[]> {
  const rows = await session.query<{ type: string; name: string }>(
    'SELECT type, name FROM unused_column WHERE since > $1 ORDER BY type, name',
    [oldest],
  );
  return STORED_TYPES.map((type) => ({ type, unused: rows.filter((row) => row.type === type).map((row) => row.name) }));
}

/**
 * Builds the indexes that are missing, or that an interrupted build left invalid. False when one could not be built.
 */
export async function buildIndexes(context: MigrationContext, ms: number): Promise<boolean> {
  await emptyPendingLists(context);
  const found = await context.session.query<{ name: string; valid: boolean }>(
    `SELECT c.relname::text AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = current_schema()::regnamespace`,
  );
  const valid = new Map(found.map((index) => [index.name, index.valid]));
  const online = context.isServer ? 'INDEX CONCURRENTLY' : 'INDEX';
  let isWhole = true;
  for (const { name, sql } of [...STORED_TYPES.flatMap(indexesOf), ...LATER_INDEXES]) {
    if (valid.get(name) === true) continue;
    isWhole =
      (!valid.has(name) || (await buildIndex(context, `DROP ${online} IF EXISTS "${name}"`, ms))) &&
      (await buildIndex(context, sql.replace('INDEX', online), ms)) &&
      isWhole;
  }
  return isWhole;
}

/** Indexes that older programs have made keep new entries in a list, which searches read through. */
async function emptyPendingLists(context: MigrationContext): Promise<void> {
  const rows = await context.session.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c JOIN pg_am a ON a.oid = c.relam
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i' AND a.amname = 'gin'
       AND NOT COALESCE(c.reloptions @> '{fastupdate=off}', false)`,
  );
  for (const { name } of rows) {
    await alter(context, `ALTER INDEX "${name}" SET (fastupdate = off)`);
    await context.session.query('SELECT gin_clean_pending_list($1::regclass)', [`"${name}"`]);
  }
}

/** Drops the columns that no program which works on this schema uses. Throws `transient` when a table is held. */
export async function contract(context: MigrationContext, { oldest }: Level): Promise<void> {
  const columns = await context.session.query<{ type: string; name: string }>(
    'SELECT type, name FROM unused_column WHERE since <= $1 ORDER BY type, name',
    [oldest],
  );
  for (const { type, name } of columns) {
    await alter(
      context,
      `ALTER TABLE ${tableOf(type)} DROP COLUMN IF EXISTS "${name}";
       DELETE FROM unused_column WHERE type = '${type}' AND name = '${name}';`,
    );
  }
}

const keys = (has: ReadonlyMap<string, string>): ReadonlySet<string> => new Set(has.keys());

/** From now on the type is not filled; a refill under way for another shape begins anew. */
function refillScript(type: string): string {
  return `DELETE FROM search_shape WHERE type = '${type}';
    INSERT INTO refill (type, fingerprint, after) VALUES ('${type}', '${fingerprint(type)}', '')
      ON CONFLICT (type) DO UPDATE SET fingerprint = excluded.fingerprint, after = excluded.after
      WHERE refill.fingerprint <> excluded.fingerprint;`;
}

function unusedScript(type: string, has: ReadonlyMap<string, string>, level: number): string {
  const wanted = columnTypes(type);
  const unused = [...has.keys()].filter((name) => !wanted.has(name));
  const names = [...wanted.keys()].map((name) => `'${name}'`).join(', ');
  const insert = unused.map((name) => `('${type}', '${name}', ${level})`).join(', ');
  return `DELETE FROM unused_column WHERE type = '${type}' AND name IN (${names});
    ${insert === '' ? '' : `INSERT INTO unused_column VALUES ${insert} ON CONFLICT DO NOTHING;`}`;
}

/** A column of another type would have to be made anew under the programs that use it. */
function checkTypes(type: string, has: ReadonlyMap<string, string>): void {
  for (const [name, wanted] of columnTypes(type)) {
    const found = has.get(name);
    const bare = wanted.replace(/ (NOT NULL|DEFAULT .*)/g, '');
    const real = found === 'timestamp with time zone' ? 'timestamptz' : found;
    if (real === undefined || real === bare) continue;
    throw new FhirError('exception', `The column ${name} of ${type} is ${found}, this program wants ${bare}`, {
      text: `La colonne ${name} de ${type} est de type ${found}, ici attendue en ${bare} : renommez-la.`,
    });
  }
}

async function readColumns({ session }: MigrationContext): Promise<Columns> {
  const names = new Map(STORED_TYPES.map((type) => [type.toLowerCase(), type]));
  const rows = await session.query<{ table: string; name: string; type: string }>(
    `SELECT c.relname::text AS "table", a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relname = ANY($1::text[])`,
    [[...names.keys()]],
  );
  const columns = new Map<string, Map<string, string>>();
  for (const row of rows) {
    const type = names.get(row.table)!;
    const own = columns.get(type) ?? new Map<string, string>();
    columns.set(type, own.set(row.name, row.type));
  }
  return columns;
}

async function readFingerprints({ session }: MigrationContext): Promise<Map<string, string>> {
  const rows = await session.query<{ type: string; fingerprint: string }>('SELECT type, fingerprint FROM search_shape');
  return new Map(rows.map((row) => [row.type, row.fingerprint]));
}
