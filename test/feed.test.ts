/** The change feed, on both databases: no gaps under many writers, by agenda, kept for a time, as an event stream. */
import { get } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { call, isEmbedded, NOW, startTestServer, type TestServer, testConfig } from './harness.ts';
import { startProcess } from './process.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await loadFixture(test.base);
});

const seqOf = (entry: Json): number =>
  Number(entry.extension.find((extension: Json) => extension.url === 'urn:creneau:fhir:seq').valueString);
const nameOf = (entry: Json): string =>
  `${entry.fullUrl.split('/').slice(-2).join('/')}@${/\d+/.exec(entry.response.etag)![0]}`;
const monitor = (bundle: Json): number =>
  Number(/_after=(\d+)/.exec(bundle.link.find((link: Json) => link.relation === 'monitor').url)![1]);

/** A correct reader: handles a page, stores the last number, asks again, until `ended` and nothing more comes. */
async function followFeed(
  path: string,
  after: number,
  count: () => number,
  ended: () => boolean,
): Promise<{ seq: number; name: string }[]> {
  const handled: { seq: number; name: string }[] = [];
  for (;;) {
    const isLast = ended();
    const { status, json } = await test.request('GET', `${path}_after=${after}&_count=${count()}`);
    expect(status).toBe(200);
    for (const entry of json.entry ?? []) handled.push({ seq: seqOf(entry), name: nameOf(entry) });
    after = monitor(json);
    if ((json.entry ?? []).length > 0) expect(after).toBeGreaterThanOrEqual(handled.at(-1)!.seq);
    else if (isLast) return handled;
  }
}

/** Free slots that do not overlap. */
async function slotsOf(schedule: string): Promise<string[]> {
  let end = '';
  return (await freeSlots(test, `start=ge2026-11-25&start=lt2026-12-11&schedule=${schedule}`)).flatMap((slot) => {
    if (slot.start < end) return [];
    end = slot.end;
    return [slot.id];
  });
}

const book = (base: string, slot: string): Promise<unknown> => call(`${base}/Appointment`, 'POST', bookingOf(slot));

it('a reader that stores the last number misses nothing and reads nothing twice while many write', async () => {
  const second = isEmbedded ? undefined : await startAgenda(testConfig(test.databaseUrl), () => test.clock.now);
  const bases = [test.base, second === undefined ? test.base : `${second.url}/fhir`];
  const start = monitor((await test.request('GET', '_history?_after=latest')).json);
  const slots = await slotsOf('vasseur-paris');
  let writing = true;
  const writers = Array.from({ length: 12 }, async (_, w) => {
    for (let i = 0; i < 6; i++) {
      const base = bases[(w + i) % 2]!;
      // Half of the bookings conflict and are refused: a rolled-back commit leaves no gap.
      if (w % 3 === 0) await book(base, slots[(w * 3 + i) % 18]!);
      else if (w % 3 === 1)
        await call(`${base}/Patient/p${i % 3}`, 'PUT', {
          resourceType: 'Patient',
          id: `p${i % 3}`,
          name: [{ family: `W${w}N${i}` }],
        });
      else {
        const entry = [1, 2, 3].map((n) => ({
          request: { method: 'PUT', url: `Organization/o${n}` },
          resource: { resourceType: 'Organization', id: `o${n}`, name: `${w} ${i}` },
        }));
        await call(base, 'POST', { resourceType: 'Bundle', type: 'transaction', entry });
      }
    }
  });
  const followers = [1, 7, 50].map((count) =>
    followFeed(
      '_history?',
      start,
      () => 1 + Math.floor(Math.random() * count),
      () => !writing,
    ),
  );
  const ofAgenda = followFeed(
    '_history?schedule=Schedule/vasseur-paris&',
    start,
    () => 5,
    () => !writing,
  );
  await Promise.all(writers);
  writing = false;
  const all = await Promise.all(followers);
  const written = await test.sql<{ name: string; n: number }>(
    `SELECT type || '/' || id || '@' || version AS name FROM history ORDER BY n`,
  );
  for (const handled of all) {
    expect(handled.map((item) => item.seq)).toEqual(handled.map((_, i) => start + 1 + i));
    expect(handled.map((item) => item.name).sort()).toEqual(
      written
        .slice(start)
        .map((item) => item.name)
        .sort(),
    );
    const versions = new Map<string, number>();
    for (const { name } of handled) {
      const [id = '', version] = name.split('@');
      expect(Number(version)).toBeGreaterThan(versions.get(id) ?? 0);
      versions.set(id, Number(version));
    }
  }
  const booked = all[0]!.filter((item) => item.name.startsWith('Appointment/'));
  expect(booked.length).toBeGreaterThan(5);
  expect(await ofAgenda).toEqual(booked);
  await second?.close();
}, 180_000);

