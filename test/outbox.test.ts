/** The outbox and its relay, on both databases: order, leases, growing delays, refusals that hold nobody up, replay. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { PRESENCE } from '../src/store/engine/database.ts';
import { Outbox, type OutboxItem } from '../src/store/delivery/outbox.ts';
import { type Delivery, growingDelay, startRelay } from '../src/store/delivery/relay.ts';
import { openServer } from '../src/store/engine/server.ts';
import { Unit } from '../src/store/write/unit.ts';
import { isEmbedded, startTestServer, type TestServer } from './harness.ts';
import { eventually } from './receiver.ts';

let test: TestServer;
let outbox: Outbox;

beforeAll(async () => {
  test = await startTestServer();
  outbox = new Outbox(test.server.database);
});
afterAll(() => test.close());
beforeEach(() => test.reset());

async function send(
  ...messages: [destination: string, key: string, payload: string, notBefore?: number][]
): Promise<void> {
  for (const [destination, orderingKey, payload, notBefore] of messages) {
    const unit = new Unit();
    unit.send({ destination, orderingKey, payload, ...(notBefore === undefined ? {} : { notBefore }) });
    expect(await unit.commit(test.server.database)).toEqual({ ok: true });
  }
}

/** Carries everything until `until` holds; gives back what was delivered, in order. */
async function carry(
  deliver: (item: OutboxItem) => Promise<Delivery>,
  until: (done: string[]) => boolean,
  delayMs = (): number => 5,
): Promise<string[]> {
  const done: string[] = [];
  const relay = startRelay({
    outbox,
    destination: 'test:%',
    log: test.server.log,
    pollMs: 20,
    delayMs,
    deliver: async (item) => {
      const delivery = await deliver(item);
      if (delivery.outcome === 'delivered') done.push(item.payload);
      return delivery;
    },
  });
  for (let i = 0; i < 500 && !until(done); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  await relay.close();
  return done;
}

it('keeps the order of a key, whatever fails on the way, and does not hold up other keys', async () => {
  await send(
    ['test:a', 'k1', '1'],
    ['test:a', 'k1', '2'],
    ['test:a', 'k2', 'x'],
    ['test:a', 'k1', '3'],
    ['other', 'k1', 'not ours'],
  );
  let refused = 0;
  const done = await carry(
    async ({ payload }) =>
      payload === '1' && refused++ < 3 ? { outcome: 'retry', reason: 'busy' } : { outcome: 'delivered' },
    (all) => all.length === 4,
  );
  expect(done.filter((payload) => payload !== 'x')).toEqual(['1', '2', '3']);
  expect(done[0]).toBe('x');
  expect((await outbox.list({ state: 'waiting' })).map((message) => message.payload)).toEqual(['not ours']);
  expect(
    (await outbox.list({ destination: 'test:a', state: 'delivered' })).find((message) => message.payload === '1'),
  ).toMatchObject({ attempts: 4 });
});

it('keeps a refused message, goes on with the next, and replays it on demand', async () => {
  await send(['test:a', 'k', 'bad'], ['test:a', 'k', 'good']);
  let isMended = false;
  const deliver = async ({ payload }: OutboxItem): Promise<Delivery> =>
    payload === 'bad' && !isMended ? { outcome: 'failed', reason: '422 no such account' } : { outcome: 'delivered' };
  expect(await carry(deliver, (all) => all.length === 1)).toEqual(['good']);
  const [failed] = await outbox.list({ state: 'failed' });
  expect(failed).toMatchObject({ payload: 'bad', lastError: '422 no such account', state: 'failed' });
  isMended = true;
  expect(await outbox.replay('test:a', [failed!.id])).toBe(1);
  expect(await carry(deliver, (all) => all.length === 1)).toEqual(['bad']);
  expect(await outbox.counts()).toEqual([{ destination: 'test:a', waiting: 0, failed: 0, delivered: 2 }]);
});

it('lends a due message to one borrower, and to another when the first is gone', async () => {
  await send(['test:a', 'k', 'now'], ['test:a', 'later', 'in an hour', Date.now() + 3_600_000]);
  expect((await outbox.take('test:%', 10, 200)).map((message) => message.payload)).toEqual(['now']);
  expect(await outbox.take('test:%', 10, 200)).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(await outbox.take('test:%', 10, 200)).toMatchObject([{ payload: 'now', attempts: 2 }]);
  expect(await outbox.nextDue('test:%')).toBeLessThan(Date.now() + 3_600_000);
});

it('messages of a dead process go out long before its lease ends; a living process keeps its own', async () => {
  await send(['test:a', 'k', '1'], ['test:a', 'k', '2']);
  const other = isEmbedded ? undefined : openServer(test.databaseUrl!, { connections: 1 });
  const first = await new Outbox(other ?? test.server.database).take('test:%', 10, 60_000);
  expect(first.map((message) => message.payload)).toEqual(['1']);
  // In the embedded database another number is that of a process before this one.
  if (other === undefined) await test.sql('UPDATE outbox SET holder = holder - 1 WHERE holder IS NOT NULL');
  else {
    await outbox.giveBack('test:%', 60_000, 0);
    expect(await outbox.take('test:%', 10, 60_000)).toEqual([]);
    await other.close();
  }
  const again = async (): Promise<OutboxItem[]> => {
    await outbox.giveBack('test:%', 60_000, 700);
    return outbox.take('test:%', 10, 60_000);
  };
  const since = Date.now();
  const found = await eventually(again, (items) => items.length > 0);
  expect(found).toMatchObject([{ payload: '1', attempts: 2 }]);
  expect(Date.now() - since).toBeLessThan(30_000);
  expect(found[0]!.nextAttemptAt - 60_000 - (first[0]!.nextAttemptAt - 60_000)).toBeGreaterThanOrEqual(700);
  // It is in the hands of this process now.
  expect(await again()).toEqual([]);
});

it('a process keeps its number when it loses the connection that held it', { skip: isEmbedded }, async () => {
  const { database } = test.server;
  const number = await database.presence();
  const holds = async (): Promise<boolean> =>
    (
      await test.sql(
        `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 ` +
          'AND database = (SELECT oid FROM pg_database WHERE datname = current_database())',
        [PRESENCE, number],
      )
    ).length > 0;
  expect(await holds()).toBe(true);
  await test.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2`,
    [PRESENCE, number],
  );
  expect(
    await eventually(
      async () => ((await database.presence()) === number ? holds() : false),
      (held) => held,
    ),
  ).toBe(true);
});

it('two relays never carry one message twice', async () => {
  await send(...Array.from({ length: 60 }, (_, i): [string, string, string] => ['test:a', `k${i % 7}`, String(i)]));
  const seen: string[] = [];
  const deliver = async ({ payload }: OutboxItem): Promise<Delivery> => {
    seen.push(payload);
    return { outcome: 'delivered' };
  };
  await Promise.all([carry(deliver, () => seen.length >= 60), carry(deliver, () => seen.length >= 60)]);
  expect(seen.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  for (let key = 0; key < 7; key++)
    expect(seen.filter((payload) => Number(payload) % 7 === key)).toEqual(
      seen.filter((payload) => Number(payload) % 7 === key).sort((a, b) => Number(a) - Number(b)),
    );
});

it('comes back within 5 s the first time, and never waits longer than 5 min', () => {
  const delays = Array.from({ length: 40 }, (_, i) => growingDelay(i + 1));
  expect(delays[0]).toBeLessThanOrEqual(5000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(300_000);
  expect(delays[20]).toBeGreaterThan(250_000);
});

it('operators list and replay messages of every destination over HTTP, without their content', async () => {
  await send(['test:a', 'k', 'secret'], ['test:a', 'k', 'secret'], ['test:b', 'k', 'secret']);
  const [first, second] = (await outbox.list({ destination: 'test:a' })).reverse();
  await outbox.failed(first!.id, 'refused: 422');
  await outbox.delivered(second!.id);
  const all = await test.request('GET', '$outbox');
  expect(all.status).toBe(200);
  expect(all.text).not.toContain('secret');
  const part = (parameter: Json): Json =>
    Object.fromEntries(
      parameter.part.map((value: Json) => [value.name, value.valueString ?? value.valueInteger ?? value.valueInstant]),
    );
  const named = (reply: Json, name: string): Json[] =>
    (reply.parameter ?? []).filter((parameter: Json) => parameter.name === name).map(part);
  expect(named(all.json, 'destination')).toEqual([
    { name: 'test:a', waiting: 0, failed: 1, delivered: 1 },
    { name: 'test:b', waiting: 1, failed: 0, delivered: 0 },
  ]);
  expect(
    named(all.json, 'item').map((message) => [
      message.id,
      message.destination,
      message.key,
      message.state,
      message.error,
    ]),
  ).toEqual([
    ['3', 'test:b', 'k', 'waiting', undefined],
    ['2', 'test:a', 'k', 'delivered', undefined],
    ['1', 'test:a', 'k', 'failed', 'refused: 422'],
  ]);
  const page = await test.request('GET', '$outbox?destination=test:a&_count=1');
  expect(named(page.json, 'item').map((message) => message.id)).toEqual(['2']);
  const next = page.json.parameter.find((parameter: Json) => parameter.name === 'next').valueString;
  expect(
    named((await test.request('GET', `$outbox?destination=test:a&before=${next}`)).json, 'item').map(
      (message) => message.id,
    ),
  ).toEqual(['1']);
  expect(named((await test.request('GET', '$outbox?state=failed')).json, 'item').map((message) => message.id)).toEqual([
    '1',
  ]);

  const retry = (...parameter: Json[]): Promise<Json> =>
    test
      .request('POST', '$outbox-retry', { resourceType: 'Parameters', parameter })
      .then(({ status, json }) => [status, json.parameter?.[0]?.valueInteger ?? json.issue[0].code]);
  expect(await retry({ name: 'id', valueString: '2' })).toEqual([200, 0]);
  expect(await retry({ name: 'destination', valueString: 'test:b' })).toEqual([200, 0]);
  expect(await retry({ name: 'destination', valueString: 'test:a' })).toEqual([200, 1]);
  expect(await outbox.list({ state: 'failed' })).toEqual([]);
  expect(await retry({ name: 'other', valueString: 'x' })).toEqual([400, 'required']);
  expect(await retry({ name: 'id', valueString: 'x' })).toEqual([400, 'value']);
  expect((await test.request('GET', '$outbox?state=lost')).status).toBe(400);
  expect((await test.request('GET', '$outbox?_count=0')).status).toBe(400);
  expect((await test.request('GET', '$outbox-retry')).status).toBe(405);
});

it('holds nobody up who waits behind 30 destinations that hang', async () => {
  const hanging = Array.from({ length: 30 }, (_, i) => [`test:hangs-${i}`, 'k', 'hangs'] as [string, string, string]);
  await send(...hanging, ['test:good', 'k', 'good']);
  let release: (delivery: Delivery) => void = () => {};
  const released = new Promise<Delivery>((resolve) => (release = resolve));
  const begun = performance.now();
  let waitedMs = 0;
  await carry(
    ({ payload }) => {
      if (payload === 'hangs') return released;
      waitedMs = performance.now() - begun;
      release({ outcome: 'delivered' });
      return Promise.resolve({ outcome: 'delivered' });
    },
    (done) => done.includes('good'),
  );
  expect(waitedMs).toBeGreaterThan(0);
  expect(waitedMs).toBeLessThan(8000);
});

it('tries a destination that fails again and again with one message at a time', async () => {
  const keys = Array.from({ length: 12 }, (_, i) => ['test:bad', `k${i}`, 'bad'] as [string, string, string]);
  await send(...keys);
  let attempts = 0;
  let underWay = 0;
  let most = 0;
  const done = await carry(
    async () => {
      attempts++;
      underWay++;
      if (attempts > 12 && attempts < 20) most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay--;
      return attempts < 20 ? { outcome: 'retry', reason: 'away' } : { outcome: 'delivered' };
    },
    (list) => list.length === 12,
    () => 30,
  );
  expect([done.length, most]).toEqual([12, 1]);
});

it('gives a delivery up that has not ended with its lease', async () => {
  await send(['test:a', 'k', 'x']);
  let attempts = 0;
  const relay = startRelay({
    ...{ outbox, destination: 'test:%', log: test.server.log, pollMs: 20, delayMs: () => 5, leaseMs: 200 },
    deliver: () => (++attempts === 1 ? new Promise(() => {}) : Promise.resolve({ outcome: 'delivered' })),
  });
  await eventually(
    () => outbox.list({ state: 'delivered' }),
    (list) => list.length === 1,
  );
  await relay.close();
  // A busy machine may need more than one lease to note the delivery.
  expect(attempts).toBeGreaterThanOrEqual(2);
});
