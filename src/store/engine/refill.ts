/**
 * Fills search columns from the bodies, in batches, while programs of this and of another level write: each row only
 * where its version is still the one that was read. A refill that was interrupted goes on where it was.
 */
import { parseJson } from '../../fhir/json.ts';
import { toRow } from '../resources/row.ts';
import { fingerprint, STORED_TYPES, tableOf } from '../resources/schema.ts';
import type { Queries } from './database.ts';

const BATCH = 500;

/** Fills the tables whose shape has changed; returns their types. */
export async function refillTables(session: Queries): Promise<string[]> {
  const pending = await session.query<{ type: string; after: string }>('SELECT type, after FROM refill ORDER BY type');
  const known = pending.filter(({ type }) => STORED_TYPES.includes(type));
  for (const { type, after } of known) await refillTable(session, type, after);
  return known.map(({ type }) => type);
}

async function refillTable(session: Queries, type: string, from: string): Promise<void> {
  for (let after = from; ; ) {
    const rows = await session.query<{ id: string; body: string }>(
      `SELECT id, body FROM ${tableOf(type)} WHERE id > $1 AND NOT deleted ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    if (rows.length > 0) {
      await refillRows(session, type, rows);
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

async function refillRows(session: Queries, type: string, rows: readonly { body: string }[]): Promise<void> {
  const filled = rows.map(({ body }) => {
    const { id, version, search } = toRow(parseJson(body));
    return { id, version, search };
  });
  await session.query('SELECT refill_resources($1, $2::json)', [type, JSON.stringify(filled)]);
}

/**
 * Fills in what programs of another level have written, of the types whose columns this program knows. Returns
 * whether more may be left.
 */
export async function refillWritten(database: Queries): Promise<boolean> {
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
    await refillRows(database, type, bodies);
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
