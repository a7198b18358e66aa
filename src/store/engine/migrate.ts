/**
 * Brings a database to this version: the numbered SQL files once each, then the functions, then the tables of the
 * resource types, refilled from the bodies where a search parameter changed. Two processes that start at once do it
 * once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Database } from './database.ts';
import { toRow } from '../resources/row.ts';
import { fingerprint, putScript, STORED_TYPES, tableOf, tableScript } from '../resources/schema.ts';

const FOLDER = new URL('../sql/', import.meta.url);
/** Replaced at every start. */
const FUNCTIONS = ['commit.sql', 'number.sql', 'subscription.sql'];
/** Held during the whole migration, so that a second process waits and then finds nothing to do. */
const LOCK = 'SELECT pg_advisory_xact_lock(1296646735);';

export async function migrate(database: Database): Promise<{ applied: string[]; refilled: string[] }> {
  await database.script(`${LOCK}
    CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now())`);
  const applied: string[] = [];
  for (const name of readdirSync(FOLDER)
    .filter((one) => /^\d{4}-.*\.sql$/.test(one))
    .sort()) {
    if (await applyFile(database, name)) applied.push(name);
  }
  const shaped: { type: string; isNew: boolean }[] = [];
  for (const type of STORED_TYPES) shaped.push(...(await shapeTable(database, type)));
  await database.script(
    LOCK + putScript(STORED_TYPES) + FUNCTIONS.map((name) => readFileSync(new URL(name, FOLDER), 'utf8')).join('\n'),
  );
  const refilled = shaped.filter((one) => !one.isNew).map((one) => one.type);
  for (const type of refilled) await refill(database, type);
  for (const { type } of shaped) {
    await database.query(
      'INSERT INTO search_shape VALUES ($1, $2) ON CONFLICT (type) DO UPDATE SET fingerprint = excluded.fingerprint',
      [type, fingerprint(type)],
    );
  }
  return { applied, refilled };
}

async function applyFile(database: Database, name: string): Promise<boolean> {
  const sql = readFileSync(new URL(name, FOLDER), 'utf8');
  const checksum = createHash('sha256').update(sql).digest('hex').slice(0, 16);
  const [done] = await database.query<{ checksum: string }>('SELECT checksum FROM migration WHERE name = $1', [name]);
  if (done !== undefined) {
    if (done.checksum === checksum) return false;
    throw new FhirError('exception', `The migration ${name} differs from the one applied to this database`, {
      text: `La migration ${name} a changé depuis son application : utilisez la version de Créneau qui correspond à cette base.`,
    });
  }
  try {
    await database.script(`${LOCK}
      INSERT INTO migration (name, checksum) VALUES ('${name}', '${checksum}');
      ${sql}`);
    return true;
  } catch (error) {
    // Another process may have applied it between our look and our turn.
    const [now] = await database.query('SELECT 1 FROM migration WHERE name = $1', [name]);
    if (now !== undefined) return false;
    throw error;
  }
}

/** Makes or alters the table of a type, where its columns are not those of this version. */
async function shapeTable(database: Database, type: string): Promise<{ type: string; isNew: boolean }[]> {
  const wanted = fingerprint(type);
  const [shape] = await database.query<{ fingerprint: string }>(
    'SELECT fingerprint FROM search_shape WHERE type = $1',
    [type],
  );
  if (shape?.fingerprint === wanted) return [];
  const columns = await database.query<{ name: string }>(
    'SELECT column_name::text AS name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1',
    [type.toLowerCase()],
  );
  const has = columns.length === 0 ? undefined : new Set(columns.map((column) => column.name));
  try {
    await database.script(LOCK + tableScript(type, has));
  } catch (error) {
    const [now] = await database.query('SELECT 1 FROM search_shape WHERE type = $1 AND fingerprint = $2', [
      type,
      wanted,
    ]);
    if (now !== undefined) return [];
    throw error;
  }
  return [{ type, isNew: has === undefined }];
}

const PAGE = 500;

async function refill(database: Database, type: string): Promise<void> {
  let after = '';
  for (;;) {
    const rows = await database.query<{ id: string; body: string }>(
      `SELECT id, body FROM ${tableOf(type)} WHERE id > $1 AND NOT deleted ORDER BY id LIMIT ${PAGE}`,
      [after],
    );
    for (const row of rows) {
      const { id, version, updated_at, body, search } = toRow(parseJson(row.body));
      await database.query('SELECT put_resource($1, $2, $3, $4, $5, $6::json)', [
        type,
        id,
        version,
        updated_at,
        body,
        JSON.stringify(search),
      ]);
    }
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}
