/** The row of each resource is the last version of its history. */
import { parseJson } from '../../fhir/json.ts';
import type { Database } from '../engine/database.ts';
import { fingerprint, STORED_TYPES, tableOf } from '../resources/schema.ts';
import { toRow, toTombstone } from '../resources/row.ts';
import type { Check } from './check.ts';

const last = (type: string): string =>
  `(SELECT DISTINCT ON (id) id, version, body FROM history WHERE type = '${type}' ORDER BY id, version DESC)`;

export const CURRENT_ROWS: Check = {
  name: 'current',
  french: "la ressource n'est pas la dernière version de son historique",
  english: 'the resource is not the last version of its history',
  async find(database) {
    const found: string[] = [];
    for (const type of STORED_TYPES) {
      const rows = await database.query<{ id: string }>(
        `SELECT COALESCE(t.id, h.id) AS id FROM ${last(type)} h FULL JOIN ${tableOf(type)} t ON t.id = h.id
         WHERE t.version IS DISTINCT FROM h.version OR t.body IS DISTINCT FROM h.body`,
      );
      found.push(...rows.map(({ id }) => `${type}/${id}`));
    }
    return found;
  },
  async repair(database, found) {
    for (const reference of found) await restore(database, reference);
  },
};

/** From the history; a row that is ahead of it stays. */
async function restore(database: Database, reference: string): Promise<void> {
  const [type = '', id = ''] = reference.split('/');
  const [version] = await database.query<{ version: number; at: Date; body: string | null }>(
    'SELECT version, at, body FROM history WHERE type = $1 AND id = $2 ORDER BY version DESC LIMIT 1',
    [type, id],
  );
  if (version === undefined) return;
  const row =
    version.body === null ? toTombstone(id, version.version, version.at.toISOString()) : toRow(parseJson(version.body));
  await database.query('SELECT put_resource($1, $2, $3, $4, $5, $6::json, $7)', [
    ...[type, id, row.version, row.updated_at, row.body, JSON.stringify(row.search), fingerprint(type)],
  ]);
}
