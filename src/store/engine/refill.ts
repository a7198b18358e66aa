/**
 * Fills search columns from the bodies, in batches, while programs of this and of another level write: each row only
 * where its version is still the one that was read. A refill that was interrupted goes on where it was.
 */
import { withStoredReferences } from '../../fhir/local-reference.ts';
import { parseAnyResource } from '../../fhir/json.ts';
import { toRow } from '../resources/row.ts';
import { fingerprint, STORED_TYPES, tableOf } from '../resources/schema.ts';
import type { Queries } from './database.ts';

const BATCH = 500;

/** Fills the tables whose shape has changed; returns their types. */
export async function refillTables(session: Queries, ownBases: readonly string[]): Promise<string[]> {
  const pending = await session.query<{ type: string; after: string }>('SELECT type, after FROM refill ORDER BY type');
  const known = pending.filter(({ type }) => STORED_TYPES.includes(type));
  for (const { type, after } of known) await refillTable(session, type, after, ownBases);
  return known.map(({ type }) => type);
}

async function refillTable(session: Queries, type: string, from: string, ownBases: readonly string[]): Promise<void> {
  for (let after = from; ; ) {
    const rows = await session.query<{ id: string; body: string }>(
      `SELECT id, body FROM ${tableOf(type)} WHERE id > $1 AND NOT deleted ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    if (rows.length > 0) {
      await refillRows(session, type, rows, ownBases);
      after = rows.at(-1)!.id;
      await session.query('UPDATE refill SET after = $2 WHERE type = $1', [type, after]);
    }
    if (rows.length < BATCH) break;
  }
  await session.query(
    `WITH done AS (DELETE FROM refill WHERE type = $1)
     INSERT INTO search_shape VALUES ($1, $2) ON CONFLICT (type) DO UPDATE SET fingerprint = excluded.fingerprint`,
    [type, fingerprint(type)],
  );
}

/**
 * References by an address of this server, stored before references were read on the way in, become relative in the
 * same step: the columns would lose them, as they lose references to other servers.
 */
async function refillRows(
  session: Queries,
  type: string,
  rows: readonly { body: string }[],
  ownBases: readonly string[],
): Promise<void> {
  const relative: { id: string; version: number; body: string | null }[] = [];
  const filled = rows.map(({ body }) => {
    const stored = parseAnyResource(body);
    const resource = withStoredReferences(stored, ownBases);
    const { id, version, search, body: text } = toRow(resource);
    if (resource !== stored) relative.push({ id, version, body: text });
    return { id, version, search };
  });
  if (relative.length > 0) await writeBodies(session, type, relative);
  await session.query('SELECT refill_resources($1, $2::json)', [type, JSON.stringify(filled)]);
}

/** The same version in other words: in the history and in the table, each only where it is still that version. */
async function writeBodies(session: Queries, type: string, rows: readonly object[]): Promise<void> {
  await session.query(
    `WITH r AS (SELECT * FROM json_to_recordset($2::json) AS r(id text, version integer, body text)),
       past AS (UPDATE history h SET body = r.body FROM r WHERE h.type = $1 AND h.id = r.id AND h.version = r.version)
     UPDATE ${tableOf(type)} t SET body = r.body FROM r WHERE t.id = r.id AND t.version = r.version AND NOT t.deleted`,
    [type, JSON.stringify(rows)],
  );
}

/**
 * Fills in what programs of another level have written, of the types whose columns this program knows. Returns
 * whether more may be left.
 */
export async function refillWritten(database: Queries, ownBases: readonly string[]): Promise<boolean> {
  const rows = await database.query<{ type: string; id: string; version: number }>(
    `SELECT u.type, u.id, u.version FROM unfilled u JOIN search_shape s ON s.type = u.type
     WHERE (s.type, s.fingerprint) IN (SELECT * FROM unnest($1::text[], $2::text[])) LIMIT ${BATCH}`,
    [STORED_TYPES, STORED_TYPES.map(fingerprint)],
  );
  for (const type of new Set(rows.map((row) => row.type))) {
    const own = rows.filter((row) => row.type === type);
    const bodies = await database.query<{ body: string }>(
      `SELECT body FROM ${tableOf(type)} WHERE id = ANY($1::text[]) AND NOT deleted`,
      [own.map(({ id }) => id)],
    );
    await refillRows(database, type, bodies, ownBases);
    // Of a version that is no longer the current one nothing is to be filled in.
    await database.query(
      `DELETE FROM unfilled u USING unnest($2::text[], $3::integer[]) AS seen(id, version)
       WHERE u.type = $1 AND u.id = seen.id AND u.version = seen.version
         AND NOT EXISTS (SELECT FROM ${tableOf(type)} t WHERE t.id = u.id AND t.version = u.version AND NOT t.deleted)`,
      [type, own.map(({ id }) => id), own.map(({ version }) => version)],
    );
  }
  return rows.length === BATCH;
}

/** Versions that wait to be filled in. */
export async function countUnfilled(database: Queries): Promise<number> {
  const [row] = await database.query<{ n: number }>('SELECT count(*) AS n FROM unfilled');
  return row!.n;
}
