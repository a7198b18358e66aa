/**
 * The database's connections die in every way: cut, frozen without a word, slowed down, with a server that is
 * restarted, demoted or replaced by its standby. The server goes on by itself within seconds, and nothing stays
 * behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { AgendaServer } from '../src/cli/servers/agenda.ts';
import { openLog } from '../src/runtime/log.ts';
import { Outbox } from '../src/store/delivery/outbox.ts';
import { type Relay, startRelay } from '../src/store/delivery/relay.ts';
import { openServer } from '../src/store/engine/server.ts';
import { Unit } from '../src/store/write/unit.ts';
import { expectConsistent } from './consistency.ts';
import { call, freshDatabase, isEmbedded, type Reply, testConfig } from './harness.ts';
import { hasPostgres, type OwnPostgres, ownPostgres } from './own-postgres.ts';
import { run, startCommand } from './process.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** Everything goes on by itself within this time. */
const RECOVERY_MS = 10_000;
/** For what the machine of the test adds. */
const SLACK_MS = 5_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: () => boolean | Promise<boolean>, ms: number): Promise<number> {
  const start = Date.now();
  while (!(await what())) {
    if (Date.now() - start > ms) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(50);
  }
  return Date.now() - start;
}

/** The parts to close after a test, the last first. */
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(url: string): Promise<AgendaServer> {
  const server = await startAgenda(testConfig(url, { databaseConnections: 6 }));
  closing.push(() => server.close());
  return server;
}

const patient = (server: AgendaServer, id: string): Promise<Reply> =>
  call(`${server.url}/fhir/Patient/${id}`, 'PUT', { resourceType: 'Patient', id, active: true });
const isReady = async (server: AgendaServer): Promise<boolean> =>
  (await call(`${server.url}/health/ready`, 'GET')).status === 200;
const isWritten = async (server: AgendaServer, id: string): Promise<boolean> => {
  const { status, headers } = await patient(server, id);
  if (status === 503) expect(headers['retry-after']).toBeDefined();
  else expect([200, 201]).toContain(status);
  return status !== 503;
};

/** Relays of so many destinations, and what they have delivered. */
function relays(
  server: AgendaServer,
  count: number,
): { delivered: Set<string>; send: (round: string) => Promise<void> } {
  const delivered = new Set<string>();
  const outbox = new Outbox(server.database);
  const all: Relay[] = Array.from({ length: count }, (_, i) =>
    startRelay({
      ...{ outbox, destination: `relay-${i}`, log: openLog('silent') },
      async deliver({ payload }) {
        delivered.add(payload);
        return { outcome: 'delivered' };
      },
    }),
  );
  closing.push(() => Promise.all(all.map((relay) => relay.close())));
  return {
    delivered,
    async send(round) {
      const unit = new Unit();
      for (const i of all.keys()) unit.send({ destination: `relay-${i}`, orderingKey: 'k', payload: `${round} ${i}` });
      await unit.commit(server.database);
    },
  };
}