it('the feed of an agenda has its Schedule, its explicit slots, and its appointments until they leave it', async () => {
  const after = monitor((await test.request('GET', '_history?_after=latest')).json);
  const [slot] = await slotsOf('vasseur-paris');
  const { json: booked } = await test.request('POST', 'Appointment', bookingOf(slot!));
  await test.request('PUT', 'Patient/alice', { resourceType: 'Patient', id: 'alice', name: [{ family: 'Autre' }] });
  await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'cancelled' });
  await test.request('PUT', `Appointment/${booked.id}`, { ...booked, status: 'cancelled', comment: 'par téléphone' });
  await test.request('DELETE', `Appointment/${booked.id}`);
  await test.request('PUT', 'Slot/ferme', {
    resourceType: 'Slot',
    id: 'ferme',
    schedule: { reference: 'Schedule/vasseur-paris' },
    status: 'busy-unavailable',
    start: '2026-12-01T09:00:00+01:00',
    end: '2026-12-01T10:00:00+01:00',
  });
  await test.request('POST', 'Appointment', bookingOf((await slotsOf('vasseur-lyon'))[0]!));
  const { json } = await test.request('GET', `_history?schedule=Schedule/vasseur-paris&_after=${after}`);
  expect(json.entry.map((entry: Json) => `${entry.request.method} ${nameOf(entry)}`)).toEqual(
    [1, 2, 3, 4]
      .map((v) => `${['POST', 'PUT', 'PUT', 'DELETE'][v - 1]} Appointment/${booked.id}@${v}`)
      .concat('PUT Slot/ferme@1'),
  );
  const typed = await test.request('GET', `Slot/_history?schedule=vasseur-paris&_after=${after}`);
  expect(typed.json.entry.map(nameOf)).toEqual(['Slot/ferme@1']);
  const instance = await test.request('GET', `Appointment/${booked.id}/_history?_after=${after}&_count=3`);
  expect(instance.json.entry.map(nameOf)).toEqual([1, 2, 3].map((v) => `Appointment/${booked.id}@${v}`));
  const newest = await test.request('GET', `Appointment/_history?schedule=Schedule/vasseur-paris&_since=2026-11-01`);
  expect(newest.json.entry.map(nameOf)).toEqual([4, 3, 2, 1].map((v) => `Appointment/${booked.id}@${v}`));
});

it.skipIf(isEmbedded)(
  'a commit under way holds back later numbers; a commit in another database does not',
  async () => {
    const start = monitor((await test.request('GET', '_history?_after=latest')).json);
    const open = async (url: string): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('BEGIN');
      return client;
    };
    const foreign = await open(process.env['CRENEAU_TEST_DATABASE']!);
    await foreign.query('SELECT pg_current_xact_id()');
    await test.request('PUT', 'Patient/p1', { resourceType: 'Patient', id: 'p1' });
    const slow = await open(test.databaseUrl!);
    await slow.query(
      'INSERT INTO history (type, id, version, method, at, body) ' +
        `VALUES ('Patient', 'slow', 1, 'PUT', now(), '{"resourceType":"Patient","id":"slow"}')`,
    );
    await test.request('PUT', 'Patient/p2', { resourceType: 'Patient', id: 'p2' });
    const names = async (): Promise<string[]> =>
      ((await test.request('GET', `_history?_after=${start}`)).json.entry ?? []).map((entry: Json) => nameOf(entry));
    expect(await names()).toEqual(['Patient/p1@1']);
    await slow.query('COMMIT');
    expect(await names()).toEqual(['Patient/p1@1', 'Patient/slow@1', 'Patient/p2@1']);
    await slow.end();
    await foreign.query('ROLLBACK');
    await foreign.end();
  },
);

