/**
 * Searches on a replica: whatever happens to it, a search through any server finds everything that was acknowledged
 * before, and the replica takes searches again afterwards.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgendaServer, startAgenda } from '../src/cli/servers/agenda.ts';
import { loadFixture } from './fixture.ts';
import { call, isEmbedded, testConfig } from './harness.ts';
import { hasPostgres, type OwnPostgres, ownPostgres } from './own-postgres.ts';

const SLOTS = 'Slot?status=free&schedule=vasseur-paris&start=ge2027-01-04&start=lt2027-01-09&_count=50';

describe.skipIf(isEmbedded || !hasPostgres)('searches on a replica', () => {
  let primary: OwnPostgres;
  let replica: OwnPostgres;
  let writer: AgendaServer;
  let searcher: AgendaServer;
  beforeAll(async () => {
    primary = await ownPostgres();
    primary.start();
    writer = await startAgenda(testConfig(primary.url));
    await loadFixture(`${writer.url}/fhir`);
    replica = await primary.standby();
    replica.start();
    searcher = await startAgenda(testConfig(primary.url, { databaseReplicas: [replica.url] }));
  });
  afterAll(async () => {
    replica?.signal('SIGCONT');
    for (const server of [searcher, writer]) await server?.close();
    for (const cluster of [replica, primary]) cluster?.remove();
  });

  const figures = () => searcher.database.health().replicas!;
  const isUsed = () => expect.poll(() => figures().usable, { timeout: 20_000 }).toBe(1);
  const search = async (query: string): Promise<{ ids: string[]; place: string }> => {
    const before = figures().taken;
    const { status, json } = await call(`${searcher.url}/fhir/${query}`, 'GET');
    expect(status).toBe(200);
    const ids = (json.entry ?? []).map((entry: { resource: { id: string } }) => entry.resource.id);
    return { ids, place: figures().taken > before ? 'replica' : 'primary' };
  };
  let written = 0;
  /** Writes through one server, and searches through the other: where the answer came from. */
  const placeOfNext = async (): Promise<string> => {
    const value = `n${written++}`;
    const patient = { resourceType: 'Patient', active: true, identifier: [{ system: 'urn:oid:1.2.3', value }] };
    const { json } = await call(`${writer.url}/fhir/Patient`, 'POST', patient);
    const { ids, place } = await search(`Patient?identifier=urn:oid:1.2.3|${value}`);
    expect(ids).toEqual([json.id]);
    return place;
  };
  const placesOf = async (count: number): Promise<Set<string>> => {
    const places = new Set<string>();
    for (let i = 0; i < count; i++) places.add(await placeOfNext());
    return places;
  };

  it('find what was just written, wherever it is, and a slot that was just booked no longer', async () => {
    await isUsed();
    expect(await placesOf(20)).toContain('replica');
    await replica.sql('SELECT pg_wal_replay_pause()');
    expect(await placesOf(5)).toEqual(new Set(['primary']));
    const [slot] = (await search(SLOTS)).ids;
    const booking = {
      ...{ resourceType: 'Appointment', status: 'booked', slot: [{ reference: `Slot/${slot}` }] },
      participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
    };
    expect((await call(`${writer.url}/fhir/Appointment`, 'POST', booking)).status).toBe(201);
    expect((await search(SLOTS)).ids).not.toContain(slot);
    await replica.sql('SELECT pg_wal_replay_resume()');
    await expect.poll(placeOfNext, { timeout: 20_000 }).toBe('replica');
    expect((await search(SLOTS)).ids).not.toContain(slot);
  });

  it('go on while the replica is frozen, restarted or promoted', async () => {
    await isUsed();
    replica.signal('SIGSTOP');
    expect(await placesOf(3)).toEqual(new Set(['primary']));
    expect(figures().usable).toBe(0);
    replica.signal('SIGCONT');
    await expect.poll(placeOfNext, { timeout: 20_000 }).toBe('replica');
    replica.stop('immediate');
    expect(await placesOf(3)).toEqual(new Set(['primary']));
    replica.start();
    await expect.poll(placeOfNext, { timeout: 20_000 }).toBe('replica');
    // A primary of its own from now on: it gets nothing any more, and says so.
    replica.promote();
    expect(await placesOf(3)).toEqual(new Set(['primary']));
    await expect.poll(() => figures().usable, { timeout: 20_000 }).toBe(0);
  });
});
