/**
 * The victims of a run: a PostgreSQL cluster of its own, two servers, each on its own path to the database, and one
 * of them with a clock that is two hours ahead.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import pg from 'pg';
import type { Json } from '../../src/fhir/resource.ts';
import { FIXTURE, loadFixture } from '../fixture.ts';
import { call } from '../harness.ts';
import { type OwnPostgres, ownPostgres } from '../own-postgres.ts';
import { ROOT, type ServerProcess, startProcess } from '../process.ts';
import { openTcpProxy, type TcpProxy } from '../tcp-proxy.ts';
import { AGENDAS, as, DELEGATIONS, delegation, moreAgendas, PROGRAMS } from './agendas.ts';
import type { FoundSlot } from './clients.ts';

const SKEW_MS = 2 * 3_600_000;
const SKEWED = `--import=${pathToFileURL(join(ROOT, 'test/chaos/skewed-clock.mjs')).href}`;
const DAY = 86_400_000;
/** How long clients write to a database and its standby before the database dies. */
const LOAD_BESIDE_MS = 500;

const tokenSha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
const CALLERS = [
  { name: 'preuve', tokenSha256: tokenSha256('preuve'), roles: ['*'] },
  ...PROGRAMS.map((name) => ({ name, tokenSha256: tokenSha256(name), roles: ['manager', 'overbooking'] })),
];

/** A server that may be killed, and started again by another version of the program. */
export interface ChaosServer {
  proxy: TcpProxy;
  process: ServerProcess;
  /** `root`: of another version of the program. */
  start(root?: string): Promise<void>;
}

/** The victims of a run, as far as it knows them. */
export interface World {
  /** FHIR bases. */
  bases(): string[];
  /** Of the database. */
  url: string;
  sql: (text: string) => Promise<Json[]>;
  close(): Promise<void>;
}

export interface ChaosWorld extends World {
  postgres: OwnPostgres;
  servers: ChaosServer[];
  /** The database dies, and its synchronous standby takes its place. */
  failOver(): Promise<void>;
}

export async function openWorld(): Promise<ChaosWorld> {
  const postgres = await ownPostgres();
  postgres.start();
  const callers = callersFile();
  const servers: ChaosServer[] = [];
  const world: ChaosWorld = {
    ...{ postgres, servers, url: postgres.url },
    async close() {
      world.postgres.signal('SIGCONT');
      for (const { process } of servers) process.child.kill('SIGCONT');
      await Promise.all(servers.map(({ process }) => process.kill('SIGKILL')));
      for (const { proxy } of servers) await proxy.close();
      world.postgres.remove();
      callers.remove();
    },
    bases: () => servers.map(({ process }) => `${process.url}/fhir`),
    async failOver() {
      const old = world.postgres;
      const standby = await old.standby();
      standby.start();
      await old.alter(`SET synchronous_standby_names = '*'`);
      // Only then is every acknowledged write on both.
      for (let isBeside = false; !isBeside; )
        isBeside = (await old.sql(`SELECT FROM pg_stat_replication WHERE sync_state = 'sync'`)).length > 0;
      await new Promise((resolve) => setTimeout(resolve, LOAD_BESIDE_MS));
      old.stop('immediate');
      standby.promote();
      Object.assign(world, { postgres: standby, url: standby.url });
      for (const { proxy } of servers) proxy.leadTo(standby.port);
      old.remove();
    },
    sql: (text) => ask(world.url, text),
  };
  try {
    for (const skewMs of [0, SKEW_MS]) servers.push(await openServer(postgres.url, skewMs, callers.args));
    await populate(world.bases()[0]!);
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** The settings by which the programs of a run are callers. */
export function callersFile(): { args: string[]; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-chaos-callers-'));
  const path = join(folder, 'callers.json');
  writeFileSync(path, JSON.stringify({ callers: CALLERS }));
  return { args: ['--auth', 'token', '--callers', path], remove: () => rmSync(folder, { recursive: true }) };
}

/** The agendas of a run, on a server that has nothing yet. */
export async function populate(base: string): Promise<void> {
  await loadFixture(base, [...FIXTURE, ...moreAgendas()], as('preuve'));
  for (const { agenda, mode } of DELEGATIONS) {
    const headers = { ...as('cabinet'), 'content-type': 'application/json-patch+json' };
    const { status, text } = await call(`${base}/Schedule/${agenda}`, 'PATCH', delegation(mode), headers);
    if (status !== 200) throw new Error(`${agenda}: ${status} ${text}`);
  }
}

/** The rows of one statement, on a connection of its own. */
export async function ask(url: string, text: string): Promise<Json[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function openServer(url: string, skewMs: number, callers: readonly string[]): Promise<ChaosServer> {
  const proxy = await openTcpProxy(url);
  const start = (root = ROOT): Promise<ServerProcess> =>
    startProcess(
      [
        ...['agenda', '--log-level', 'error', '--database-connections', '6'],
        ...['--allow-private-endpoints', 'true', '--subscription-attempts', '1000'],
        ...callers,
      ],
      {
        DATABASE_URL: proxy.url,
        ...(skewMs === 0 ? {} : { NODE_OPTIONS: SKEWED, CHAOS_SKEW_MS: String(skewMs) }),
      },
      root,
    );
  const server: ChaosServer = {
    proxy,
    process: await start(),
    async start(root) {
      server.process = await start(root);
    },
  };
  return server;
}

/** Days of one search. */
const WINDOW = 30;

/** Free slots of the next days, on agendas that share a person and on one that takes two at a time. */
export async function findSlots(base: string, days: number): Promise<FoundSlot[]> {
  const day = (n: number): string => new Date(Date.now() + n * DAY).toISOString().slice(0, 10);
  const found: FoundSlot[] = [];
  for (const { id: schedule } of AGENDAS)
    for (let from = 2; from < days; from += WINDOW) {
      const window = `start=ge${day(from)}&start=lt${day(Math.min(from + WINDOW, days))}`;
      const { json } = await call(
        `${base}/Slot?status=free&schedule=${schedule}&${window}&_count=1000`,
        'GET',
        undefined,
        as('preuve'),
      );
      for (const { resource } of json.entry ?? [])
        if (resource.resourceType === 'Slot')
          found.push({ id: resource.id, schedule, start: resource.start, end: resource.end });
    }
  if (found.length < days) throw new Error(`only ${found.length} free slots in ${days} days`);
  return found;
}
