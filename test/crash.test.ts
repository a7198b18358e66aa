/**
 * The server is killed (SIGKILL) at random moments under booking load. After each start every booking answered with 201
 * is there, nothing overlaps, and nothing is half-written.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { openDatabase } from '../src/store/engine/open.ts';
import { loadFixture } from './fixture.ts';
import { expectConsistent } from './consistency.ts';
import { call, freshDatabase } from './harness.ts';
import { type ServerProcess, startProcess } from './process.ts';

const KILLS = 20;
const WORKERS = 8;
describe('kill -9', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let folder: string;
  beforeAll(async () => {
    database = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'creneau-crash-'));
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (): Promise<ServerProcess> =>
    startProcess(
      ['agenda', '--data', folder, '--log-level', 'error'],
      database.url === undefined ? {} : { DATABASE_URL: database.url },
    );

  it(`${KILLS} times under booking load loses no acknowledged booking and doubles none`, {
    timeout: 300_000,
  }, async () => {
    /** Appointment id -> the version that was acknowledged last. */
    const acknowledged = new Map<string, number>();
    let server = await start();
    await loadFixture(`${server.url}/fhir`);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.size;
      const slots = await freeSlots(server.url, kill);
      const load = Promise.all(
        Array.from({ length: WORKERS }, (_, worker) => book(server.url, slots, worker, acknowledged)),
      );
      // The moment is random, but after the first acknowledgement: a kill before any load would prove nothing.
      for (let waited = 0; acknowledged.size === before && waited < 5000; waited += 5) await pause(5);
      await pause(Math.random() * 150);
      await server.kill('SIGKILL');
      await load;
      expect(acknowledged.size, `kill ${kill + 1}`).toBeGreaterThan(before);
      server = await start();
      for (const [id, version] of [...acknowledged].slice(before)) {
        const found = await call(`${server.url}/fhir/Appointment/${id}`, 'GET');
        expect(
          [found.status, Number(found.json?.meta?.versionId) >= version],
          `Appointment/${id} after kill ${kill + 1}`,
        ).toEqual([200, true]);
      }
    }
    for (const id of acknowledged.keys())
      expect((await call(`${server.url}/fhir/Appointment/${id}`, 'GET')).status).toBe(200);
    await server.kill('SIGTERM');
    const opened = await openDatabase({ url: database.url, data: folder, connections: 2, ownBases: [] });
    await expectConsistent(opened);
    await opened.close();
  });
});

/** Free slots of another fortnight each time, all agendas mixed. */
async function freeSlots(url: string, round: number): Promise<Json[]> {
  const from = new Date(Date.now() + (1 + round * 10) * 86_400_000).toISOString().slice(0, 10);
  const to = new Date(Date.now() + (11 + round * 10) * 86_400_000).toISOString().slice(0, 10);
  const { json } = await call(`${url}/fhir/Slot?status=free&start=ge${from}&start=lt${to}&_count=2000`, 'GET');
  return json.entry.map((entry: Json) => entry.resource);
}

/** Books, moves and cancels until the server is gone. Neighbouring workers want the same slots. */
async function book(
  url: string,
  slots: readonly Json[],
  worker: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  try {
    for (let i = Math.floor(worker / 2); i < slots.length; i += WORKERS / 2) {
      const body = {
        resourceType: 'Appointment',
        status: 'booked',
        slot: [{ reference: `Slot/${slots[i].id}` }],
        participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
      };
      const reply = await call(`${url}/fhir/Appointment`, 'POST', body);
      if (reply.status !== 201) continue;
      acknowledged.set(reply.json.id, 1);
      if (i % 3 !== 0) continue;
      const changed = await call(`${url}/fhir/Appointment/${reply.json.id}`, 'PUT', {
        ...reply.json,
        status: 'cancelled',
      });
      if (changed.status === 200) acknowledged.set(reply.json.id, 2);
    }
  } catch {
    // Killed in the middle of a request: nobody promised anything.
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
