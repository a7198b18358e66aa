/**
 * `creneau agenda --workers 2`: several processes on one port behave as one server. Callers have one rate, figures are
 * those of all, each process sees what another one wrote, one that dies is replaced, and all stop together.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { freshDatabase, isEmbedded } from './harness.ts';
import { listener, subscription } from './listener.ts';
import { run, type ServerProcess, startProcess } from './process.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function start(...args: string[]): Promise<ServerProcess> {
  const database = await freshDatabase();
  closing.push(() => database.drop());
  const server = await startProcess(['agenda', '--workers', '2', '--log-level', 'error', ...args], {
    DATABASE_URL: database.url!,
    CRENEAU_DATABASE_CONNECTIONS: '4',
  });
  closing.push(() => server.kill('SIGKILL'));
  return server;
}

/** On a connection of its own, which Node hands to the next process. */
async function ask(
  url: string,
  method: 'GET' | 'POST' | 'PUT' = 'GET',
  body?: Json,
  headers: Record<string, string> = {},
): Promise<{ status: number; json: Json; text: string }> {
  const dispatcher = new Agent();
  try {
    const reply = await request(url, {
      ...{ method, dispatcher, headers: { 'content-type': 'application/fhir+json', ...headers } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.body.text();
    return { status: reply.statusCode, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  } finally {
    await dispatcher.close();
  }
}

async function figure(server: ServerProcess, name: string): Promise<number> {
  const { text } = await ask(`${server.url}/metrics`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const workersOf = ({ child }: ServerProcess): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)])
    .toString()
    .split('\n')
    .filter(Boolean)
    .map(Number);

describe.skipIf(isEmbedded)('a server in two processes', () => {
  it('counts the requests of both, and sees in each what the other one wrote', async () => {
    const server = await start();
    const base = `${server.url}/fhir`;
    await loadFixture(base);
    expect(await figure(server, 'creneau_workers')).toBe(2);
    const before = await figure(server, 'creneau_requests_total{method="GET",route="/fhir/:type/:id"');
    for (let i = 0; i < 10; i++) {
      const body = { resourceType: 'Patient', id: 'p', name: [{ family: `Version ${i}` }] };
      expect((await ask(`${base}/Patient/p`, 'PUT', body)).status).toBeLessThan(300);
      const reads = await Promise.all([1, 2, 3, 4].map(() => ask(`${base}/Patient/p`)));
      expect(reads.map(({ json }) => json.name[0].family)).toEqual(Array(4).fill(`Version ${i}`));
    }
    const { text } = await ask(`${server.url}/metrics`);
    expect(text).toMatch(/^creneau_database_connections_open \d+$/m);
    expect(before).toBe(0);
    const counted = text
      .split('\n')
      .find((line) => /^creneau_requests_total\{method="GET",route="[^"]*:id[^"]*",status="200"\}/.test(line));
    expect(Number(counted?.split(' ').at(-1))).toBe(40);
  });

  it('keeps holds and slots one, and delivers each event once', async () => {
    const server = await start('--allow-private-endpoints', 'true');
    const base = `${server.url}/fhir`;
    await loadFixture(base);
    const hook = await listener();
    closing.push(() => hook.close());
    const { id } = (await ask(`${base}/Subscription`, 'POST', subscription(hook.url, 'appointment'))).json;
    while ((await ask(`${base}/Subscription/${id}`)).json.status !== 'active') await pause(50);
    const found = await ask(
      `${base}/Slot?status=free&schedule=vasseur-paris&start=ge2027-01-04&start=lt2027-01-30&_count=8`,
    );
    let end = '';
    const slots: string[] = [];
    for (const { resource } of found.json.entry)
      if (resource.start >= end) {
        slots.push(resource.id);
        end = resource.end;
      }
    for (const slot of slots) {
      const booking = {
        ...{ resourceType: 'Appointment', status: 'booked', slot: [{ reference: `Slot/${slot}` }] },
        participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
      };
      const replies = await Promise.all([1, 2, 3, 4].map(() => ask(`${base}/Appointment`, 'POST', booking)));
      expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
      const states = await Promise.all([1, 2, 3, 4].map(() => ask(`${base}/Slot/${slot}`)));
      expect(states.map(({ json }) => json.status)).toEqual(Array(4).fill('busy'));
    }
    const events = (): string[] =>
      hook.got.flatMap(({ body }) =>
        body.entry[0].resource.parameter
          .filter(({ name }: Json) => name === 'notification-event')
          .map(({ part }: Json) => String(part[0].valueString)),
      );
    while (events().length < slots.length) await pause(50);
    await pause(500);
    expect(events()).toEqual(slots.map((_slot: string, i: number) => String(i + 1)));
  });

  it('gives a caller one rate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'creneau-workers-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const token = 'a-token-of-the-test-that-is-long-enough';
    const callers = join(folder, 'callers.json');
    const sha256 = createHash('sha256').update(token).digest('hex');
    writeFileSync(callers, JSON.stringify({ callers: [{ name: 'tester', roles: ['*'], tokenSha256: sha256 }] }));
    // A burst of 10 points a second, for ten seconds.
    const server = await start('--auth', 'token', '--callers', callers, '--program-rate', '10');
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await pause(i * 5);
        const headers = { authorization: `Bearer ${token}` };
        return (await ask(`${server.url}/fhir/Patient`, 'GET', undefined, headers)).status;
      }),
    );
    const served = statuses.filter((status) => status === 200).length;
    // A search costs 3 points: 33 of the burst, and what came meanwhile. Two rates would serve twice as many.
    expect(served).toBeGreaterThanOrEqual(30);
    expect(served).toBeLessThan(60);
    expect(statuses.at(-1)).toBe(429);
  });

  it('replaces a process that dies, and serves meanwhile', async () => {
    const server = await start();
    const [victim] = workersOf(server);
    process.kill(victim!, 'SIGKILL');
    while (workersOf(server).includes(victim!)) await pause(10);
    for (let i = 0; i < 20; i++) expect((await ask(`${server.url}/health/ready`)).status).toBe(200);
    while ((await figure(server, 'creneau_workers')) < 2) await pause(50);
    expect(workersOf(server)).not.toContain(victim);
    expect(await figure(server, 'creneau_workers_replaced_total')).toBe(1);
    expect(server.printed()).toContain('another one takes its place');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends requests under way and exits with 0 on %s', async (signal) => {
    const server = await start('--stop-delay', '1');
    const pids = workersOf(server);
    const ended = once(server.child, 'exit');
    let isOver = false;
    const failures: string[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver)
        await ask(`${server.url}/fhir/Patient`, 'POST', { resourceType: 'Patient' }).then(
          ({ status }) => status === 201 || failures.push(String(status)),
          // After the delay the port is closed.
          ({ code }) => ['ECONNREFUSED', 'ECONNRESET'].includes(code) || failures.push(code),
        );
    });
    await pause(300);
    // As a terminal does: to all processes.
    for (const pid of [server.child.pid!, ...(signal === 'SIGINT' ? pids : [])]) process.kill(pid, signal);
    await pause(500);
    expect((await ask(`${server.url}/health/ready`)).status).toBe(503);
    expect((await ended)[0]).toBe(0);
    isOver = true;
    await Promise.all(load);
    expect(failures).toEqual([]);
  });
});

