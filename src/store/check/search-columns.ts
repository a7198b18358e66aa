/** The columns that a resource is found by are those of its body. */
import { parseJson } from '../../fhir/json.ts';
import type { Database } from '../engine/database.ts';
import { toRow } from '../resources/row.ts';
import { columnTypes, STORED_TYPES, tableOf } from '../resources/schema.ts';
import type { Check } from './check.ts';

const BATCH = 500;
const FIXED = ['id', 'version', 'updated_at', 'deleted', 'body'];

export const SEARCH_COLUMNS: Check = {
  name: 'search',
  french: 'la recherche ne trouve pas la ressource telle qu’elle est',
  english: 'searches do not find the resource as it is',
  async find(database) {
    const found: string[] = [];
    for (const type of STORED_TYPES)
      await forEachBatch(database, type, async (rows) => {
        const names = [...columnTypes(type).keys()].filter((name) => !FIXED.includes(name));
        const row = (table: string): string => `ROW(${names.map((name) => `${table}."${name}"`).join(', ')})`;
        const other = await database.query<{ id: string }>(
          `SELECT t.id FROM json_to_recordset($1::json) AS r(id text, version integer, search json)
             CROSS JOIN LATERAL json_populate_record(NULL::${tableOf(type)}, r.search) f
             JOIN ${tableOf(type)} t ON t.id = r.id AND t.version = r.version AND NOT t.deleted
           WHERE ${row('t')} IS DISTINCT FROM ${row('f')}`,
          [rows],
        );
        found.push(...other.map(({ id }) => `${type}/${id}`));
      });
    return found;
  },
  async repair(database, found) {
    const types = new Set(found.map((reference) => reference.split('/')[0]!));
    for (const type of types)
      await forEachBatch(database, type, async (rows) => {
        await database.query('SELECT refill_resources($1, $2::json)', [type, rows]);
      });
  },
};

/** Ids, versions and search columns of all living resources of a type, as `refill_resources` takes them. */
async function forEachBatch(database: Database, type: string, work: (rows: string) => Promise<void>): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await database.query<{ id: string; body: string }>(
      `SELECT id, body FROM ${tableOf(type)} WHERE id > $1 AND NOT deleted ORDER BY id LIMIT ${BATCH}`,
      [after],
    );
    const filled = rows.map(({ body }) => {
      const { id, version, search } = toRow(parseJson(body));
      return { id, version, search };
    });
    if (rows.length > 0) await work(JSON.stringify(filled));
    if (rows.length < BATCH) return;
    after = rows.at(-1)!.id;
  }
}
