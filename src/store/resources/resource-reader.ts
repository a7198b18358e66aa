/**
 * Reading stored resources: by id, by version, by reference, by search, by history.
 * Bodies are finished JSON text and are not parsed on the way out.
 */
import type { Stored, Version } from '../../fhir/interaction.ts';
import type { Criterion, ReadScope, SortKey } from '../../fhir/search/request.ts';
import type { Database } from '../engine/database.ts';
import { afterCursor, decodeCursor, encodeCursor } from './cursor.ts';
import { sortExpression, whereOf } from './search-sql.ts';
import { Sql } from './sql.ts';
import { STORED_TYPES, tableOf } from './schema.ts';
import { personReads } from './read-rights.ts';
import { scopeSql } from './scope-sql.ts';

export interface SearchPage {
  total: number | undefined;
  rows: Stored[];
  /** Where the next page starts; `undefined` at the end. */
  cursor: string | undefined;
}

export interface HistoryQuery {
  type?: string;
  /** Without a `type`: the types whose history it is. */
  types?: readonly string[];
  id?: string;
  /** Versions made at or after this instant, epoch ms. */
  since?: number;
  /** Versions that were current at some time in this range. */
  at?: { start: number; end: number };
  /** Only what is about this agenda. */
  schedule?: string;
  /** Instead of the newest first: numbered after this one, the oldest first. */
  after?: number;
  count: number;
  cursor?: string;
}

const BODY = 'version, (extract(epoch FROM updated_at) * 1000)::float8 AS at, body';

type Row = { type: string; id: string; version: number; at: number; body: string | null };

export class ResourceReader {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The current version, a tombstone if deleted, `undefined` if there never was one. */
  async read(type: string, id: string): Promise<Stored | undefined> {
    const [row] = await this.database.query<Row>(
      `SELECT '${type}' AS type, id, ${BODY} FROM ${tableOf(type)} WHERE id = $1`,
      [id],
    );
    return row && stored(row);
  }

  /** Current living versions of `Type/id` references, in one query per call; missing ones are left out. */
  async readReferences(references: Iterable<string>): Promise<Stored[]> {
    const byType = new Map<string, string[]>();
    for (const reference of new Set(references)) {
      const [type = '', id = ''] = reference.split('/');
      if (!STORED_TYPES.includes(type)) continue;
      byType.set(type, [...(byType.get(type) ?? []), id]);
    }
    if (byType.size === 0) return [];
    const types = [...byType.keys()].sort();
    const sql = types
      .map(
        (type, i) =>
          `SELECT '${type}' AS type, id, ${BODY} FROM ${tableOf(type)} WHERE id = ANY($${i + 1}::text[])
           AND NOT deleted`,
      )
      .join(' UNION ALL ');
    return (
      await this.database.query<Row>(
        sql,
        types.map((type) => byType.get(type)),
      )
    ).map(stored);
  }

