/**
 * How a server stops: readiness fails first, requests under way end, streams are told to come back, and whatever would
 * not end by itself is cut at the deadline.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { call, freshDatabase } from './harness.ts';
import { type ServerProcess, startCommand, startProcess } from './process.ts';

/** For what the machine of the test adds. */
const SLACK_MS = 3_000;
const DEADLINE_S = 4;

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const start = (...options: string[]): Promise<ServerProcess> =>
  startProcess(
    ['agenda', '--data', 'memory:', '--log-level', 'error', '--stop-deadline', String(DEADLINE_S), ...options],
    database.url === undefined ? {} : { DATABASE_URL: database.url },
  );

interface Connection {
  socket: Socket;
  received(): string;
}

/** A connection that sends this, and then nothing any more. */
async function open({ url }: ServerProcess, text: string): Promise<Connection> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (bytes) => (received += bytes)).on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return { socket, received: () => received };
}

const head = (method: string, path: string, ...headers: string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`;

/** Sends the signals; gives the exit status and how long it took. */
async function end(
  server: Pick<ServerProcess, 'child'>,
  ...signals: NodeJS.Signals[]
): Promise<{ code: number; ms: number }> {
  const begun = performance.now();
  const exit = once(server.child, 'exit');
  for (const signal of signals) {
    server.child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const [code] = await exit;
  return { code, ms: performance.now() - begun };
}

describe('SIGTERM', () => {
  it('does not wait for silent and idle connections, and tells streams to come back', async () => {
    const server = await start();
    const silent = await open(server, '');
    const idle = await open(server, head('GET', '/health/live'));
    const stream = await open(server, head('GET', '/fhir/$events', 'Accept: text/event-stream'));
    await expect
      .poll(() => [idle.received(), stream.received()].map((text) => text.slice(9, 12)))
      .toEqual(['200', '200']);
    const { code, ms } = await end(server, 'SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(DEADLINE_S * 1000);
    expect(stream.received()).toContain('retry: 1000\nevent: close\n');
    expect(silent.received()).toBe('');
  });

  it('lets requests under way end', async () => {
    const server = await start();
    const entries = Array.from({ length: 200 }, (_, i) => ({
      resource: { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: `${i}` }] },
      request: { method: 'POST', url: 'Patient' },
    }));
    const batch = call(`${server.url}/fhir`, 'POST', { resourceType: 'Bundle', type: 'batch', entry: entries });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const ended = end(server, 'SIGTERM');
    const { status, json, headers } = await batch;
    expect([status, json.entry.every((entry: Json) => entry.response.status.startsWith('201'))]).toEqual([200, true]);
    expect(headers['connection']).toBe('close');
    expect((await ended).code).toBe(0);
  });

  it('cuts half-sent bodies and slow readers at the deadline', async () => {
    const server = await start();
    const half = await open(
      server,
      `${head('POST', '/fhir/Patient', 'Content-Type: application/fhir+json', 'Content-Length: 1000')}{"resource`,
    );
    const slow = await open(server, head('GET', '/fhir/metadata'));
    slow.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { code, ms } = await end(server, 'SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeGreaterThan(DEADLINE_S * 1000 - 500);
    expect(ms).toBeLessThan(DEADLINE_S * 1000 + SLACK_MS);
    expect(half.received()).toBe('');
  });

  it('fails the readiness check first, while everything is still served', async () => {
    const server = await start('--stop-delay', '2');
    const ready = async (): Promise<number> => (await call(`${server.url}/health/ready`, 'GET')).status;
    expect(await ready()).toBe(200);
    const ended = end(server, 'SIGTERM');
    await expect.poll(ready, { timeout: 1500 }).toBe(503);
    expect((await call(`${server.url}/fhir/Patient`, 'POST', { resourceType: 'Patient' })).status).toBe(201);
    const { code, ms } = await ended;
    expect([code, ms > 1900]).toEqual([0, true]);
  });

  it('twice ends it at once', async () => {
    const server = await start();
    await open(server, `${head('POST', '/fhir/Patient', 'Content-Length: 1000')}{`);
    const { code, ms } = await end(server, 'SIGTERM', 'SIGTERM');
    expect(code).toBe(1);
    expect(ms).toBeLessThan(DEADLINE_S * 1000 - 500);
  });

  it('ends a demonstration too, while it loads its territory', async () => {
    const demo = ['demo', '--data', 'memory:', '--port', '0', '--platform-port', '0', '--stop-deadline', '4'];
    const { child } = await startCommand(demo, /serving[\s\S]*serving/);
    const { code, ms } = await end({ child }, 'SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(DEADLINE_S * 1000 + SLACK_MS);
  });
});