describe.skipIf(isEmbedded)('through a path that fails', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let proxy: TcpProxy;
  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await openTcpProxy(database.url!);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  it('half-open connections: writes, the feed and deliveries go on within ten seconds', async () => {
    const server = await serve(proxy.url);
    const { delivered, send } = relays(server, 6);
    // Every connection of the pool is open, and in use when the path freezes.
    await Promise.all(Array.from({ length: 30 }, (_, i) => patient(server, `before-${i}`)));
    const under = Promise.all(Array.from({ length: 30 }, (_, i) => patient(server, `during-${i}`)));
    await pause(5);
    proxy.freeze();
    const feed = call(`${server.url}/fhir/_history?_after=latest`, 'GET');
    const start = Date.now();
    for (const { status } of await under) expect([200, 201, 503]).toContain(status);
    expect(Date.now() - start).toBeLessThan(RECOVERY_MS + SLACK_MS);
    expect([200, 503]).toContain((await feed).status);
    await until(() => isWritten(server, 'after'), RECOVERY_MS);
    await until(
      async () => (await call(`${server.url}/fhir/_history?_after=latest`, 'GET')).status === 200,
      RECOVERY_MS,
    );
    await send('after');
    await until(() => delivered.size === 6, RECOVERY_MS + SLACK_MS);
    expect(Date.now() - start).toBeLessThan(2 * (RECOVERY_MS + SLACK_MS));
    await server.backend.feed.number();
    expect(await server.database.query('SELECT FROM history h, feed_mark m WHERE h.txid >= m.since')).toEqual([]);
    expect(server.database.health().connections.lost).toBeGreaterThan(0);
    await expectConsistent(server.database);
  });

  it('a slow statement is not taken for a dead connection', async () => {
    const { query, close, health } = openServer(proxy.url, { connections: 1 });
    closing.push(close);
    expect(await query('SELECT 1 AS n FROM pg_sleep(6)')).toEqual([{ n: 1 }]);
    expect(health().connections.lost).toBe(0);
  });

  it('answers that come five seconds late, for a while: every relay delivers afterwards', async () => {
    const server = await serve(proxy.url);
    const { delivered, send } = relays(server, 6);
    await send('first');
    await until(() => delivered.size === 6, RECOVERY_MS);
    proxy.delayAnswers(5200);
    proxy.cut();
    await send('lost').catch(() => {});
    await pause(6000);
    proxy.delayAnswers(0);
    await until(
      async () =>
        await send('second').then(
          () => true,
          () => false,
        ),
      RECOVERY_MS + SLACK_MS,
    );
    await until(() => [0, 1, 2, 3, 4, 5].every((i) => delivered.has(`second ${i}`)), RECOVERY_MS + SLACK_MS);
  });
});

