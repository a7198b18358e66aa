/**
 * The tables of the resource types follow the search-parameter table: one column per parameter, with its name. They
 * are an index of the bodies, so a changed parameter needs no migration: where the stored fingerprint differs, the
 * columns are added and refilled, and those that nobody uses any more dropped a release later (`engine/shape.ts`).
 */
import { createHash } from 'node:crypto';
import { type SearchParameter, SEARCHED_TYPES, searchParameters } from '../../fhir/search/parameters.ts';

/**
 * Resources that lie apart from the others of their FHIR type, so that no request for that type can find, show or
 * change them.
 */
const SEPARATE_TABLES: Record<string, string> = {
  RegulatorAccount: 'Practitioner',
  SubscriptionChannel: 'Subscription',
};

export const APART_TYPES: readonly string[] = Object.keys(SEPARATE_TABLES);

/** Every type that has a table. */
export const STORED_TYPES: readonly string[] = [...SEARCHED_TYPES, ...APART_TYPES];

function parametersOf(type: string): SearchParameter[] {
  return [...searchParameters(SEPARATE_TABLES[type] ?? type).values()];
}

export interface Column {
  name: string;
  type: string;
  /** Index method and operator class; none where a search on it is rare or refined by another column. */
  index?: string;
}

const FIXED: Column[] = [
  { name: 'id', type: 'text PRIMARY KEY' },
  { name: 'version', type: 'integer NOT NULL' },
  { name: 'updated_at', type: 'timestamptz NOT NULL', index: 'btree ("updated_at")' },
  { name: 'deleted', type: 'boolean NOT NULL DEFAULT false' },
  { name: 'body', type: 'text' },
];

/**
 * No index: rarely searched, or shared by so many rows that another criterion must choose anyway. Each index costs
 * every write.
 */
const UNINDEXED = new Set([
  ...['_profile', '_security', '_tag', '_source'],
  ...[
    'status',
    'active',
    'gender',
    'deceased',
    'part-status',
    'priority',
    'service-category',
    'appointment-type',
    'action',
    'outcome',
  ],
]);

export function tableOf(type: string): string {
  return `"${type.toLowerCase()}"`;
}

function searchColumns(type: string): Column[] {
  const columns = new Map<string, Column>();
  for (const parameter of parametersOf(type)) {
    for (const column of columnsOf(parameter)) if (!columns.has(column.name)) columns.set(column.name, column);
  }
  return [...columns.values()];
}

function columnsOf(parameter: SearchParameter): Column[] {
  const { name, column } = parameter;
  if (name === '_id' || name === '_lastUpdated') return [];
  // Rows without the element stay out of the index: most parameters are absent from most resources.
  const filled = `WHERE "${column}" IS NOT NULL`;
  const gin: Pick<Column, 'index'> = UNINDEXED.has(name) ? {} : { index: `gin ("${column}") ${filled}` };
  switch (parameter.kind) {
    case 'token':
      return parameter.form === 'code'
        ? [{ name: column, type: 'text[]', ...gin }]
        : [
            { name: column, type: 'text[]', ...gin },
            { name: `${column}_text`, type: 'text' },
          ];
    case 'reference':
    case 'uri':
      return [{ name: column, type: 'text[]', ...gin }];
    case 'string':
      return [
        { name: column, type: 'text', index: `gin ("${column}" gin_trgm_ops) ${filled}` },
        { name: `${column}_exact`, type: 'text[]' },
      ];
    case 'date':
      return [{ name: column, type: 'tstzrange', index: `gist ("${column}") ${filled}` }];
    case 'near':
      return [
        { name: 'latitude', type: 'double precision', index: 'btree ("latitude")' },
        { name: 'longitude', type: 'double precision' },
      ];
  }
}

/** Changes when the columns or what is written into them change; bump `EXTRACTION` for the latter. */
const EXTRACTION = 3;

const fingerprints = new Map<string, string>();

export function fingerprint(type: string): string {
  let known = fingerprints.get(type);
  if (known === undefined) {
    const parts = [
      EXTRACTION,
      searchColumns(type),
      parametersOf(type).map((parameter) => [parameter.name, parameter.kind, parameter.paths, parameter.targets]),
    ];
    known = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
    fingerprints.set(type, known);
  }
  return known;
}

/** A search column or fixed column as PostgreSQL writes its type. */
export function columnTypes(type: string): Map<string, string> {
  return new Map([...FIXED, ...searchColumns(type)].map((column) => [column.name, column.type.split(' PRIMARY')[0]!]));
}

/** Creates the table of a type with its indexes. */
export function tableScript(type: string): string {
  const columns = [...FIXED, ...searchColumns(type)].map((column) => `"${column.name}" ${column.type}`);
  return [`CREATE TABLE ${tableOf(type)} (\n  ${columns.join(',\n  ')}\n)`, ...indexesOf(type).map(({ sql }) => sql)]
    .map((line) => `${line};`)
    .join('\n');
}

