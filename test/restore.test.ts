/**
 * The database comes back from a dump, from an earlier time or as a standby that lagged: followers go on where that is
 * right and are told where it is not, and no version, number or ETag ever names two contents.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AgendaServer, startAgenda } from '../src/cli/servers/agenda.ts';
import { expectConsistent } from './consistency.ts';
import { call, isEmbedded, type Reply, testConfig } from './harness.ts';
import { hasPostgres, type OwnPostgres, ownPostgres } from './own-postgres.ts';
import { run } from './process.ts';

/** The parts to close after a test, the last first. */
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(changes: Parameters<typeof testConfig>[1], url?: string): Promise<AgendaServer> {
  const server = await startAgenda(testConfig(url, changes));
  closing.push(() => server.close());
  return server;
}

async function cluster(): Promise<OwnPostgres> {
  const own = await ownPostgres();
  closing.push(() => own.remove());
  own.start();
  return own;
}

const put = (server: AgendaServer, id: string, note: string): Promise<Reply> =>
  call(`${server.url}/fhir/Patient/${id}`, 'PUT', { resourceType: 'Patient', id, name: [{ text: note }] });

/** The changes after a position, and the position to go on from. */
async function follow(server: AgendaServer, position: string): Promise<{ status: number; ids: string[]; at: string }> {
  const { status, json: body } = await call(`${server.url}/fhir/_history?_after=${position}`, 'GET');
  if (status !== 200) return { status, ids: [], at: '' };
  const links = body.link as { relation: string; url: string }[];
  return {
    status,
    ids: (body.entry ?? []).map((entry: { resource: { id: string } }) => entry.resource.id),
    at: /_after=([^&]+)/.exec(links.find(({ relation }) => relation === 'monitor')!.url)![1]!,
  };
}

const latest = async (server: AgendaServer): Promise<string> => (await follow(server, 'latest')).at;

describe.skipIf(isEmbedded || !hasPostgres)('a database that was restored', () => {
  it('from a dump, in another cluster and at an earlier time', async () => {
    const first = await cluster();
    await burnTransactions(first, 3000);
    const before = await serve({}, first.url);
    for (const id of ['a', 'b', 'c']) await put(before, id, 'kept');
    const common = await latest(before);
    // Committed, and perhaps without a number when the copy is made.
    await put(before, 'late', 'kept');
    const dump = execFileSync('pg_dump', ['--dbname', first.url], { maxBuffer: 1 << 28 });
    const lostVersion = (await put(before, 'a', 'lost')).headers['etag'];
    await put(before, 'new', 'lost');
    const ahead = await latest(before);
    await before.close();

    const second = await cluster();
    execFileSync('psql', ['--quiet', '--dbname', second.url], { input: dump, stdio: ['pipe', 'ignore', 'inherit'] });
    const after = await serve({}, second.url);
    expect(await follow(after, common)).toMatchObject({ status: 200, ids: ['late'] });
    expect((await follow(after, ahead)).status).toBe(410);
    const keptVersion = (await put(after, 'a', 'other')).headers['etag'];
    expect(keptVersion).not.toBe(lostVersion);
    expect((await put(after, 'new', 'other')).headers['etag']).not.toBe('W/"1"');
    const { at, ids } = await follow(after, common);
    expect(ids).toEqual(['late', 'a', 'new']);
    // Numbers that the lost branch gave come again, and are not taken for those.
    for (const id of ['d', 'e', 'f', 'g']) await put(after, id, 'later');
    expect((await follow(after, ahead)).status).toBe(410);
    expect((await follow(after, at)).ids).toEqual(['d', 'e', 'f', 'g']);
    expect((await put(after, 'a', 'again')).headers['etag']).toBe(next(keptVersion!));
    await expectConsistent(after.database);
  });

  it('by promoting a standby that lagged behind', async () => {
    const first = await cluster();
    const before = await serve({}, first.url);
    await put(before, 'a', 'kept');
    const standby = await first.standby();
    closing.push(() => standby.remove());
    standby.start();
    const common = await latest(before);
    await standby.sql('SELECT pg_wal_replay_pause()');
    const lostVersion = (await put(before, 'a', 'lost')).headers['etag'];
    const ahead = await latest(before);
    await before.close();
    first.stop('immediate');
    // Promotion replays what has arrived: the change is lost because it never did.
    standby.promote();
    const after = await serve({}, standby.url);
    const isLost = (await call(`${after.url}/fhir/Patient/a`, 'GET')).json.name[0].text === 'kept';
    const { headers } = await put(after, 'a', 'other');
    expect(headers['etag']).not.toBe(lostVersion);
    expect(await follow(after, common)).toMatchObject({ status: 200 });
    expect((await follow(after, ahead)).status).toBe(isLost ? 410 : 200);
    await expectConsistent(after.database);
  });
});

describe('a copied folder', () => {
  it('is declared as restored: versions jump, and later numbers are gone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'creneau-restored-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const before = await serve({ data: folder });
    await put(before, 'a', 'kept');
    const common = await latest(before);
    await before.close();
    const { code, out } = await run(['restored', '--data', folder]);
    expect([code, out]).toEqual([0, expect.stringContaining('Base déclarée restaurée')]);
    const after = await serve({ data: folder });
    const { headers } = await put(after, 'a', 'other');
    expect(Number(/\d+/.exec(headers['etag']!)![0])).toBeGreaterThan(1000);
    expect((await follow(after, common)).ids).toEqual(['a']);
    expect((await follow(after, String(Number(common) + 1))).status).toBe(410);
  });
});

/** A weak ETag with the version after this one. */
const next = (etag: string): string => etag.replace(/\d+/, (version) => String(Number(version) + 1));

/** So that transaction numbers of this cluster lie in the future of a new one. */
async function burnTransactions(own: OwnPostgres, count: number): Promise<void> {
  await own.sql('BEGIN; SELECT pg_current_xact_id(); COMMIT;'.repeat(count));
}
