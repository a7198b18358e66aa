/**
 * Reading stored resources: by id, by version, by reference, by search, by history.
 * Bodies are finished JSON text and are not parsed on the way out.
 */
import type { Stored } from '../../fhir/interaction.ts';
import type { Criterion, ReadScope } from '../../fhir/search/request.ts';
import type { Database } from '../engine/database.ts';
import { decodeCursor, encodeCursor, fromCursor } from './cursor.ts';
import { BODY, type BodyRow, stored, toTimestamp } from './row.ts';
import { everyMatch, explainSearch, type PageQuery, type SearchPage, searchPage } from './search-page.ts';
import { Sql } from './sql.ts';
import { STORED_TYPES, tableOf } from './schema.ts';
import { personReads } from './read-rights.ts';
import { seenConditions } from './search-sql.ts';

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

export class ResourceReader {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The current version, a tombstone if deleted, `undefined` if there never was one. */
  async read(type: string, id: string): Promise<Stored | undefined> {
    const [row] = await this.database.query<BodyRow>(
      `SELECT '${type}' AS type, id, ${BODY} FROM ${tableOf(type)} WHERE id = $1`,
      [id],
    );
    return row && stored(row);
  }

  /** Current living versions of `Type/id` references, in one query per call; missing ones are left out. */
  async readReferences(references: Iterable<string>): Promise<Stored[]> {
    return (await this.byReferences<BodyRow>(references, BODY, 'AND NOT deleted')).map(stored);
  }

  /** The same with the tombstones of deleted resources, by `Type/id`. */
  async readCurrent(references: Iterable<string>): Promise<ReadonlyMap<string, Stored>> {
    const rows = await this.byReferences<BodyRow>(references, BODY, '');
    return new Map(rows.map((row) => [`${row.type}/${row.id}`, stored(row)]));
  }

  /** Those of these `Type/id` that are living resources. */
  async existing(references: Iterable<string>): Promise<Set<string>> {
    const rows = await this.byReferences<{ type: string; id: string }>(references, 'version', 'AND NOT deleted');
    return new Set(rows.map(({ type, id }) => `${type}/${id}`));
  }