  /** The references of living resources with these ids, by one parameter's column. */
  async referencesOf(type: string, column: string, ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ ref: string }>(
      `SELECT DISTINCT unnest("${column}") AS ref FROM ${tableOf(type)} WHERE id = ANY($1::text[]) AND NOT deleted`,
      [ids],
    );
    return rows.map((row) => row.ref);
  }

  /** The same, of the resources that match. */
  async referencesOfMatching(
    type: string,
    column: string,
    criteria: readonly Criterion[],
    readScope?: ReadScope,
  ): Promise<string[]> {
    const sql = new Sql(readScope);
    const where = whereOf(sql, type, 'r', criteria);
    const rows = await this.database.query<{ ref: string }>(
      `SELECT DISTINCT unnest(r."${column}") AS ref FROM ${tableOf(type)} r WHERE ${where}`,
      sql.params,
    );
    return rows.map((row) => row.ref);
  }

  /** `Type/id` of the living resources that refer to one of these. */
  async referringTo(type: string, column: string, references: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM ${tableOf(type)} WHERE "${column}" && $1::text[] AND NOT deleted`,
      [references],
    );
    return rows.map((row) => `${type}/${row.id}`);
  }

  /** Those of these `Type/id` that the person may not read; deleted resources count by what they were. */
  async hidden(scope: ReadScope, references: Iterable<string>): Promise<Set<string>> {
    const hidden = new Set<string>();
    const byType = new Map<string, string[]>();
    for (const reference of new Set(references)) {
      const [type = '', id = ''] = reference.split('/');
      if (personReads(type) === 'none') hidden.add(reference);
      else if (personReads(type) === 'own') byType.set(type, [...(byType.get(type) ?? []), id]);
    }
    if (byType.size === 0) return hidden;
    const sql = new Sql();
    const parts = [...byType].map(
      ([type, ids]) =>
        `SELECT '${type}/' || r.id AS ref FROM ${tableOf(type)} r
         WHERE r.id = ANY(${sql.bind(ids, 'text[]')}) AND NOT ${scopeSql(sql, type, 'r', scope)}`,
    );
    for (const { ref } of await this.database.query<{ ref: string }>(parts.join(' UNION ALL '), sql.params))
      hidden.add(ref);
    return hidden;
  }

  /** `Type/id` of at most `most` living resources that hold one of these identifier tokens. */
  async byIdentifier(types: readonly string[], tokens: readonly string[], most: number): Promise<string[]> {
    const sql = types
      .map(
        (type) => `SELECT '${type}/' || id AS ref FROM ${tableOf(type)} WHERE identifier && $1::text[] AND NOT deleted`,
      )
      .join(' UNION ALL ');
    return (await this.database.query<{ ref: string }>(`${sql} LIMIT ${most}`, [tokens])).map((row) => row.ref);
  }

  /** How many commits were decided by this criterion: to be read before searching by it (see `Unit.dependOn`). */
  async conditionWrites(criterion: string): Promise<number> {
    const [row] = await this.database.query<{ writes: number }>('SELECT writes FROM condition WHERE criterion = $1', [
      criterion,
    ]);
    return row?.writes ?? 0;
  }

  async readVersion(type: string, id: string, version: number): Promise<Version | undefined> {
    const [row] = await this.database.query<Row & { method: string }>(
      `SELECT type, id, version, method, (extract(epoch FROM at) * 1000)::float8 AS at, body FROM history
       WHERE type = $1 AND id = $2 AND version = $3`,
      [type, id, version],
    );
    return row && { ...stored(row), method: row.method };
  }

  /** Matches in a stable order. `count` 0 asks for the total alone; `total` false leaves the counting out. */
  async search(
    type: string,
    criteria: readonly Criterion[],
    options: {
      count: number;
      cursor?: string | undefined;
      sort?: readonly SortKey[];
      total?: boolean;
      readScope?: ReadScope | undefined;
    },
  ): Promise<SearchPage> {
    const sql = new Sql(options.readScope);
    const where = whereOf(sql, type, 'r', criteria);
    const keys = [
      ...(options.sort ?? []).map((key) => ({ ...sortExpression('r', key), descending: key.descending })),
      { sql: 'r.id', type: 'text', descending: false },
    ];
    const after = options.cursor === undefined ? 'true' : afterCursor(sql, keys, options.cursor);
    const order = keys.map((key) => `${key.sql}${key.descending ? ' DESC' : ''}`).join(', ');
    const marks = keys.map((key) => `(${key.sql})::text`).join(', ');
    const counted =
      options.total === false ? 'NULL::bigint' : `(SELECT count(*) FROM ${tableOf(type)} r WHERE ${where})`;
    const rows = await this.database.query<Row & { total: number | null; marks: string[] }>(
      `SELECT '${type}' AS type, p.*, ${counted} AS total FROM (SELECT 1) one LEFT JOIN LATERAL (
         SELECT r.id, ${BODY.replace(/\b(version|updated_at|body)\b/g, 'r.$1')}, ARRAY[${marks}] AS marks
         FROM ${tableOf(type)} r WHERE ${where} AND ${after} ORDER BY ${order} LIMIT ${options.count + 1}) p ON true`,
      sql.params,
    );
    const total = rows[0]?.total ?? undefined;
    const found = rows.filter((row) => row.id !== null);
    const page = found.slice(0, options.count);
    const last = page.at(-1);
    return {
      total,
      rows: page.map(stored),
      cursor: found.length > options.count && last ? encodeCursor(last.marks) : undefined,
    };
  }

  /** How the database would answer a search: its plan, a line each. */
  async explain(type: string, criteria: readonly Criterion[], readScope?: ReadScope): Promise<string[]> {
    const sql = new Sql(readScope);
    const where = whereOf(sql, type, 'r', criteria);
    const rows = await this.database.query(`EXPLAIN SELECT r.id FROM ${tableOf(type)} r WHERE ${where}`, sql.params);
    return rows.map((row) => String(Object.values(row)[0]));
  }

  /** Newest first; after a number, the oldest first. `total` is not counted then. */
  async history(
    query: HistoryQuery,
  ): Promise<{ total: number | undefined; rows: Version[]; cursor: string | undefined }> {
    const sql = new Sql();
    const where = ['true'];
    if (query.type !== undefined) where.push(`h.type = ${sql.bind(query.type)}`);
    else if (query.types !== undefined) where.push(`h.type = ANY(${sql.bind(query.types, 'text[]')})`);
    if (query.id !== undefined) where.push(`h.id = ${sql.bind(query.id)}`);
    if (query.since !== undefined)
      where.push(`h.at >= ${sql.bind(new Date(query.since).toISOString(), 'timestamptz')}`);
    if (query.at !== undefined) {
      const end = sql.bind(new Date(query.at.end).toISOString(), 'timestamptz');
      const start = sql.bind(new Date(query.at.start).toISOString(), 'timestamptz');
      where.push(
        `h.at < ${end} AND NOT EXISTS (SELECT FROM history l WHERE l.type = h.type AND l.id = h.id
         AND l.version = h.version + 1 AND l.at <= ${start})`,
      );
    }
    const ofAgenda = query.schedule === undefined ? undefined : sql.bind(query.schedule);
    const columns =
      'h.type, h.id, h.version, h.method, (extract(epoch FROM h.at) * 1000)::float8 AS at, h.body, h.n, f.seq';
    const sameVersion = 'f.type = h.type AND f.id = h.id AND f.version = h.version';
    if (query.after !== undefined) {
      const [from, seq] =
        ofAgenda === undefined ? ['feed f', 'f.seq'] : ['feed_agenda a JOIN feed f ON f.seq = a.seq', 'a.seq'];
      if (ofAgenda !== undefined) where.push(`a.schedule = ${ofAgenda}`);
      const rows = await this.database.query<HistoryRow>(
        `SELECT ${columns} FROM ${from} JOIN history h ON ${sameVersion} WHERE ${where.join(' AND ')}
         AND ${seq} > ${sql.bind(query.after, 'bigint')} ORDER BY ${seq} LIMIT ${query.count + 1}`,
        sql.params,
      );
      const page = rows.slice(0, query.count);
      return {
        total: undefined,
        rows: page.map(version),
        cursor: rows.length > query.count ? String(page.at(-1)?.seq ?? query.after) : undefined,
      };
    }
    if (ofAgenda !== undefined)
      where.push(`(h.agendas @> ARRAY[${ofAgenda}] OR (h.type = 'Schedule' AND h.id = ${ofAgenda}))`);
    const condition = where.join(' AND ');
    const earlier = query.cursor === undefined ? 'true' : `h.n < ${sql.bind(decodeCursor(query.cursor)[0], 'bigint')}`;
    const rows = await this.database.query<HistoryRow & { total: number }>(
      `SELECT ${columns}, (SELECT count(*) FROM history h WHERE ${condition}) AS total
       FROM history h LEFT JOIN feed f ON ${sameVersion} WHERE ${condition} AND ${earlier} ORDER BY h.n DESC
         LIMIT ${query.count + 1}`,
      sql.params,
    );
    const page = rows.slice(0, query.count);
    return {
      total: rows[0]?.total ?? 0,
      rows: page.map(version),
      cursor: rows.length > query.count ? encodeCursor([String(page.at(-1)!.n)]) : undefined,
    };
  }
}

type HistoryRow = Row & { method: string; n: number; seq: number | null };

function version(row: HistoryRow): Version {
  return { ...stored(row), method: row.method, seq: row.seq ?? undefined };
}

function stored(row: Row): Stored {
  return { type: row.type, id: row.id, version: row.version, updatedAt: row.at, body: row.body ?? undefined };
}
