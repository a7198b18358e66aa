/**
 * The audit trail loses nothing: not when the process is killed while facts wait, not while the database is away. A
 * read that was answered is in it.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseError } from '../src/store/engine/database.ts';
import { type AuditFact, factOf } from '../src/fhir/audit/fact.ts';
import type { Json } from '../src/fhir/resource.ts';
import { openLog } from '../src/runtime/log.ts';
import { AuditSpool } from '../src/store/delivery/audit-spool.ts';
import { call, freshDatabase } from './harness.ts';
import { type ServerProcess, startProcess } from './process.ts';

const KILLS = 4;
const READERS = 6;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-audit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kill -9', () => {
  it(`${KILLS} times under reads: every read that was answered is in the trail, once`, {
    timeout: 240_000,
  }, async () => {
    const database = await freshDatabase();
    const start = (): Promise<ServerProcess> =>
      startProcess(
        ['agenda', '--data', join(folder, 'data'), '--log-level', 'error', '--program-rate', '1000000'],
        database.url === undefined ? {} : { DATABASE_URL: database.url },
      );
    const answered = new Set<string>();
    let server = await start();
    for (let kill = 0; kill < KILLS; kill++) {
      const before = answered.size;
      const load = Promise.all(Array.from({ length: READERS }, () => read(server.url, answered)));
      while (answered.size < before + 50) await pause(5);
      await pause(Math.random() * 200);
      await server.kill('SIGKILL');
      await load;
      server = await start();
    }
    const found = await requestsIn(server.url, answered);
    expect([...answered].filter((id) => found.get(id) !== 1)).toEqual([]);
    await server.kill('SIGTERM');
    await database.drop();
  });
});

/** Reads until the server is gone. */
async function read(url: string, answered: Set<string>): Promise<void> {
  for (;;) {
    try {
      const { headers } = await call(`${url}/fhir/Patient/none`, 'GET');
      answered.add(headers['x-request-id']!);
    } catch {
      return;
    }
  }
}

/** How many AuditEvents each of these requests has, once those of the killed process are taken over. */
async function requestsIn(url: string, wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const until = Date.now() + 30_000;
  for (;;) {
    const found = new Map<string, number>();
    let next: string | undefined = `${url}/fhir/AuditEvent?subtype=read&_count=1000`;
    while (next !== undefined) {
      const { json }: { json: Json } = await call(next, 'GET');
      for (const { resource } of json.entry ?? [])
        for (const { what } of resource.entity)
          if (wanted.has(what?.identifier?.value)) {
            const id = what.identifier.value as string;
            found.set(id, (found.get(id) ?? 0) + 1);
          }
      next = json.link.find(({ relation }: Json) => relation === 'next')?.url;
    }
    if (found.size === wanted.size || Date.now() > until) return found;
    await pause(200);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('while the database is away', () => {
  const fact = (n: number): AuditFact => factOf(CONTEXT, `fact-${n}`, ['read'], 'R', [`Schedule/${n}`]);
  const CONTEXT = { now: 0, requestId: 'r', caller: 'c', roles: [], strict: false, base: '' };
  const away = (): never => {
    throw databaseError({ code: '08006', message: 'gone' });
  };

  it('facts wait in their order; beyond the limit nothing is served; later all are written', async () => {
    let isAway = true;
    const written: string[] = [];
    const root = join(folder, 'spool');
    const spool = new AuditSpool({
      ...{ root, maxBytes: 20_000, log: openLog('silent') },
      write: async (lines) => {
        if (isAway) away();
        written.push(...lines.map((line) => (JSON.parse(line) as AuditFact).id));
      },
    });
    const all = Array.from({ length: 100 }, (_, n) => fact(n));
    for (const each of all) spool.append(each);
    await spool.flush();
    expect([written.length, spool.fault()]).toEqual([0, 'too much waits for the database']);
    isAway = false;
    await spool.flush();
    expect([written, spool.fault()]).toEqual([all.map(({ id }) => id), undefined]);
    await spool.close();
    expect(readdirSync(root)).toEqual([]);
  });

  it('a fact that the database refuses for what it is does not keep the others back', async () => {
    const written: string[] = [];
    const spool = new AuditSpool({
      ...{ root: join(folder, 'refused'), maxBytes: 1e6, log: openLog('silent') },
      write: async (lines) => {
        if (lines.some((line) => line.includes('fact-1"'))) throw databaseError({ code: '22P05', message: 'no' });
        written.push(...lines.map((line) => (JSON.parse(line) as AuditFact).id));
      },
    });
    for (const n of [0, 1, 2]) spool.append(fact(n));
    await spool.close();
    expect(written).toEqual(['fact-0', 'fact-2']);
  });

  it('facts longer than a chunk of the file are written too', async () => {
    const written: string[] = [];
    const spool = new AuditSpool({
      ...{ root: join(folder, 'long'), maxBytes: 1e8, log: openLog('silent') },
      write: async (lines) => {
        written.push(...lines.map((line) => (JSON.parse(line) as AuditFact).id));
      },
    });
    const patients = Array.from({ length: 60_000 }, (_, n) => `Patient/a-long-identifier-${n}`);
    spool.append({ ...fact(0), patients });
    spool.append(fact(1));
    await spool.close();
    expect(written).toEqual(['fact-0', 'fact-1']);
  });
});