describe.skipIf(isEmbedded || !hasPostgres)('a PostgreSQL of its own', () => {
  let first: OwnPostgres;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'creneau-connections-'));
    first = await ownPostgres();
    first.start();
  });
  afterAll(() => {
    first.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['fast', 'immediate'] as const)(
    'restarted (%s): every relay of two servers delivers within ten seconds',
    async (mode) => {
      const servers = [await serve(first.url), await serve(first.url)];
      const sets = servers.map((server) => relays(server, 6));
      for (let round = 0; round < 3; round++) {
        await Promise.all(sets.map(({ send }) => send(`before ${round}`)));
        first.stop(mode);
        await until(async () => !(await isReady(servers[0]!)), RECOVERY_MS);
        const metrics = await call(`${servers[0]!.url}/metrics`, 'GET');
        expect([metrics.status, /^creneau_outbox_waiting Nan$/im.test(metrics.text)]).toEqual([200, true]);
        first.start();
        await until(
          async () => (await Promise.all(servers.map((server) => isWritten(server, 'x')))).every(Boolean),
          RECOVERY_MS,
        );
        await Promise.all(sets.map(({ send }) => send(`after ${round}`)));
        // Either server may take a message.
        const all = (): string[] => sets.flatMap(({ delivered }) => [...delivered]);
        await until(
          () => [0, 1, 2, 3, 4, 5].every((i) => all().includes(`after ${round} ${i}`)),
          RECOVERY_MS + SLACK_MS,
        );
      }
      await expectConsistent(servers[0]!.database);
    },
  );

  it('that accepts no writes: 503 with Retry-After, not ready; and again when it does', async () => {
    const server = await serve(first.url);
    await first.alter('SET default_transaction_read_only = on');
    await until(async () => (await patient(server, 'x')).status === 503, RECOVERY_MS);
    const refused = await patient(server, 'x');
    expect([refused.status, refused.json.issue[0].code, refused.headers['retry-after']]).toEqual([
      503,
      'transient',
      '2',
    ]);
    expect(await isReady(server)).toBe(false);
    await first.alter('RESET default_transaction_read_only');
    await until(() => isWritten(server, 'x'), RECOVERY_MS);
    await until(() => isReady(server), RECOVERY_MS);
  });

  it('that has no connection left: answers or 503, never more connections than set; all when it has', async () => {
    await first.sql('CREATE ROLE few LOGIN CONNECTION LIMIT 4');
    await first.sql('CREATE DATABASE few OWNER few');
    const server = await serve(first.url.replace('postgres@', 'few@').replace(/[^/]*$/, 'few'));
    const many = (round: string) =>
      Promise.all(Array.from({ length: 30 }, (_, i) => isWritten(server, `${round}-${i}`)));
    const count = () =>
      first.sql<{ n: number }>(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'few'`);
    await many('without');
    expect((await count())[0]!.n).toBeLessThanOrEqual(4);
    await first.sql('ALTER ROLE few CONNECTION LIMIT 100');
    await until(async () => (await many('with')).every(Boolean), RECOVERY_MS + SLACK_MS);
    // Six, and the one that says that this process lives.
    expect((await count())[0]!.n).toBeLessThanOrEqual(7);
  });

  it('that is away at the start is waited for; a wrong name is not', async () => {
    first.stop('fast');
    const starting = startCommand(['agenda', '--port', '0'], /waiting for it/, { DATABASE_URL: first.url });
    const server = await starting;
    expect(server.printed()).toContain('ECONNREFUSED');
    first.start();
    await until(() => server.printed().includes('/fhir '), RECOVERY_MS + SLACK_MS);
    await server.kill('SIGTERM');
    const wrong = await run(['agenda', '--port', '0'], { DATABASE_URL: first.url.replace(/postgres$/, 'nowhere') });
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringMatching(/Cette base n'existe pas[\s\S]*3D000.*nowhere/),
    });
  });

  it('replaced by its standby: writes within five seconds, and nothing acknowledged is lost', async () => {
    const second = await first.standby();
    closing.push(() => second.remove());
    second.start();
    await first.alter(`SET synchronous_standby_names = '*'`);
    const [a, b] = [first.port, second.port].map((port) => `127.0.0.1:${port}`);
    const hosts = `postgres://postgres@${a},${b}/postgres?target_session_attrs=read-write`;
    const server = await serve(hosts);
    const { delivered, send } = relays(server, 3);
    const written: string[] = [];
    const write = async (id: string): Promise<boolean> => {
      const isDone = await isWritten(server, id);
      if (isDone) written.push(id);
      return isDone;
    };
    for (let i = 0; i < 20; i++) expect(await write(`kept-${i}`)).toBe(true);
    first.stop('immediate');
    expect(await write('away')).toBe(false);
    second.promote();
    expect(await until(() => write('again'), RECOVERY_MS)).toBeLessThan(5000);
    await send('after');
    await until(() => delivered.size === 3, RECOVERY_MS + SLACK_MS);
    for (const id of written) expect((await call(`${server.url}/fhir/Patient/${id}`, 'GET')).status).toBe(200);
    await until(() => isReady(server), RECOVERY_MS);

    // The new one is demoted while a third takes over: it is left at once.
    const third = await second.standby();
    closing.push(() => third.remove());
    third.start();
    const both = await serve(hosts.replace(`:${first.port},`, `:${third.port},`));
    expect(await isWritten(both, 'before')).toBe(true);
    third.promote();
    await second.alter('SET default_transaction_read_only = on');
    await until(() => isWritten(both, 'third'), RECOVERY_MS);
    expect(await third.sql(`SELECT count(*)::int AS n FROM patient WHERE id = 'third'`)).toEqual([{ n: 1 }]);
    await expectConsistent(both.database);

    // The first comes back on its own branch and would accept writes: the one that was promoted last is used, however
    // slow it is to answer, and a server that has used it never goes back.
    first.start();
    const slow = await openTcpProxy(third.url);
    closing.push(() => slow.close());
    slow.delayAnswers(2_500);
    const starting = serve(hosts.replace(`:${second.port}/`, `:${slow.port}/`));
    await until(() => slow.count() > 0, RECOVERY_MS);
    slow.delayAnswers(0);
    const late = await starting;
    expect(await isWritten(late, 'late')).toBe(true);
    expect(await third.sql(`SELECT count(*)::int AS n FROM patient WHERE id = 'late'`)).toEqual([{ n: 1 }]);
    slow.isolate();
    expect(await isWritten(late, 'never')).toBe(false);
    slow.rejoin();
    await until(() => isWritten(late, 'rejoined'), RECOVERY_MS);
    expect(await third.sql(`SELECT count(*)::int AS n FROM patient WHERE id = 'rejoined'`)).toEqual([{ n: 1 }]);
  });
});