/** Adds the search columns that a table lacks; `undefined`: it lacks none. */
export function addColumnsScript(type: string, has: ReadonlySet<string>): string | undefined {
  const lacking = searchColumns(type).filter((column) => !has.has(column.name));
  if (lacking.length === 0) return undefined;
  const parts = lacking.map((column) => `ADD COLUMN IF NOT EXISTS "${column.name}" ${column.type}`);
  return `ALTER TABLE ${tableOf(type)} ${parts.join(', ')};`;
}

export interface Index {
  name: string;
  /** With `CREATE INDEX IF NOT EXISTS`. */
  sql: string;
}

/**
 * GIN indexes get each entry at once: by default new ones wait in a list, which every search reads through. ADR 0030
 */
const AT_ONCE = 'fastupdate = off';

function index(table: string, column: string, definition: string): Index {
  const [, method = '', filter = ''] = /^(.*?)( WHERE .*)?$/.exec(definition)!;
  const options = method.startsWith('gin') ? ` WITH (${AT_ONCE})` : '';
  const name = `${table}_${column}_ix`;
  return { name, sql: `CREATE INDEX IF NOT EXISTS "${name}" ON "${table}" USING ${method}${options}${filter}` };
}

/** The indexes of a table. */
export function indexesOf(type: string): Index[] {
  return [...FIXED, ...searchColumns(type)]
    .filter((column) => column.index !== undefined)
    .map((column) => index(type.toLowerCase(), column.name, column.index!));
}

/**
 * Indexes that are built beside the work of others in databases that lack them: the order of a long feed, and the
 * agendas that are still to be computed by the present rule, for which every server looks again and again.
 */
export const LATER_INDEXES: readonly Index[] = [
  index('history', 'n', 'btree ("n")'),
  index('agenda', 'key_rule', 'btree ("key_rule", "schedule")'),
];

/** A table to write, and search columns of it that only programs of an older level use. */
export interface PutTable {
  type: string;
  unused: readonly string[];
}

/**
 * The functions that write a row of any type, so that the plans of their statements are kept. `put_resource` tells
 * whether it wrote: never over a later version. `unfilled` notes the rows that a program with other columns has
 * written.
 * `refill_resources` fills in the search columns of the versions that it is given, where they are still the current
 * ones.
 */
export function putScript(tables: readonly PutTable[]): string {
  return `${PUT_HEAD}
${tables.map(putCase).join('\n')}
  END CASE;
  RETURN FOUND;
END $put$;
${REFILL_HEAD}
${tables.map(({ type }) => refillCase(type)).join('\n')}
  END CASE;
  DELETE FROM unfilled u USING json_to_recordset(rows) AS r(id text, version integer)
    WHERE u.type = _type AND u.id = r.id AND u.version = r.version;
END $refill$;`;
}

const PUT_HEAD = `CREATE OR REPLACE FUNCTION put_resource(
  _type text, _id text, _version integer, _updated_at timestamptz, _body text, search json, shape text
) RETURNS boolean LANGUAGE plpgsql AS $put$ BEGIN
  CASE _type`;

const REFILL_HEAD = `CREATE OR REPLACE FUNCTION refill_resources(_type text, rows json)
  RETURNS void LANGUAGE plpgsql AS $refill$ BEGIN
  CASE _type`;

function putCase({ type, unused }: PutTable): string {
  const columns = [...searchColumns(type).map((column) => column.name), ...unused].map((name) => `"${name}"`);
  const all = ['id', 'version', 'updated_at', 'deleted', 'body', ...columns];
  const values = ['_id', '_version', '_updated_at', '_body IS NULL', '_body', ...columns.map((name) => `f.${name}`)];
  const changed = all.slice(1);
  return `    WHEN '${type}' THEN
      IF _body IS NOT NULL AND shape IS DISTINCT FROM '${fingerprint(type)}' THEN
        INSERT INTO unfilled VALUES (_type, _id, _version) ON CONFLICT DO NOTHING;
      END IF;
      INSERT INTO ${tableOf(type)} AS t (${all.join(', ')})
      SELECT ${values.join(', ')} FROM json_populate_record(NULL::${tableOf(type)}, search) f
      ON CONFLICT (id) DO UPDATE SET (${changed.join(', ')}) = (${changed.map((name) => `excluded.${name}`).join(', ')})
      WHERE t.version < excluded.version;`;
}

/** Locks the rows in the order in which commits write them, so that neither waits for the other. */
function refillCase(type: string): string {
  const columns = searchColumns(type).map((column) => `"${column.name}"`);
  const table = tableOf(type);
  return `    WHEN '${type}' THEN
      PERFORM FROM ${table} t WHERE t.id IN (SELECT r.id FROM json_to_recordset(rows) AS r(id text))
        ORDER BY t.id COLLATE "C" FOR NO KEY UPDATE;
      UPDATE ${table} t SET (${columns.join(', ')}) = ROW(${columns.map((name) => `f.${name}`).join(', ')})
      FROM json_to_recordset(rows) AS r(id text, version integer, search json),
        json_populate_record(NULL::${table}, r.search) f
      WHERE t.id = r.id AND t.version = r.version AND NOT t.deleted;`;
}