describe.skipIf(isEmbedded)('processes of which one cannot start', () => {
  it('all end, with the reason', async () => {
    const database = await freshDatabase();
    closing.push(() => database.drop());
    const holder = await listener();
    closing.push(() => holder.close());
    const { code, err } = await run(['agenda', '--workers', '2', '--port', new URL(holder.url).port], {
      DATABASE_URL: database.url!,
    });
    expect([code, err]).toEqual([2, expect.stringContaining('is taken by another program')]);
    expect(err).toContain('a process does not start');
  });
});

describe('several processes', () => {
  it('need a PostgreSQL server', async () => {
    const { code, err } = await run(['agenda', '--workers', '2'], { CRENEAU_DATA: 'memory:' });
    expect([code, err]).toEqual([2, expect.stringContaining('--database-url')]);
  });

  it.skipIf(isEmbedded)('reads its settings again in every process (SIGHUP)', async () => {
    const server = await start('--log-level', 'info');
    server.child.kill('SIGHUP');
    const reloads = (): number => server.printed().split('"reloaded: files and settings').length - 1;
    await expect.poll(reloads, { timeout: 20_000 }).toBe(2);
    expect(await figure(server, 'creneau_workers')).toBe(2);
    expect(await figure(server, 'creneau_workers_replaced_total')).toBe(0);
  });
});
