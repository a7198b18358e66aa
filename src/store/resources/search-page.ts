/**
 * Pages of a search. How common the values of an array column are is guesswork to PostgreSQL, so no plan depends on
 * it: up to `MAX_SOME` matches are taken out by an index first and ordered afterwards; where there are more, rows are
 * read in the order of the page, which is then full soon. ADR 0030
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Stored } from '../../fhir/interaction.ts';
import type { Criterion, ReadScope, SortKey, Total } from '../../fhir/search/request.ts';
import type { Database, Row } from '../engine/database.ts';
import { afterCursor, encodeCursor, fromCursor } from './cursor.ts';
import { BODY, type BodyRow, stored } from './row.ts';
import { tableOf } from './schema.ts';
import { sortExpression, whereOf } from './search-sql.ts';
import { Sql } from './sql.ts';

export interface SearchPage {
  /** `undefined`: not asked for, or too many to be counted unasked. */
  total: number | undefined;
  rows: Stored[];
  /** Where the next page starts; `undefined` at the end. */
  cursor: string | undefined;
}

export interface PageQuery {
  /** 0 asks for the total alone. */
  count: number;
  cursor?: string | undefined;
  sort?: readonly SortKey[];
  total?: Total | undefined;
  readScope?: ReadScope | undefined;
}

/** As many matches are taken out before they are ordered: with all that is in their rows, or their ids alone. */
const MAX_FEW = 1000;
const MAX_SOME = 10_000;
/** A search of many matches ends there as too costly, in ms. */
const MAX_WALK_MS = 5_000;

/** Matches in a stable order. Throws `too-costly` (400). */
export async function searchPage(
  database: Database,
  type: string,
  criteria: readonly Criterion[],
  options: PageQuery,
): Promise<SearchPage> {
  if (criteria.length > 0)
    for (const most of [MAX_FEW, MAX_SOME]) {
      const page = await countedMatches(database, type, criteria, options, most);
      if (page !== undefined) return page;
    }
  return manyMatches(database, type, criteria, options);
}

type Found = BodyRow & { total: number | null; marks: string[] };

/** `undefined`: there are more, or a list that they depend on is longer than may be. */
async function countedMatches(
  database: Database,
  type: string,
  criteria: readonly Criterion[],
  options: PageQuery,
  most: number,
): Promise<SearchPage | undefined> {
  const sql = new Sql(options.readScope, 'lists');
  const where = whereOf(sql, type, 'r', criteria);
  const carriesRows = most === MAX_FEW;
  const found = `found AS MATERIALIZED (SELECT ${carriesRows ? 'r.*' : 'r.id'} FROM ${tableOf(type)} r
    WHERE NOT ${sql.isCut()} AND ${where} LIMIT ${most + 1})`;
  const size = `size AS MATERIALIZED (SELECT count(*) AS total, count(*) > ${most} OR ${sql.isCut()} AS is_cut
    FROM found)`;
  const page = carriesRows
    ? pageOf(sql, type, 'found r', 'NOT size.is_cut', options)
    : pageOf(sql, type, `${tableOf(type)} r`, 'NOT size.is_cut AND r.id = ANY(ARRAY(SELECT id FROM found))', options);
  const rows = await fromCursor(options.cursor, () =>
    database.query<Found & { is_cut: boolean }>(
      sql.with([found, size], `SELECT p.*, size.total, size.is_cut FROM size LEFT JOIN LATERAL (${page}) p ON true`),
      sql.params,
    ),
  );
  return rows[0]!.is_cut ? undefined : toPage(rows, options);
}

async function manyMatches(
  database: Database,
  type: string,
  criteria: readonly Criterion[],
  options: PageQuery,
): Promise<SearchPage> {
  const sql = new Sql(options.readScope, 'rows');
  const where = whereOf(sql, type, 'r', criteria);
  const page = pageOf(sql, type, `${tableOf(type)} r`, where, options);
  const matches = `SELECT FROM ${tableOf(type)} r WHERE ${where}`;
  const counted = options.total ?? (options.count === 0 ? 'accurate' : undefined);
  const total = counted === 'accurate' ? `(SELECT count(*) FROM (${matches}) m)` : totalOfFew(criteria, matches);
  const statement = `SELECT p.*, ${total} AS total FROM (SELECT 1) one LEFT JOIN LATERAL (${page}) p ON true`;
  const rows = await fromCursor(options.cursor, () => withinLimit<Found>(database, statement, sql.params));
  const found = toPage(rows, options);
  return counted === 'estimate' && found.total === undefined
    ? { ...found, total: await estimate(database, matches, sql.params) }
    : found;
}

