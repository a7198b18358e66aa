/**
 * Upgrades of a database that is in use (ADR 0016): servers of two versions write while migrations of the new one are
 * killed at random moments. Nothing acknowledged is lost, no time is taken twice, and the new version finds what the
 * old one goes on writing. `CRENEAU_KILLS` sets how often (20 is the long form).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { call, freshDatabase, isEmbedded } from './harness.ts';
import { run, type ServerProcess, startProcess } from './process.ts';
import { otherVersion, THIS_LEVEL, type Version } from './version.ts';

const KILLS = Number(process.env['CRENEAU_KILLS'] ?? 6);
/** Rows that the refill passes through: several batches. */
const ROWS = 3000;
const MIGRATION_LOCK = 1296646735;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let versions: Record<'second' | 'third' | 'fourth', Version>;
beforeAll(() => {
  if (isEmbedded) return;
  const comment = { comment: 'string comment' };
  versions = {
    second: otherVersion({ level: THIS_LEVEL + 1, adds: comment }),
    third: otherVersion({ level: THIS_LEVEL + 2, adds: comment, lacks: ['priority'] }),
    fourth: otherVersion({ level: THIS_LEVEL + 3, oldest: THIS_LEVEL + 2, adds: comment, lacks: ['priority'] }),
  };
});
const started: ServerProcess[] = [];
const start = async (env: Record<string, string>, root?: string): Promise<ServerProcess> => {
  const server = await startProcess(['agenda', '--log-level', 'error'], env, root);
  started.push(server);
  return server;
};
afterAll(async () => {
  await Promise.all(started.map((server) => server.kill('SIGKILL')));
  for (const version of Object.values(versions ?? {})) version.remove();
});

/** A database with agendas, and a connection that looks into it. */
async function openTest(): Promise<{ env: Record<string, string>; sql: pg.Client; close(): Promise<void> }> {
  const { url, drop } = await freshDatabase(undefined, true);
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  return {
    env: { DATABASE_URL: url! },
    sql,
    async close() {
      await sql.end();
      await drop();
    },
  };
}

/** Everything that a program could have altered. */
async function schemaOf(sql: pg.Client): Promise<unknown[]> {
  const texts = [
    `SELECT table_name, column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public' ORDER BY 1, 2`,
    `SELECT proname, md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql') ORDER BY 1, 2`,
    'SELECT * FROM schema_level',
    'SELECT * FROM search_shape ORDER BY 1',
  ];
  const rows = [];
  for (const text of texts) rows.push((await sql.query(text)).rows);
  return rows;
}

