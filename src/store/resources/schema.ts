/**
 * The tables of the resource types follow the search-parameter table: one column per parameter, with its name.
 * They are an index of the bodies, so a changed parameter needs no migration: where the stored fingerprint differs,
 * the columns are added or dropped and refilled (`migrate.ts`).
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
const EXTRACTION = 2;

export function fingerprint(type: string): string {
  const parts = [
    EXTRACTION,
    searchColumns(type),
    parametersOf(type).map((parameter) => [parameter.name, parameter.kind, parameter.paths, parameter.targets]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Creates the table, or adds and drops its search columns; `has` are the columns that exist. */
export function tableScript(type: string, has: ReadonlySet<string> | undefined): string {
  const table = tableOf(type);
  const columns = searchColumns(type);
  const lines: string[] = [];
  if (has === undefined) {
    lines.push(
      `CREATE TABLE ${table} (\n  ${[...FIXED, ...columns].map((column) => `"${column.name}" ${column.type}`).join(',\n  ')}\n)`,
    );
  } else {
    const wanted = new Set([...FIXED, ...columns].map((column) => column.name));
    for (const column of columns)
      if (!has.has(column.name)) lines.push(`ALTER TABLE ${table} ADD COLUMN "${column.name}" ${column.type}`);
    for (const one of has) if (!wanted.has(one)) lines.push(`ALTER TABLE ${table} DROP COLUMN "${one}"`);
  }
  for (const column of [...FIXED, ...columns]) {
    if (column.index)
      lines.push(
        `CREATE INDEX IF NOT EXISTS "${type.toLowerCase()}_${column.name}_ix" ON ${table} USING ${column.index}`,
      );
  }
  return `${lines.join(';\n')};`;
}

/** One function that writes a row of any type, so that the plans of its statements are kept. `body` NULL: deleted. */
export function putScript(types: readonly string[]): string {
  const cases = types.map((type) => {
    const columns = searchColumns(type).map((column) => `"${column.name}"`);
    const all = ['id', 'version', 'updated_at', 'deleted', 'body', ...columns];
    return `    WHEN '${type}' THEN
      INSERT INTO ${tableOf(type)} (${all.join(', ')})
      SELECT ${['_id', '_version', '_updated_at', '_body IS NULL', '_body', ...columns.map((column) => `f.${column}`)].join(', ')} FROM json_populate_record(NULL::${tableOf(type)}, search) f
      ON CONFLICT (id) DO UPDATE SET (${all.slice(1).join(', ')}) = (${all
        .slice(1)
        .map((one) => `excluded.${one}`)
        .join(', ')});`;
  });
  return `CREATE OR REPLACE FUNCTION put_resource(_type text, _id text, _version integer, _updated_at timestamptz, _body text, search json) RETURNS void LANGUAGE plpgsql AS $put$ BEGIN
  CASE _type
${cases.join('\n')}
  END CASE;
END $put$;`;
}
