/** A database on a PostgreSQL server (15 or later), or on one of several. */
import { FhirError } from '../../fhir/issue.ts';
import type { Log } from '../../runtime/log.ts';
import { waitForServer } from './arrival.ts';
import type { DatabaseClient } from './client.ts';
import { openConnections } from './connections.ts';
import { type Database, databaseError, type Queries, READ_ONLY, type Row, sqlState } from './database.ts';
import { openPresence } from './presence.ts';
import { openReplicas } from './replicas.ts';

export interface PostgresOptions {
  /** Connections at most. */
  connections?: number;
  /** A statement that runs longer is cancelled by the server, in ms. */
  statementTimeoutMs?: number;
  log?: Log | undefined;
  /** URLs of standbys that searches may go to. */
  replicas?: readonly string[];
}

/** Ends a session whose process is frozen between two statements, with the locks that it holds. */
const IDLE_LIMIT = { idle_session_timeout: '60000' };

/**
 * A plan, or a function under way, is of a schema that a migration has just changed: the next attempt has a new one.
 */
const SCHEMA_CHANGED = new Set(['0A000', '42703']);

/** PostgreSQL's code of a statement that ran longer than it may. */
const CANCELLED = '57014';

/** Throws an Error when the URL is wrong. */
export function openServer(url: string, options: PostgresOptions = {}): Database {
  const { connections: max = 10, statementTimeoutMs = 30_000, log, replicas: urls = [] } = options;
  const connections = openConnections(url, { max, statementTimeoutMs, log });
  const presence = openPresence(connections, log);

  const query = async <T extends Row>(sql: string, params: unknown[] = []): Promise<T[]> => {
    // A name makes the server keep the plan; the text is its own name, up to PostgreSQL's 63 bytes.
    const ask = async (client: DatabaseClient) => (await client.query(named(sql, params))).rows as T[];
    const run = () => connections.use(ask);
    try {
      const found = await replicas.query(ask);
      if (found !== undefined) return found;
      return await run().catch((error) => {
        if (SCHEMA_CHANGED.has(sqlState(error) ?? '')) return run();
        throw error;
      });
    } catch (cause) {
      if (sqlState(cause) === READ_ONLY) presence.noteReadOnly();
      throw cause instanceof FhirError ? cause : databaseError(cause);
    }
  };

  const replicas = openReplicas(urls, (sql) => connections.use(async (client) => (await client.query(sql)).rows), {
    ...{ connections: max, statementTimeoutMs, log },
  });

  return {
    kind: 'server',
    query,
    reading: (work, hasLeft) => replicas.reading(work, hasLeft),
    queryWithin: async <T extends Row>(limitMs: number, sql: string, params: unknown[] = []) => {
      try {
        return await connections.use((client) => within<T>(client, limitMs, named(sql, params)));
      } catch (cause) {
        if (sqlState(cause) === CANCELLED) return undefined;
        throw databaseError(cause);
      }
    },
    async script(sql) {
      try {
        // Several statements in one message are one transaction, rolled back as a whole.
        await connections.use((client) => client.query(sql));
      } catch (cause) {
        throw databaseError(cause);
      }
    },
    async session(work) {
      let client: DatabaseClient | undefined;
      try {
        client = await connections.open('creneau migration', IDLE_LIMIT);
        const own = client;
        return await work(onClient((text, values) => connections.during(own, () => own.query(text, values))));
      } catch (error) {
        throw error instanceof FhirError ? error : databaseError(error);
      } finally {
        await client?.end().catch(() => {});
      }
    },
    presence: () => presence.number(),
    arrive: (waitMs) => waitForServer(connections, waitMs, log),
    now: () => presence.now(),
    health: () => ({
      connections: connections.counts(),
      ...presence.health(),
      replicas: urls.length === 0 ? undefined : replicas.health(),
    }),
    async close() {
      await presence.close();
      await replicas.close();
      await connections.close();
    },
  };
}

async function within<T>(client: DatabaseClient, limitMs: number, query: NamedQuery): Promise<T[]> {
  await client.query(`BEGIN; SET LOCAL statement_timeout = ${limitMs}`);
  try {
    return (await client.query(query)).rows as T[];
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
}

function onClient(run: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>): Queries {
  const told = (cause: unknown): never => {
    throw databaseError(cause);
  };
  return {
    query: async <T extends Row>(text: string, values: unknown[] = []) =>
      (await run(text, values).catch(told)).rows as T[],
    script: async (sql) => void (await run(sql).catch(told)),
  };
}

const names = new Map<string, string>();
const MAX_NAMES = 500;

interface NamedQuery {
  name?: string;
  text: string;
  values: unknown[];
}

function named(text: string, values: unknown[]): NamedQuery {
  let name = names.get(text);
  if (name === undefined && names.size < MAX_NAMES) {
    name = `q${names.size}`;
    names.set(text, name);
  }
  return name === undefined ? { text, values } : { name, text, values };
}