describe.skipIf(isEmbedded)('an upgrade', () => {
  it('of an empty database succeeds for two starts at once', async () => {
    const { env, close } = await openTest();
    const both = await Promise.all([run(['migrate'], env), run(['migrate'], env)]);
    expect(both.map(({ code, err }) => [code, err])).toEqual(
      both.map(() => [0, expect.not.stringContaining('creneau migrate :')]),
    );
    await close();
  });

  it(`loses and doubles nothing when it is killed ${KILLS} times while both versions write`, {
    timeout: 900_000,
  }, async () => {
    const { env, sql, close } = await openTest();
    const load = startLoad();
    let old = await start(env);
    await loadFixture(`${old.url}/fhir`);
    await addRows(old, sql);
    load.use(old);
    for (let kill = 0; kill < KILLS; kill++)
      await killMigration(kill * 2 < KILLS ? versions.second : versions.third, env, sql);
    // An older server that starts in between works, and touches nothing.
    await load.use(undefined);
    await old.kill('SIGKILL');
    const before = await schemaOf(sql);
    old = await start(env);
    expect(await schemaOf(sql)).toEqual(before);
    load.use(old);
    const fresh = await start(env, versions.third.root);
    load.use(old, fresh);
    for (let waited = 0; load.written() < 150 && waited < 60_000; waited += 100) await pause(100);
    const { json } = await load.book(old, 'écrit par la version précédente');
    await load.stop();
    expect(await found(fresh, 'Appointment?comment=écrit par', 1)).toEqual([json.id]);
    await emptied(sql);
    for (const [id, version] of load.acknowledged) {
      const reply = await call(`${fresh.url}/fhir/Appointment/${id}`, 'GET');
      expect([id, reply.status, Number(reply.json.meta.versionId) >= version]).toEqual([id, 200, true]);
    }
    expect(load.acknowledged.size).toBeGreaterThan(50);
    await Promise.all([old.kill('SIGTERM'), fresh.kill('SIGTERM')]);
    expect(await run(['check', '--log-level', 'error'], env, versions.third.root)).toMatchObject({
      code: 0,
      out: /^Base cohérente/,
    });
    await close();
  });

  it('does not stall searches while a long transaction holds its table, and names that transaction', {
    timeout: 300_000,
  }, async () => {
    const { env, sql, close } = await openTest();
    const old = await start(env);
    await loadFixture(`${old.url}/fhir`);
    await sql.query(`SET application_name = 'rapport'`);
    await sql.query('BEGIN; SELECT count(*) FROM appointment');
    const ended = run(['migrate', '--migration-wait', '4'], env, versions.second.root);
    let isOver = false;
    ended.finally(() => (isOver = true));
    let longest = 0;
    while (!isOver) {
      const before = Date.now();
      expect((await call(`${old.url}/fhir/Appointment?status=booked`, 'GET')).status).toBe(200);
      longest = Math.max(longest, Date.now() - before);
    }
    expect(await ended).toMatchObject({ code: 1, err: expect.stringContaining('rapport (pid ') });
    expect(longest).toBeLessThan(3000);
    await sql.query('COMMIT');
    expect(await run(['migrate'], env, versions.second.root)).toMatchObject({ code: 0 });
    await old.kill('SIGTERM');
    await close();
  });

  it('an older program works on the new schema or refuses it, and touches nothing', { timeout: 300_000 }, async () => {
    const { env, sql, close } = await openTest();
    for (const version of [undefined, versions.second.root, versions.third.root])
      expect(await run(['migrate'], env, version)).toMatchObject({ code: 0 });
    const columns = async (): Promise<string[]> =>
      (
        await sql.query(`SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'appointment'`)
      ).rows.map((row) => row.name);
    expect(await columns()).toEqual(expect.arrayContaining(['priority', 'comment']));
    expect(await run(['migrate'], env, versions.fourth.root)).toMatchObject({ code: 0 });
    expect(await columns()).not.toContain('priority');
    const before = await schemaOf(sql);
    expect(await run(['agenda', '--port', '0'], env)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/La base est au niveau \d+.*Rien n'a été modifié.*\n.*The schema has level /),
    });
    expect(await run(['migrate'], env, versions.third.root)).toMatchObject({ code: 0 });
    expect(await schemaOf(sql)).toEqual(before);
    await close();
  });
});

/** Many appointments at once, as they would be after years: copies of a cancelled one. */
async function addRows(server: ServerProcess, sql: pg.Client): Promise<void> {
  const { json } = await call(`${server.url}/fhir/Appointment`, 'POST', {
    resourceType: 'Appointment',
    status: 'cancelled',
    comment: 'copie',
    participant: [{ actor: { reference: 'Patient/alice' }, status: 'declined' }],
  });
  const copy = (table: string, columns: string, values: string): string =>
    `INSERT INTO ${table} (${columns}, id, body) SELECT ${values}, 'copy-' || i, replace(body, $1, 'copy-' || i)
     FROM ${table}, generate_series(1, ${ROWS}) i WHERE id = $1`;
  await sql.query(copy('history', 'type, version, method, at', 'type, version, method, at'), [json.id]);
  await sql.query(copy('appointment', 'version, updated_at, deleted', 'version, updated_at, deleted'), [json.id]);
}

/** Starts `creneau migrate` and kills it at a random moment of its migration. */
async function killMigration(version: Version, env: Record<string, string>, sql: pg.Client): Promise<void> {
  const child = spawn(process.execPath, [join(version.root, 'bin/creneau'), 'migrate'], {
    ...{ cwd: version.root, env: { ...process.env, ...env }, stdio: 'ignore' },
  });
  const ended = once(child, 'exit');
  const isHeld = async (): Promise<boolean> =>
    (
      await sql.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${MIGRATION_LOCK} AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
    ).rowCount === 1;
  while (child.exitCode === null && !(await isHeld())) await pause(5);
  await pause(Math.random() * 600);
  child.kill('SIGKILL');
  await ended;
}

