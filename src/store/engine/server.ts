/** A PostgreSQL server (15 or later) through `pg`: the only file that imports it. */
import pg from 'pg';
import { FhirError } from '../../fhir/issue.ts';
import { type Database, databaseError, PRESENCE, type Queries, type Row, SESSION } from './database.ts';

const INT8 = 20;
const parse: typeof pg.types.getTypeParser = ((oid: number, format: never) =>
  oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;

export interface PostgresOptions {
  /** Connections at most. */
  connections?: number;
  /** A statement that runs longer is cancelled by the server, in ms. */
  statementTimeoutMs?: number;
}

/** Ends a session whose process is frozen between two statements, with the locks that it holds. */
const IDLE_LIMIT = '-c idle_session_timeout=60000';

export function openServer(url: string, options: PostgresOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 20,
    connectionTimeoutMillis: 5_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    options: Object.entries(SESSION)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    types: { getTypeParser: parse },
  });
  // A connection that the server closes while idle must not end the process; the next query opens another.
  pool.on('error', () => {});

  const presence = openPresence(url);

  return {
    kind: 'server',
    async session(work) {
      const client = new pg.Client({
        ...{ connectionString: url, connectionTimeoutMillis: 5_000, keepAlive: true },
        ...{ application_name: 'creneau migration', options: IDLE_LIMIT, types: { getTypeParser: parse } },
      });
      client.on('error', () => {});
      try {
        await client.connect();
        return await work(onClient(client));
      } catch (error) {
        throw error instanceof FhirError ? error : databaseError(error);
      } finally {
        await client.end().catch(() => {});
      }
    },
    async query<T extends Row>(sql: string, params: unknown[] = []): Promise<T[]> {
      try {
        // A name makes the server keep the plan; the text is its own name, up to PostgreSQL's 63 bytes.
        return (await pool.query(named(sql, params))).rows as T[];
      } catch (cause) {
        throw databaseError(cause);
      }
    },
    presence: () => presence.number(),
    async script(sql) {
      try {
        // Several statements in one message are one transaction, rolled back as a whole.
        await pool.query(sql);
      } catch (cause) {
        throw databaseError(cause);
      }
    },
    async close() {
      await presence.close();
      await pool.end();
    },
  };
}

function onClient(client: pg.Client): Queries {
  const run = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw databaseError(cause);
    }
  };
  return {
    query: async <T extends Row>(text: string, values: unknown[] = []) =>
      (await run(client.query(text, values))).rows as T[],
    script: async (sql) => void (await run(client.query(sql))),
  };
}

interface Presence {
  number(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A connection of its own, whose end the server notices; opened when it is wanted, and again, under the same number,
 * when it was lost.
 */
function openPresence(url: string): Presence {
  let own: number | undefined;
  let open: Promise<pg.Client> | undefined;
  const arrive = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, keepAlive: true });
    client.on('error', () => {});
    client.on('end', () => {
      open = undefined;
    });
    await client.connect();
    own ??= Number((await client.query(`SELECT nextval('presence') AS number`)).rows[0].number);
    await client.query('SELECT pg_advisory_lock($1, $2)', [PRESENCE, own]);
    return client;
  };
  return {
    async number() {
      open ??= arrive();
      try {
        await open;
        return own!;
      } catch (cause) {
        open = undefined;
        throw databaseError(cause);
      }
    },
    async close() {
      await (await open?.catch(() => undefined))?.end();
    },
  };
}

const names = new Map<string, string>();
const MAX_NAMES = 500;

function named(text: string, values: unknown[]): pg.QueryConfig {
  let name = names.get(text);
  if (name === undefined && names.size < MAX_NAMES) {
    name = `q${names.size}`;
    names.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}
