/**
 * Both sides of a subscription are killed (SIGKILL) again and again while events are delivered. Afterwards every change
 * has its event, and every event has arrived at least once, in order and without a gap in the numbers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { call, freshDatabase } from './harness.ts';
import { type ServerProcess, startProcess } from './process.ts';

const KILLS = 4;
const CHANGES = 24;

/** An endpoint in a process of its own: writes each notification to its file, then acknowledges it. */
const RECEIVER = `
const [, , port, file] = process.argv;
const { appendFileSync } = require('node:fs');
require('node:http').createServer(async (request, reply) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const status = JSON.parse(text).entry[0].resource.parameter;
  for (const event of status.filter((part) => part.name === 'notification-event')) {
    const [{ valueString }, , { valueReference }] = event.part;
    appendFileSync(file, valueString + ' ' + valueReference.reference.split('/').slice(-2).join('/') + '\\n');
  }
  reply.writeHead(200).end();
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));`;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let folder: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'creneau-subscription-'));
  writeFileSync(join(folder, 'receiver.cjs'), RECEIVER);
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await database.drop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

it(`kill -9 of either side, ${KILLS} times, during delivery: at least once, in order, without a gap`, {
  timeout: 180_000,
}, async () => {
  const port = await freePort();
  const file = join(folder, 'received');
  const receive = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [join(folder, 'receiver.cjs'), String(port), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    await once(child.stdout!, 'data');
    return child;
  };
  const serve = async (): Promise<ServerProcess> => {
    const server = await startProcess(
      [
        'agenda',
        '--data',
        join(folder, 'data'),
        '--log-level',
        'silent',
        '--allow-private-endpoints',
        'true',
        '--subscription-attempts',
        '100',
      ],
      database.url === undefined ? {} : { DATABASE_URL: database.url },
    );
    started.push(server.child);
    return server;
  };
  const received = (): [number, string][] =>
    (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [])
      .filter(Boolean)
      .map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]!]);

  let receiver = await receive();
  let server = await serve();
  await loadFixture(`${server.url}/fhir`);
  const { json } = await call(`${server.url}/fhir/Subscription`, 'POST', {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'x',
    criteria: 'urn:creneau:fhir:topic:schedule',
    channel: { type: 'rest-hook', endpoint: `http://127.0.0.1:${port}/`, payload: 'application/fhir+json' },
  });
  /** Versions whose writing was acknowledged. */
  const written = new Set<string>();
  let changes = 0;
  const write = async (): Promise<void> => {
    for (const schedule of ['vasseur-paris', 'vasseur-lyon']) {
      const current = await call(`${server.url}/fhir/Schedule/${schedule}`, 'GET').catch(() => undefined);
      const reply =
        current?.status === 200
          ? await call(`${server.url}/fhir/Schedule/${schedule}`, 'PUT', {
              ...current.json,
              comment: `n ${changes++}`,
            }).catch(() => undefined)
          : undefined;
      if (reply?.status === 200) written.add(`Schedule/${schedule}@${reply.json.meta.versionId}`);
    }
  };
  for (let kill = 0; kill < KILLS; kill++) {
    for (let i = 0; i < CHANGES / KILLS; i++) await write();
    const writing = write();
    await pause(Math.random() * 200);
    if (kill % 2 === 0) {
      await server.kill('SIGKILL');
      await writing;
      server = await serve();
    } else {
      const ended = once(receiver, 'exit');
      receiver.kill('SIGKILL');
      await ended;
      await writing;
      await pause(300);
      receiver = await receive();
    }
  }
  const missing = async (): Promise<number> => {
    const status = await call(`${server.url}/fhir/Subscription/${json.id}/$status`, 'GET');
    const total = Number(
      status.json.entry[0].resource.parameter.find(
        (parameter: Json) => parameter.name === 'events-since-subscription-start',
      ).valueString,
    );
    const got = new Set(received().map(([number]) => number));
    return total < written.size
      ? -1
      : Array.from({ length: total }, (_, i) => i + 1).filter((number) => !got.has(number)).length;
  };
  for (let waited = 0; (await missing()) !== 0 && waited < 90_000; waited += 250) await pause(250);
  expect(await missing()).toBe(0);

  // A notification may come twice, but none overtakes another: a gap would show.
  let last = 0;
  for (const [number] of received()) {
    expect(number <= last + 1, `${number} after ${last}`).toBe(true);
    last = Math.max(last, number);
  }
  // Every acknowledged change has exactly one event.
  const events = await call(`${server.url}/fhir/Subscription/${json.id}/$events?eventsSinceNumber=1`, 'GET');
  expect(events.status, events.text.slice(0, 500)).toBe(200);
  const told = events.json.entry[0].resource.parameter.filter(
    (parameter: Json) => parameter.name === 'notification-event',
  ).length;
  const versions = await Promise.all(
    ['vasseur-paris', 'vasseur-lyon'].map(
      async (id) => Number((await call(`${server.url}/fhir/Schedule/${id}`, 'GET')).json.meta.versionId) - 1,
    ),
  );
  expect(told).toBe(versions[0]! + versions[1]!);
  expect(written.size).toBeGreaterThan(CHANGES / 2);
  await server.kill('SIGTERM');
});
