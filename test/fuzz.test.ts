/**
 * Requests that nobody should send, made from those of the golden stories. The server answers whatever comes: never
 * with 500, never late, with an OperationOutcome where it refuses, and it serves the next caller.
 * `npm run fuzz -- 100000 [seed]` sends more of them.
 */
import { request as rawRequest } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { BundleEntry } from '../src/fhir/foundation.ts';
import { loadFixture } from './fixture.ts';
import { mutate } from './fuzz/mutate.ts';
import { random } from './fuzz/random.ts';
import { type FuzzRequest, seedsOf } from './fuzz/seeds.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_130);
const AT_ONCE = 4;
const MAX_WAIT_MS = 30_000;

interface FuzzReply {
  status: number;
  text: string;
}

let server: TestServer | TestPlatform | undefined;
const rejected: unknown[] = [];
const onRejection = (cause: unknown): void => void rejected.push(cause);
afterEach(async () => {
  process.off('unhandledRejection', onRejection);
  await server?.close();
});

describe('the server answers whatever comes', () => {
  it.each([
    ['fhir', REQUESTS],
    ['sas', REQUESTS / 4],
    ['platform', REQUESTS / 4],
  ])('requests like those of /%s', async (folder, count) => {
    process.on('unhandledRejection', onRejection);
    const limits = { maxBodyBytes: 600_000, maxUrlChars: 8_000, maxBatchEntries: 20, maxPage: 200 };
    server = folder === 'platform' ? await startTestPlatform(limits) : await startTestServer(limits);
    const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden', folder, 'fixture.json'), 'utf8'));
    await loadFixture(
      server.base,
      fixture.entry.map((entry: BundleEntry) => entry.resource),
    );
    const base = folder === 'sas' ? server.base.replace(/fhir$/, 'sas') : server.base;
    const [seeds, choice, faults] = [seedsOf(folder), random(SEED), [] as string[]];
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      const requests = Array.from({ length: AT_ONCE }, () => mutate(choice.pick(seeds), choice));
      const replies = await Promise.all(requests.map((request) => send(base, request)));
      replies.forEach((reply, i) => {
        const fault = reply === undefined ? undefined : faultOf(reply);
        if (fault !== undefined) faults.push(`${fault}\n${JSON.stringify(requests[i]).slice(0, 1500)}`);
      });
    }
    expect(faults.slice(0, 5)).toEqual([]);
    expect(rejected).toEqual([]);
    expect((await send(server.base, { method: 'GET', path: 'metadata', headers: {} }))?.status).toBe(200);
  });
});

/** 503 and 507 are said on purpose, with what to do. */
const DELIBERATE = new Set([501, 503, 507]);

function faultOf({ status, text }: FuzzReply): string | undefined {
  if (status === 0) return `no answer: ${text}`;
  if (status >= 500 && !DELIBERATE.has(status)) return `${status} ${text.slice(0, 500)}`;
  if (status >= 400 && text !== '' && !text.includes('OperationOutcome'))
    return `${status} without an outcome: ${text}`;
  return undefined;
}

/** `undefined`: a request that cannot be sent at all. A stream of events is an answer once it has begun. */
function send(base: string, { method, path, headers, body }: FuzzRequest): Promise<FuzzReply | undefined> {
  const url = new URL(base);
  const encoded = path.replace(/[^\u0021-\u007e]/g, (character) => encodeURIComponent(character.toWellFormed()));
  const full = encoded.startsWith('/') ? encoded : `${url.pathname}/${encoded}`;
  return new Promise((resolve) => {
    try {
      const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
      const options = { host: url.hostname, port: url.port, method, path: full, headers: { ...headers, ...length } };
      const outgoing = rawRequest({ ...options, timeout: MAX_WAIT_MS }, (reply) => {
        const chunks: Buffer[] = [];
        const end = (): void => resolve({ status: reply.statusCode!, text: Buffer.concat(chunks).toString() });
        if (reply.headers['content-type']?.startsWith('text/event-stream')) {
          end();
          return outgoing.destroy();
        }
        reply.on('data', (chunk) => chunks.push(chunk));
        reply.on('end', end);
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing for ${MAX_WAIT_MS} ms`)));
      outgoing.on('error', (error) => resolve({ status: 0, text: error.message }));
      outgoing.end(body);
    } catch {
      resolve(undefined);
    }
  });
}