  private async byReferences<T extends { type: string; id: string }>(
    references: Iterable<string>,
    columns: string,
    condition: string,
  ): Promise<T[]> {
    const byType = new Map<string, string[]>();
    for (const reference of new Set(references)) {
      const [type = '', id = ''] = reference.split('/');
      if (!STORED_TYPES.includes(type)) continue;
      const ids = byType.get(type);
      if (ids === undefined) byType.set(type, [id]);
      else ids.push(id);
    }
    if (byType.size === 0) return [];
    const types = [...byType.keys()].sort();
    const sql = types
      .map(
        (type, i) =>
          `SELECT '${type}' AS type, id, ${columns} FROM ${tableOf(type)}
           WHERE id = ANY($${i + 1}::text[]) ${condition}`,
      )
      .join(' UNION ALL ');
    return this.database.query<T>(
      sql,
      types.map((type) => byType.get(type)),
    );
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
    const rows = await everyMatch<{ ref: string }>(
      this.database,
      type,
      criteria,
      readScope,
      (from) => `SELECT DISTINCT unnest(r."${column}") AS ref FROM ${from}`,
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

  /** Those of these `Type/id` that the caller may not read; deleted resources count by what they were. */
  async hidden(scope: ReadScope, references: Iterable<string>): Promise<Set<string>> {
    const hidden = new Set<string>();
    const byType = new Map<string, string[]>();
    for (const reference of new Set(references)) {
      const [type = '', id = ''] = reference.split('/');
      const limit = scope.limitOf?.(type) ?? 'all';
      const reads = scope.person === undefined ? 'all' : personReads(type);
      if (reads === 'none' || limit === 'none') hidden.add(reference);
      else if (reads === 'own' || limit !== 'all') byType.set(type, [...(byType.get(type) ?? []), id]);
    }
    if (byType.size === 0) return hidden;
    const sql = new Sql();
    const parts = [...byType].map(
      ([type, ids]) =>
        `SELECT '${type}/' || r.id AS ref FROM ${tableOf(type)} r WHERE r.id = ANY(${sql.bind(ids, 'text[]')})
         AND NOT COALESCE(${seenConditions(sql, type, 'r', scope).join(' AND ')}, false)`,
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

  async readVersion(type: string, id: string, version: number): Promise<NumberedVersion | undefined> {
    const [row] = await this.database.query<BodyRow & { method: string }>(
      `SELECT type, id, version, method, (extract(epoch FROM at) * 1000)::float8 AS at, body FROM history
       WHERE type = $1 AND id = $2 AND version = $3`,
      [type, id, version],
    );
    return row && { ...stored(row), method: row.method };
  }

  search(type: string, criteria: readonly Criterion[], options: PageQuery): Promise<SearchPage> {
    return searchPage(this.database, type, criteria, options);
  }

  /** How the database would answer a search: its plan, a line each. */
  explain(type: string, criteria: readonly Criterion[], readScope?: ReadScope): Promise<string[]> {
    return explainSearch(this.database, type, criteria, readScope);
  }

  /** Newest first; after a number, the oldest first. `total` is not counted then. */
  async history(query: HistoryQuery): Promise<NumberedPage> {
    const sql = new Sql();
    const where = ['true'];
    if (query.type !== undefined) where.push(`h.type = ${sql.bind(query.type)}`);
    else if (query.types !== undefined) where.push(`h.type = ANY(${sql.bind(query.types, 'text[]')})`);
    if (query.id !== undefined) where.push(`h.id = ${sql.bind(query.id)}`);
    if (query.since !== undefined) where.push(`h.at >= ${sql.bind(toTimestamp(query.since), 'timestamptz')}`);
    if (query.at !== undefined) {
      const end = sql.bind(toTimestamp(query.at.end), 'timestamptz');
      const start = sql.bind(toTimestamp(query.at.start), 'timestamptz');
      where.push(
        `h.at < ${end} AND NOT EXISTS (SELECT FROM history l WHERE l.type = h.type AND l.id = h.id
         AND l.version > h.version AND l.at <= ${start})`,
      );
    }
    const ofAgenda = query.schedule === undefined ? undefined : sql.bind(query.schedule);
    const at = '(extract(epoch FROM h.at) * 1000)::float8 AS at';
    const columns = `h.type, h.id, h.version, h.method, ${at}, h.body, h.n, h.author, f.seq`;
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
    const rows = await fromCursor(query.cursor, () =>
      this.database.query<HistoryRow & { total: number }>(
        `SELECT ${columns}, (SELECT count(*) FROM history h WHERE ${condition}) AS total
       FROM history h LEFT JOIN feed f ON ${sameVersion} WHERE ${condition} AND ${earlier} ORDER BY h.n DESC
         LIMIT ${query.count + 1}`,
        sql.params,
      ),
    );
    const page = rows.slice(0, query.count);
    return {
      total: rows[0]?.total ?? 0,
      rows: page.map(version),
      cursor: rows.length > query.count && page.length > 0 ? encodeCursor([String(page.at(-1)!.n)]) : undefined,
    };
  }
}

export interface NumberedPage {
  total: number | undefined;
  rows: NumberedVersion[];
  cursor: string | undefined;
}

/** A version in a history, with its number in the feed of changes while that is kept. */
export interface NumberedVersion extends Stored {
  method: string;
  author?: string | undefined;
  seq?: number | undefined;
}

type HistoryRow = BodyRow & { method: string; n: number; author: string | null; seq: number | null };

function version(row: HistoryRow): NumberedVersion {
  return { ...stored(row), method: row.method, author: row.author ?? undefined, seq: row.seq ?? undefined };
}