it('an expired number, or one that was never assigned, gets 410 and how to start again', async () => {
  const last = monitor((await test.request('GET', '_history?_after=latest')).json);
  test.clock.now += 100 * 86_400_000;
  await test.request('PUT', 'Patient/new', { resourceType: 'Patient', id: 'new' });
  await test.server.backend.feed.number();
  await test.server.backend.feed.drop(NOW + 86_400_000);
  const stale = await test.request('GET', `_history?_after=${last - 1}`);
  expect([stale.status, stale.json.issue[0].code]).toEqual([410, 'deleted']);
  expect(stale.json.issue[0].diagnostics).toContain('_history?_after=latest');
  const kept = await test.request('GET', `_history?_after=${last}`);
  expect(kept.json.entry.map(nameOf)).toEqual(['Patient/new@1']);
  expect((await test.request('GET', `_history?_after=${last + 2}`)).status).toBe(410);
  expect(
    (await test.request('GET', `$events?_after=${last - 1}`, undefined, { accept: 'text/event-stream' })).status,
  ).toBe(410);
  expect((await test.request('GET', '_history?_after=hier')).status).toBe(400);
  expect((await test.request('GET', '_history?_after=3&_since=2026-11-01')).status).toBe(400);
  // The versions themselves are still readable.
  expect((await test.request('GET', 'Schedule/vasseur-paris/_history')).json.total).toBe(1);
});

interface Told {
  id: number;
  data: Json;
  /** When it arrived, epoch milliseconds. */
  at: number;
}

/** Listens until `most` events have come, or `ms` have passed. */
function listen(
  base: string,
  query: string,
  headers: Record<string, string>,
  most: number,
  ms = 20_000,
): { opened: Promise<void>; events: Promise<Told[]> } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  const events = new Promise<Told[]>((resolve, reject) => {
    const request = get(
      `${base}/$events${query}`,
      { headers: { accept: 'text/event-stream', ...headers } },
      (reply) => {
        let text = '';
        const told: Told[] = [];
        const end = (): void => {
          request.destroy();
          resolve(told);
        };
        const timer = setTimeout(end, ms);
        reply.on('error', () => {});
        reply.on('data', (chunk) => {
          text += chunk;
          open();
          for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
            const [, id, data] = /^event: change\nid: (\d+)\ndata: (.+)$/.exec(text.slice(0, at)) ?? [];
            if (id !== undefined) told.push({ id: Number(id), data: JSON.parse(data!), at: Date.now() });
            text = text.slice(at + 2);
          }
          if (told.length < most) return;
          clearTimeout(timer);
          end();
        });
      },
    );
    request.on('error', reject);
  });
  return { opened, events };
}

it('pages learn at once which resources and agendas changed, without patients, and resume', async () => {
  const [slot, next] = await slotsOf('vasseur-paris');
  const live = listen(test.base, '', {}, 2);
  await live.opened;
  await book(test.base, slot!);
  await test.request('PUT', 'Patient/alice', { resourceType: 'Patient', id: 'alice', name: [{ family: 'Secret' }] });
  const [first, second] = await live.events;
  expect(first!.data).toMatchObject({
    seq: first!.id,
    type: 'Appointment',
    version: 1,
    method: 'POST',
    schedule: ['Schedule/vasseur-paris'],
  });
  // The practitioner's other agenda loses free time too.
  expect(first!.data.availability).toEqual(['Schedule/vasseur-lyon', 'Schedule/vasseur-paris']);
  expect(second!.data).toMatchObject({
    seq: first!.id + 1,
    type: 'Patient',
    id: 'alice',
    version: 2,
    schedule: [],
    availability: [],
  });
  expect(JSON.stringify([first, second])).not.toContain('Secret');
  const other = isEmbedded ? undefined : await startAgenda(testConfig(test.databaseUrl), () => test.clock.now);
  const again = listen(test.base, '?schedule=Schedule/vasseur-paris', { 'last-event-id': String(first!.id - 1) }, 2);
  await again.opened;
  await book(other === undefined ? test.base : `${other.url}/fhir`, next!);
  const caught = await again.events;
  expect(caught.map((item) => item.id)).toEqual([first!.id, second!.id + 1]);
  await other?.close();
});

it.skipIf(isEmbedded)('pages hear within two seconds of writes by another process', async () => {
  const other = await startProcess(['agenda', '--log-level', 'silent'], { DATABASE_URL: test.databaseUrl! });
  try {
    const live = listen(test.base, '', {}, 3);
    await live.opened;
    const written: number[] = [];
    for (const i of [1, 2, 3]) {
      expect(
        (await call(`${other.url}/fhir/Patient/far-${i}`, 'PUT', { resourceType: 'Patient', id: `far-${i}` })).status,
      ).toBe(201);
      written.push(Date.now());
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    const events = await live.events;
    expect(events.map((event) => event.data.id)).toEqual(['far-1', 'far-2', 'far-3']);
    for (const [i, { at }] of events.entries()) expect(at - written[i]!).toBeLessThan(2000);
  } finally {
    await other.kill('SIGTERM');
  }
});