/** The rows of the old version are filled in. */
async function emptied(sql: pg.Client): Promise<void> {
  const left = async (): Promise<number> => Number((await sql.query('SELECT count(*) FROM unfilled')).rows[0].count);
  for (let waited = 0; (await left()) > 0 && waited < 30_000; waited += 200) await pause(200);
  expect(await left()).toBe(0);
}

/** Ids that a search finds, once it finds so many. */
async function found({ url }: ServerProcess, query: string, count: number): Promise<string[]> {
  for (let waited = 0; ; waited += 200) {
    const { json } = await call(`${url}/fhir/${encodeURI(query)}`, 'GET');
    const ids = ((json.entry ?? []) as Json[]).map((entry) => entry.resource.id);
    if (ids.length >= count || waited > 20_000) return ids;
    await pause(200);
  }
}

interface Load {
  /** Appointment id -> the version that was acknowledged last. */
  acknowledged: Map<string, number>;
  /** Writes acknowledged so far. */
  written(): number;
  /** Writes through these servers from now on; resolves when nothing is under way any more through others. */
  use(...servers: (ServerProcess | undefined)[]): Promise<void>;
  book(server: ServerProcess, comment: string): Promise<{ status: number; json: Json }>;
  stop(): Promise<void>;
}

/** Books, comments and cancels, and lets others take what was cancelled. */
function startLoad(): Load {
  const acknowledged = new Map<string, number>();
  let servers: ServerProcess[] = [];
  let isStopped = false;
  let writes = 0;
  const slots: string[] = [];
  const underWay = new Set<Promise<unknown>>();

  const nextSlot = async ({ url }: ServerProcess): Promise<string> => {
    if (slots.length === 0) {
      const { json } = await call(`${url}/fhir/Slot?status=free&_count=400`, 'GET');
      slots.push(...json.entry.map((entry: Json) => entry.resource.id));
    }
    return slots.shift()!;
  };
  const book = async (server: ServerProcess, comment: string): Promise<{ status: number; json: Json }> => {
    for (;;) {
      const reply = await call(`${server.url}/fhir/Appointment`, 'POST', {
        resourceType: 'Appointment',
        status: 'booked',
        comment,
        slot: [{ reference: `Slot/${await nextSlot(server)}` }],
        participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
      });
      expect([201, 409], reply.text).toContain(reply.status);
      if (reply.status === 409) continue;
      acknowledged.set(reply.json.id, 1);
      writes++;
      return reply;
    }
  };
  const change = async (server: ServerProcess, resource: Json, changes: Json): Promise<Json> => {
    const { status, json, text } = await call(`${server.url}/fhir/Appointment/${resource.id}`, 'PUT', {
      ...resource,
      ...changes,
    });
    expect([status, json.meta.versionId], text).toEqual([200, String(Number(resource.meta.versionId) + 1)]);
    acknowledged.set(json.id, Number(json.meta.versionId));
    writes++;
    return json;
  };
  const round = async (): Promise<void> => {
    const those = servers;
    const pick = (): ServerProcess => those[Math.floor(Math.random() * those.length)]!;
    const { json } = await book(pick(), 'un');
    const second = await change(pick(), json, { comment: 'deux' });
    if (Math.random() < 0.5) {
      await change(pick(), second, { status: 'cancelled' });
      slots.unshift(json.slot[0].reference.split('/')[1]);
    }
  };
  const worker = async (): Promise<void> => {
    while (!isStopped) {
      if (servers.length === 0) {
        await pause(20);
        continue;
      }
      const work = round();
      underWay.add(work);
      await work.finally(() => underWay.delete(work));
    }
  };
  const workers = Promise.all([worker(), worker(), worker()]);
  // A failure is told by `stop`.
  workers.catch(() => {});
  return {
    acknowledged,
    written: () => writes,
    async use(...next) {
      servers = next.filter((server) => server !== undefined);
      await Promise.all(underWay);
    },
    book,
    async stop() {
      isStopped = true;
      await workers;
    },
  };
}
