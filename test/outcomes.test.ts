/**
 * The answer of a commit is lost in every way; the caller still learns the truth. A commit that was written is answered
 * as written, once; a 503 has written nothing; and a commit that arrives late is refused.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgendaServer, startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { Unit } from '../src/store/write/unit.ts';
import { expectConsistent } from './consistency.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { call, freshDatabase, isEmbedded, type Reply, testConfig } from './harness.ts';
import { type Fate, openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const CUTS = 300;
const CALLERS = 6;
const FATES = ['cut-before', 'cut-after', 'cut-after', 'late'] as const;

describe.skipIf(isEmbedded)('a commit whose answer is lost', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let proxy: TcpProxy;
  let server: AgendaServer;
  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await openTcpProxy(database.url!);
    server = await startAgenda(testConfig(proxy.url, { databaseConnections: CALLERS }));
    await loadFixture(`${server.url}/fhir`);
  });
  afterAll(async () => {
    await server.close();
    await proxy.close();
    await database.drop();
  });

  const request = (method: string, path: string, body?: Json, headers?: Record<string, string>): Promise<Reply> =>
    call(`${server.url}/fhir/${path}`, method, body, headers);

  /** Cuts commits as `fate` says; counts them. */
  function cutCommits(fate: (n: number) => Fate): { count: number } {
    const cuts = { count: 0, commits: 0 };
    proxy.onRequest((bytes) => {
      if (!bytes.includes('"request"')) return 'pass';
      const decided = fate(cuts.commits++);
      if (decided !== 'pass') cuts.count++;
      return decided;
    });
    return cuts;
  }

  /** Free slots that do not overlap. */
  async function apart(schedule: string): Promise<string[]> {
    const from = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const to = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
    const slots = await freeSlots({ request }, `schedule=${schedule}&start=ge${from}&start=lt${to}`);
    let end = '';
    return slots
      .sort((a, b) => Date.parse(a.start) - Date.parse(b.start))
      .filter((slot) => {
        if (end !== '' && Date.parse(slot.start) < Date.parse(end)) return false;
        end = slot.end;
        return true;
      })
      .map((slot) => slot.id);
  }

  it(`is told the truth, ${CUTS} times`, async () => {
    const [alone, group] = [await apart('vasseur-paris'), await apart('vaccins')];
    const cuts = cutCommits((n) => (n % 2 === 0 ? 'pass' : FATES[Math.floor(n / 2) % FATES.length]!));
    const told = new Map<string, number>();
    let next = 0;
    const write = async (): Promise<void> => {
      while (cuts.count < CUTS) {
        const i = next++;
        const marker = `cut-${i}`;
        const slot = i % 3 === 0 ? alone.pop() : i % 3 === 1 ? group.pop() : undefined;
        const { status, json } = await (slot === undefined
          ? request('POST', 'Patient', { resourceType: 'Patient', identifier: [{ system: 'urn:x', value: marker }] })
          : request('POST', 'Appointment', { ...bookingOf(slot), comment: marker }));
        expect([201, 503], JSON.stringify(json)).toContain(status);
        if (status === 503) expect(json.issue[0]).toMatchObject({ code: 'transient' });
        told.set(marker, status);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, write));
    proxy.onRequest(undefined);
    // Late requests have arrived by then.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const rows = await server.database.query<{ marker: string; n: number }>(
      `SELECT marker, count(*) AS n FROM (
         SELECT body::json->>'comment' AS marker FROM history WHERE type = 'Appointment'
         UNION ALL SELECT body::json#>>'{identifier,0,value}' FROM history WHERE type = 'Patient') AS written
       WHERE marker LIKE 'cut-%' GROUP BY marker`,
    );
    const written = new Map(rows.map(({ marker, n }) => [marker, n]));
    const lies = [...told].filter(([marker, status]) => (written.get(marker) ?? 0) !== (status === 201 ? 1 : 0));
    expect(lies).toEqual([]);
    // The cuts of one commit are few: nearly every caller gets what was asked for.
    expect([...told.values()].filter((status) => status === 201).length).toBeGreaterThan(told.size * 0.9);
    await expectConsistent(server.database);
  });

  it('is sent again when nothing was written, and three times at most', async () => {
    const cuts = cutCommits(() => 'cut-before');
    const { status, json, headers } = await request('POST', 'Patient', { resourceType: 'Patient', active: true });
    proxy.onRequest(undefined);
    expect([status, json.issue[0].code, headers['retry-after'], cuts.count]).toEqual([503, 'transient', '2', 3]);
    expect(json.issue[0].diagnostics).toContain('nothing was written');
  });

  it('is told the truth about when it writes messages only', async () => {
    const count = async (): Promise<number> =>
      (await server.database.query<{ n: number }>(`SELECT count(*) AS n FROM outbox WHERE destination = 'x'`))[0]!.n;
    for (const fate of FATES) {
      const before = await count();
      cutCommits((n) => (n === 0 ? fate : 'pass'));
      const unit = new Unit();
      unit.send({ destination: 'x', orderingKey: fate, payload: '' });
      expect(await unit.commit(server.database)).toEqual({ ok: true });
      proxy.onRequest(undefined);
      await new Promise((resolve) => setTimeout(resolve, fate === 'late' ? 1500 : 0));
      expect(await count(), fate).toBe(before + 1);
    }
  });
});
