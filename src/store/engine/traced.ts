/** A database whose statements are spans of the request that sends them. */
import { inSpan, type SpanAttributes } from '../../runtime/telemetry/trace.ts';
import { type Database, type Queries, type Row, sqlState } from './database.ts';

export function traceDatabase(database: Database): Database {
  return {
    ...database,
    ...traceQueries(database),
    queryWithin: (limitMs, sql, params) => statement(sql, () => database.queryWithin(limitMs, sql, params)),
    session: (work) => database.session((session) => work(traceQueries(session))),
  };
}

function traceQueries(queries: Queries): Queries {
  return {
    query: <T extends Row>(sql: string, params?: unknown[]) => statement(sql, () => queries.query<T>(sql, params)),
    script: (sql) => statement(sql, () => queries.script(sql)),
  };
}

function statement<T>(sql: string, work: () => Promise<T>): Promise<T> {
  const { summary, attributes } = describe(sql);
  return inSpan(summary, () => attributes, work, failureOf);
}

interface Description {
  summary: string;
  attributes: SpanAttributes;
}

/** Statements are the same texts over and over: their values are parameters. */
const descriptions = new Map<string, Description>();
const MAX_DESCRIPTIONS = 500;
const MAX_TEXT = 2_000;

function describe(sql: string): Description {
  let description = descriptions.get(sql);
  if (description === undefined) {
    const summary = summaryOf(sql);
    // Scripts have no parameters: a text in them may be anything.
    const text = sql.replace(/'(?:[^']|'')*'/g, "'?'").slice(0, MAX_TEXT);
    const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': summary, 'db.query.text': text };
    description = { summary, attributes };
    if (descriptions.size < MAX_DESCRIPTIONS) descriptions.set(sql, description);
  }
  return description;
}

/** The verb and what it is about: `SELECT slot`, `SELECT commit_unit`. */
function summaryOf(sql: string): string {
  const [, verb = 'SQL'] = /^\W*(?:BEGIN;\s*)?(\w+)/.exec(sql) ?? [];
  const [, target] =
    /\b(?:FROM|INTO|UPDATE|TRUNCATE)\s+"?([a-z_]\w*)"?/i.exec(sql) ?? /^\W*SELECT\s+(\w+)\s*\(/i.exec(sql) ?? [];
  return target === undefined ? verb.toUpperCase() : `${verb.toUpperCase()} ${target}`;
}

function failureOf(error: unknown): string {
  return sqlState(error) ?? (error as Error).name;
}
