/**
 * Server-sent events through a real server: the form, an early end on either side, a failure in the middle, callers who
 * cannot be served so.
 */
import { get, type IncomingMessage } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../src/rest/backend.ts';
import { eventStream, type ServerEvent } from '../src/rest/event-stream.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let source: (signal: AbortSignal) => AsyncIterable<ServerEvent>;
beforeAll(async () => {
  test = await startTestServer({}, () => [{ name: 'telling', operations: () => [TELL] }]);
});

const TELL: Operation = {
  ...{ name: 'tell', on: 'system', level: 'system', safe: true, description: 'Raconte' },
  run: async () => ({ resource: { resourceType: 'Parameters' } }),
  events:
    async (_context, { lastEventId }) =>
    (signal) =>
      lastEventId === undefined ? source(signal) : numbered(Number(lastEventId)),
};

async function* numbered(after: number): AsyncIterable<ServerEvent> {
  for (let i = after + 1; i <= 3; i++) yield { event: 'number', id: String(i), data: `{"n":${i}}\n${'x'.repeat(i)}` };
}

function open(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) =>
    get(`${test.base}/${path}`, { headers: { accept: 'text/event-stream', ...headers } }, resolve).on('error', reject),
  );
}

async function textOf(reply: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of reply) text += chunk;
  return text;
}

describe('a streaming operation', () => {
  it('sends each event in the event-stream form and resumes where a page left off', async () => {
    source = () => numbered(0);
    const reply = await open('$tell');
    expect([reply.statusCode, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'no-cache, no-transform',
    ]);
    expect(await textOf(reply)).toBe(
      `: \n\n${[1, 2, 3].map((i) => `event: number\nid: ${i}\ndata: {"n":${i}}\ndata: ${'x'.repeat(i)}\n\n`).join('')}`,
    );
    expect(await textOf(await open('$tell', { 'last-event-id': '2' }))).toBe(
      ': \n\nevent: number\nid: 3\ndata: {"n":3}\ndata: xxx\n\n',
    );
  });

  it('ends its source when the caller disconnects', async () => {
    const left = new Promise<void>((resolve) => {
      source = (signal) => {
        signal.addEventListener('abort', () => resolve());
        return (async function* () {
          yield { data: '1' };
          await new Promise(() => {});
        })();
      };
    });
    const reply = await open('$tell');
    await new Promise((resolve) => reply.once('data', resolve));
    reply.destroy();
    await left;
  });

  it('a failure in the middle becomes an event with an OperationOutcome that reveals nothing internal', async () => {
    source = async function* () {
      yield { data: '1' };
      throw new Error('a secret of the inside');
    };
    const text = await textOf(await open('$tell'));
    expect(text).toMatch(/^: \n\ndata: 1\n\nevent: error\ndata: \{"resourceType":"OperationOutcome"/);
    expect(text).not.toContain('secret');
  });

  it('is an ordinary operation for a caller that asks for JSON', async () => {
    expect((await test.request('GET', '$tell')).json.resourceType).toBe('Parameters');
  });
});

it.each(['metadata', 'Schedule', 'Schedule/a', 'Slot?start=ge2026-12-01&start=le2026-12-02'])(
  '%s is not told piece by piece: 406',
  async (path) => {
    const { status, json } = await test.request('GET', path, undefined, { accept: 'text/event-stream' });
    expect([status, json.resourceType, json.issue[0].expression]).toEqual([406, 'OperationOutcome', ['http.Accept']]);
  },
);

it('a comment keeps a silent connection open', async () => {
  const stream = eventStream(
    (signal) =>
      (async function* () {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      })(),
    new Set(),
    String,
    10,
  );
  const pieces: string[] = [];
  for await (const piece of stream) if (pieces.push(String(piece)) === 3) break;
  expect(pieces).toEqual([': \n\n', ': \n\n', ': \n\n']);
});

it('the server stops even while a caller listens, and asks it to come back', async () => {
  source = async function* () {
    yield { data: '1' };
    await new Promise(() => {});
  };
  const text = textOf(await open('$tell'));
  await test.close();
  expect(await text).toBe(': \n\ndata: 1\n\nretry: 1000\nevent: close\ndata: {}\n\n');
});