/** Where there are criteria, it is known that the matches are more. */
function totalOfFew(criteria: readonly Criterion[], matches: string): string {
  if (criteria.length > 0) return 'NULL::bigint';
  return `(SELECT CASE WHEN count(*) <= ${MAX_SOME} THEN count(*) END FROM (${matches} LIMIT ${MAX_SOME + 1}) m)`;
}

/** By the statistics of the database. */
async function estimate(database: Database, matches: string, params: unknown[]): Promise<number> {
  const [row] = await database.query(`EXPLAIN (FORMAT JSON) ${matches}`, params);
  const [{ Plan: plan }] = Object.values(row!)[0] as [{ Plan: { 'Plan Rows': number } }];
  return Math.max(MAX_SOME + 1, plan['Plan Rows']);
}

function pageOf(sql: Sql, type: string, from: string, where: string, options: PageQuery): string {
  const keys = [
    ...(options.sort ?? []).map((key) => ({ ...sortExpression('r', key), descending: key.descending })),
    { sql: 'r.id', type: 'text', descending: false },
  ];
  const after = options.cursor === undefined ? 'true' : afterCursor(sql, keys, options.cursor);
  const order = keys.map((key) => `${key.sql}${key.descending ? ' DESC' : ''}`).join(', ');
  const marks = keys.map((key) => `(${key.sql})::text`).join(', ');
  return `SELECT '${type}' AS type, r.id, ${BODY}, ARRAY[${marks}] AS marks
    FROM ${from} WHERE ${where} AND ${after} ORDER BY ${order} LIMIT ${options.count + 1}`;
}

function toPage(rows: readonly Found[], { count, total }: PageQuery): SearchPage {
  const found = rows.filter((row) => row.id !== null);
  const page = found.slice(0, count);
  const last = page.at(-1);
  return {
    total: total === 'none' ? undefined : (rows[0]?.total ?? undefined),
    rows: page.map(stored),
    cursor: found.length > count && last ? encodeCursor(last.marks) : undefined,
  };
}

/** Every match at once, by a select over `from`, in which the matches are `r`. Throws `too-costly` (400). */
export async function everyMatch<T>(
  database: Database,
  type: string,
  criteria: readonly Criterion[],
  readScope: ReadScope | undefined,
  select: (from: string) => string,
): Promise<T[]> {
  const lists = new Sql(readScope, 'lists');
  const where = whereOf(lists, type, 'r', criteria);
  const from = `${tableOf(type)} r WHERE ${where}`;
  const cut = lists.isCut();
  const rows = await database.query<Row & { is_cut: boolean }>(
    lists.with(
      [`chosen AS MATERIALIZED (${select(`${from} AND NOT ${cut}`)})`],
      `SELECT c.*, ${cut} AS is_cut FROM (SELECT 1) one LEFT JOIN chosen c ON true`,
    ),
    lists.params,
  );
  if (!rows[0]!.is_cut) return rows.filter((row) => Object.values(row)[0] !== null) as T[];
  const each = new Sql(readScope, 'rows');
  const tried = `${tableOf(type)} r WHERE ${whereOf(each, type, 'r', criteria)}`;
  return (await withinLimit(database, select(tried), each.params)) as T[];
}

export async function explainSearch(
  database: Database,
  type: string,
  criteria: readonly Criterion[],
  readScope?: ReadScope,
): Promise<string[]> {
  const sql = new Sql(readScope);
  const where = whereOf(sql, type, 'r', criteria);
  const select = `SELECT r.id FROM ${tableOf(type)} r WHERE NOT ${sql.isCut()} AND ${where} LIMIT ${MAX_FEW + 1}`;
  const rows = await database.query(`EXPLAIN ${sql.with([], select)}`, sql.params);
  return rows.map((row) => String(Object.values(row)[0]));
}

async function withinLimit<T extends Row>(database: Database, sql: string, params: unknown[]): Promise<T[]> {
  const rows = await database.queryWithin<T>(MAX_WALK_MS, sql, params);
  if (rows !== undefined) return rows;
  throw new FhirError('too-costly', 'Too many resources match parts of this search; add criteria that few match', {
    text: 'Trop de ressources correspondent à une partie de la recherche : ajoutez un critère plus précis.',
  });
}
