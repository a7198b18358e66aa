/**
 * A real agenda server for tests, on the database of the running project (embedded in memory, or a fresh PostgreSQL
 * database), with a clock that the test holds. Requests go over real HTTP.
 */
import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { request as http } from 'undici';
import { type AgendaServer, startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { type Config, readConfig } from '../src/runtime/config.ts';
import { STORED_TYPES, tableOf } from '../src/store/resources/schema.ts';
import { databaseUrl, templateOn } from './template.ts';

/** A Tuesday, 10:00 in Paris. */
export const NOW = Date.parse('2026-11-24T10:00:00+01:00');

export interface Reply {
  status: number;
  headers: Record<string, string>;
  text: string;
  json: Json;
}

export interface TestServer {
  server: AgendaServer;
  base: string;
  databaseUrl: string | undefined;
  clock: { now: number };
  request(method: string, path: string, body?: Json, headers?: Record<string, string>): Promise<Reply>;
  sql<T = Record<string, unknown>>(text: string, params?: unknown[]): Promise<T[]>;
  /** Empties every table and starts its counters anew. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const isEmbedded = process.env['CRENEAU_TEST_DATABASE'] === 'embedded';

/**
 * A database of its own for the caller, where the running project has its own unless `admin` says otherwise; dropped by
 * `drop`. It is of this version already; `isEmpty`: the program has yet to bring it there.
 */
export async function freshDatabase(
  admin = process.env['CRENEAU_TEST_DATABASE']!,
  isEmpty = false,
): Promise<{ url: string | undefined; drop(): Promise<void> }> {
  if (admin === 'embedded') return { url: undefined, drop: async () => {} };
  const name = `creneau_test_${randomBytes(6).toString('hex')}`;
  const template = isEmpty ? 'template1' : await templateOn(admin);
  await withAdmin(admin, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: databaseUrl(admin, name),
    drop: () =>
      withAdmin(admin, async (client) => void (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  };
}

async function withAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

export function testConfig(url: string | undefined, changes: Partial<Config> = {}): Config {
  const { config } = readConfig([], {});
  // The callers of a test run in the process of its server: when it is late, that says nothing about the server.
  const own = {
    port: 0,
    data: 'memory:',
    databaseUrl: url,
    logLevel: 'silent',
    maxDelayMs: 600_000,
    maxConcurrent: 10_000,
  } as const;
  return { ...config, ...own, ...changes };
}

/** `more`: opens features that only the test has. */
export async function startTestServer(
  changes: Partial<Config> = {},
  more: Parameters<typeof startAgenda>[2] = () => [],
): Promise<TestServer> {
  const { url, drop } = await freshDatabase();
  const clock = { now: NOW };
  const server = await startAgenda(testConfig(url, changes), () => clock.now, more);
  const base = `${server.url}/fhir`;
  return {
    server,
    base,
    databaseUrl: url,
    clock,
    request: (method, path, body, headers) => call(`${base}/${path}`, method, body, headers),
    sql: (text, params) => server.database.query(text, params) as never,
    async reset() {
      await retryDeadlock(() =>
        server.database.script(
          'TRUNCATE history, condition, business_key, agenda, busy, outbox, feed, feed_agenda, ' +
            'subscription_state, subscription_event, calendar_link, calendar_source, notice_sent, notice_leave, ' +
            'settled_request, idempotency, binary_content, manage_link, publication, care_refusal, public_visit, ' +
            'limit_counter, ' +
            `bulk_job, bulk_file, ${STORED_TYPES.map(tableOf).join(', ')} RESTART IDENTITY; UPDATE feed_mark ` +
            'SET seq = 0, dropped = 0, until = NULL, n = 0',
        ),
      );
      await server.audit.spool.flush();
      await server.database.query(`SELECT audit_forget('infinity')`);
      forget(server.backend.agendas, server.backend.slots.states);
    },
    async close() {
      await server.close();
      await drop();
    },
  };
}

/** TRUNCATE takes every table, and background work of the server may hold one: the database ends one of the two. */
export async function retryDeadlock(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      if (code !== '40P01' || tries === 5) throw error;
    }
  }
}

/**
 * Caches are keyed by versions, which only a test begins anew: what was computed from the old ones is not taken for the
 * new.
 */
function forget(...holders: object[]): void {
  for (const value of holders.flatMap((holder): unknown[] => Object.values(holder)))
    if (value instanceof LRUCache) value.clear();
}

export async function call(
  url: string,
  method: string,
  body?: Json,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const isText = typeof body === 'string' || Buffer.isBuffer(body);
  const text = body === undefined || isText ? body : JSON.stringify(body);
  const reply = await http(url, {
    method: method as 'GET',
    headers: { ...(text === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const received = await reply.body.text();
  return {
    status: reply.statusCode,
    headers: reply.headers as Record<string, string>,
    text: received,
    json:
      received.startsWith('{') && !String(reply.headers['content-type']).includes('ndjson')
        ? JSON.parse(received)
        : undefined,
  };
}
