/**
 * Faults around the server: callers that vanish, a database that goes away or is full. It answers 5xx with an
 * OperationOutcome, lives, and leaves nothing half-written.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import type { Feature } from '../src/server/feature.ts';
import { FIXTURE, loadFixture } from './fixture.ts';
import { expectConsistent } from './consistency.ts';
import { call, isEmbedded, type Reply, startTestServer, type TestServer } from './harness.ts';
import { hasPostgres, ownPostgres, POSTGRES_USER } from './own-postgres.ts';
import { startProcess } from './process.ts';

const patient = { actor: { reference: 'Patient/alice' }, status: 'accepted' };

async function load(base: string): Promise<void> {
  await loadFixture(base);
}

function expectOutcome(reply: Reply, status: number, code: string): void {
  expect([
    reply.status,
    reply.json?.resourceType,
    reply.json?.issue[0].code,
    typeof reply.json?.issue[0].details.text,
  ]).toEqual([status, 'OperationOutcome', code, 'string']);
}

describe('callers that vanish', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer();
    await load(test.base);
  });
  afterAll(() => test.close());

  const send = (text: string, thenWait: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(test.base).port), '127.0.0.1', () => {
        socket.write(text);
        setTimeout(() => {
          socket.destroy();
          resolve();
        }, thenWait);
      });
      socket.on('error', () => {});
    });

  it('in the middle of a search: the next statement is not run, and what comes later is', async () => {
    const { database } = test.server;
    const ask = (): Promise<unknown> => database.query('SELECT 1');
    let hasLeft = false;
    const search = database.reading(
      async () => {
        await ask();
        hasLeft = true;
        await ask();
      },
      () => hasLeft,
    );
    await expect(search).rejects.toThrow('The caller has left');
    let later: Promise<unknown> | undefined;
    await database.reading(
      async () => {
        later = new Promise((resolve) => setTimeout(resolve, 20)).then(ask);
      },
      () => true,
    );
    await expect(later).resolves.toHaveLength(1);
  });

  it('in the middle of a body: nothing is written', async () => {
    const body = JSON.stringify({ resourceType: 'Patient', identifier: [{ system: 'urn:x', value: 'half' }] });
    const head =
      'POST /fhir/Patient HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/fhir+json\r\n' +
      `Content-Length: ${body.length}\r\n\r\n`;
    await Promise.all(Array.from({ length: 20 }, () => send(head + body.slice(0, -5), 20)));
    expect((await test.request('GET', 'Patient?identifier=urn:x|half')).json.total).toBe(0);
  });

  it('before the answer: each booking is whole or absent', async () => {
    const { json } = await test.request('GET', 'Slot?status=free&schedule=vasseur-paris&_count=20');
    await Promise.all(
      json.entry.map((entry: Json) => {
        const body = JSON.stringify({
          resourceType: 'Appointment',
          status: 'booked',
          slot: [{ reference: `Slot/${entry.resource.id}` }],
          participant: [patient],
        });
        return send(
          'POST /fhir/Appointment HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/fhir+json\r\n' +
            `Content-Length: ${body.length}\r\n\r\n${body}`,
          Math.random() * 15,
        );
      }),
    );
    expect((await test.request('GET', 'Appointment?_summary=count')).status).toBe(200);
    await expectConsistent(test.server.database);
  });

  it('in the middle of a long answer: the next caller is served', async () => {
    await Promise.all(
      Array.from({ length: 10 }, () => send('GET /fhir/Slot?_count=5000 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 5)),
    );
    expect((await test.request('GET', 'Slot?status=free')).status).toBe(200);
  });

  it('nonsense instead of HTTP: an OperationOutcome, and the next caller is served', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(test.base).port), '127.0.0.1', () =>
        socket.write('\x16\x03\x01 not http\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400[\s\S]*"resourceType":"OperationOutcome"/);
    expect((await test.request('GET', 'metadata')).status).toBe(200);
  });
});

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

it('a server whose turns are taken: searches get 503 after a second, writes and probes are answered', async () => {
  const begun = signal();
  const gate = signal();
  const slow = {
    name: 'slow',
    mount: (app: Parameters<NonNullable<Feature['mount']>>[0]) =>
      void app.get('/slow', async () => {
        begun.resolve();
        await gate.promise;
        return 'done';
      }),
  };
  const test = await startTestServer({ maxConcurrent: 2 }, () => [slow]);
  const { url } = test.server;
  try {
    const held = call(`${url}/slow`, 'GET');
    await begun.promise;
    // Half a body takes no turn.
    const half = 'POST /fhir/Patient HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{';
    const sockets = [1, 2, 3].map(() => connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {}));
    for (const socket of sockets) socket.write(half);
    const start = performance.now();
    const [search, write, ready, metrics] = await Promise.all([
      test.request('GET', 'Patient'),
      test.request('POST', 'Patient', { resourceType: 'Patient' }),
      call(`${url}/health/ready`, 'GET'),
      call(`${url}/metrics`, 'GET'),
    ]);
    expectOutcome(search, 503, 'transient');
    expect(search.headers['retry-after']).toBe('2');
    expect(performance.now() - start).toBeGreaterThan(900);
    expect([write.status, ready.status, metrics.status]).toEqual([201, 200, 200]);
    expect((await call(`${url}/metrics`, 'GET')).text).toMatch(/^creneau_requests_turned_away 1$/m);
    for (const socket of sockets) socket.destroy();
    gate.resolve();
    expect([(await held).status, (await test.request('GET', 'Patient')).status]).toEqual([200, 200]);
  } finally {
    gate.resolve();
    await test.close();
  }
});

describe.skipIf(isEmbedded)('a PostgreSQL server that goes away', () => {
  it('makes answers 503 until it is back', async () => {
    const test = await startTestServer({ databaseConnections: 4 });
    await load(test.base);
    const name = new URL(test.databaseUrl!.replace('%2Fvar%2Frun%2Fpostgresql', 'x')).pathname.slice(1);
    const admin = new pg.Client({ connectionString: process.env['CRENEAU_TEST_DATABASE'] });
    await admin.connect();
    try {
      const { json } = await test.request('GET', 'Slot?status=free&schedule=vasseur-paris&_count=50');
      const bookings = json.entry.map((entry: Json) => ({
        resourceType: 'Appointment',
        status: 'booked',
        slot: [{ reference: `Slot/${entry.resource.id}` }],
        participant: [patient],
      }));
      const running = Promise.all(bookings.map((body: Json) => test.request('POST', 'Appointment', body))) as Promise<
        Reply[]
      >;
      await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      for (const reply of await running)
        if (reply.status !== 201) expect(reply.status === 409 ? 409 : reply.status).toBeOneOf([409, 503]);
      expectOutcome(await test.request('GET', 'Slot?status=free'), 503, 'transient');
      expectOutcome(await test.request('POST', 'Patient', { resourceType: 'Patient' }), 503, 'transient');
      expect((await call(test.base.replace('/fhir', '/health/ready'), 'GET')).status).toBe(503);
      expect((await call(test.base.replace('/fhir', '/health/live'), 'GET')).status).toBe(200);
      await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
      expect((await test.request('GET', 'Slot?status=free')).status).toBe(200);
      const acknowledged = (await running).filter((reply) => reply.status === 201).length;
      expect((await test.request('GET', 'Appointment?_summary=count')).json.total).toBeGreaterThanOrEqual(acknowledged);
      await expectConsistent(test.server.database);
    } finally {
      await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
      await admin.end();
      await test.close();
    }
  });
});

/** A small file system of its own, where the machine lets us mount one. */
function smallDisk(megabytes: number): { folder: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'creneau-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    remove() {
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const canMount = ((): boolean => {
  const disk = smallDisk(1);
  disk?.remove();
  return disk !== undefined;
})();

/** Patients with a long text each, until one is refused. */
async function fill(base: string, most: number): Promise<{ written: string[]; refused: Reply | undefined }> {
  const written: string[] = [];
  const text = Array.from({ length: 400 }, (_, i) => `ligne ${i} ${Math.random()}`).join(' ');
  for (let i = 0; i < most; i++) {
    const reply = await call(`${base}/Patient`, 'POST', {
      resourceType: 'Patient',
      text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}${Math.random()}</div>` },
    });
    if (reply.status !== 201) return { written, refused: reply };
    written.push(reply.json.id);
  }
  return { written, refused: undefined };
}

describe.skipIf(!canMount)('a full disk', () => {
  it.skipIf(!isEmbedded)('under the embedded database', async () => {
    const disk = smallDisk(96)!;
    try {
      const server = await startProcess(['agenda', '--data', join(disk.folder, 'data'), '--log-level', 'error']);
      const base = `${server.url}/fhir`;
      await load(base);
      const filler = join(disk.folder, 'filler');
      const free = Number(execFileSync('df', ['--output=avail', '-B1', disk.folder]).toString().split('\n')[1]);
      execFileSync(
        'dd',
        ['if=/dev/zero', `of=${filler}`, 'bs=65536', `count=${Math.max(0, Math.floor((free - 1_500_000) / 65536))}`],
        { stdio: 'ignore' },
      );
      const { written, refused } = await fill(base, 2000);
      expect(refused?.status, 'the disk is full in the end').toBeOneOf([503, 507]);
      expect(refused!.json.resourceType).toBe('OperationOutcome');
      expect(server.child.exitCode).toBe(null);
      expect((await call(`${server.url}/health/live`, 'GET')).status).toBe(200);
      // Space is back: so is the server, and everything that was acknowledged is there.
      rmSync(filler);
      let reply = await call(`${base}/Patient`, 'POST', { resourceType: 'Patient' });
      for (let tries = 0; reply.status !== 201 && tries < 20; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        reply = await call(`${base}/Patient`, 'POST', { resourceType: 'Patient' });
      }
      expect(reply.status).toBe(201);
      for (const id of written) expect((await call(`${base}/Patient/${id}`, 'GET')).status).toBe(200);
      await server.kill('SIGTERM');
    } finally {
      disk.remove();
    }
  });

  // A cluster of its own: while one tablespace is full, every checkpoint of its cluster fails.
  it.skipIf(isEmbedded || !hasPostgres)('under a PostgreSQL server', async () => {
    const disk = smallDisk(40)!;
    const cluster = await ownPostgres();
    try {
      cluster.start();
      const folder = join(disk.folder, 'space');
      mkdirSync(folder);
      chmodSync(disk.folder, 0o755);
      if (POSTGRES_USER !== undefined) chownSync(folder, POSTGRES_USER, -1);
      await cluster.sql(`CREATE TABLESPACE small LOCATION '${folder}'`);
      await cluster.sql('CREATE DATABASE creneau TABLESPACE small');
      const url = cluster.url.replace(/[^/]*$/, 'creneau');
      const server = await startProcess(['agenda', '--log-level', 'error'], { DATABASE_URL: url });
      const base = `${server.url}/fhir`;
      await load(base);
      // The pages of the new database are changed in memory, and the file system of the test gives them their place
      // when they are written: a read that has to make room in memory would fail with them.
      await cluster.sql('CHECKPOINT');
      const { written, refused } = await fill(base, 4000);
      expectOutcome(refused!, 507, 'no-store');
      expect(server.child.exitCode).toBe(null);
      for (const id of written) expect((await call(`${base}/Patient/${id}`, 'GET')).status).toBe(200);
      const total = (await call(`${base}/Patient?_summary=count`, 'GET')).json.total;
      expect(total).toBe(written.length + FIXTURE.filter((resource) => resource.resourceType === 'Patient').length);
      await server.kill('SIGTERM');
    } finally {
      cluster.remove();
      disk.remove();
    }
  });
});
