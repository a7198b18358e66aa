/**
 * `Idempotency-Key` on POST: a request that is sent again is done once, whoever is asked again and whatever has died in
 * between. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { ALICE, bookingOf, freeSlots, loadFixture, tally } from './fixture.ts';
import { call, isEmbedded, NOW, type Reply, startTestServer, type TestServer, testConfig } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());

let last = 0;
const freshKey = (): string => `"key-${++last}"`;
const post = (path: string, body: Json, key: string, headers: Record<string, string> = {}): Promise<Reply> =>
  test.request('POST', path, body, { 'Idempotency-Key': key, ...headers });
const patient = (value: string): Json => ({ resourceType: 'Patient', identifier: [{ system: 'urn:key', value }] });
const count = async (value: string): Promise<number> =>
  (await test.request('GET', `Patient?identifier=urn:key|${value}`)).json.total;
const seenBy = ({ status, text, headers }: Reply): unknown => [status, text, headers['location'], headers['etag']];

describe('a request with an idempotency key', () => {
  it('gets the stored answer when it is sent again', async () => {
    const key = freshKey();
    const first = await post('Patient', patient('again'), key);
    expect(first.status).toBe(201);
    expect(seenBy(await post('Patient', patient('again'), key))).toEqual(seenBy(first));
    expect(await count('again')).toBe(1);
    const bare = await post('Patient', patient('again'), key.replaceAll('"', ''));
    expect(seenBy(bare)).toEqual(seenBy(first));
  });

  it('gets it in the format that it asks for', async () => {
    const key = freshKey();
    await post('Patient', patient('xml'), key);
    const again = await post('Patient', patient('xml'), key, { Accept: 'application/fhir+xml' });
    expect([again.status, again.text]).toEqual([201, expect.stringContaining('<Patient xmlns=')]);
  });

  it('books a slot once, of 20 requests at once: the others get 409 or the answer', async () => {
    const [slot] = await freeSlots(test, 'schedule=vaccins');
    const key = freshKey();
    const replies = await Promise.all(Array.from({ length: 20 }, () => post('Appointment', bookingOf(slot.id), key)));
    const { 201: done, 409: waiting = 0, ...others } = tally(replies);
    expect([others, done! + waiting]).toEqual([{}, 20]);
    expect(done).toBeGreaterThan(0);
    const ids = new Set(replies.filter(({ status }) => status === 201).map(({ json }) => json.id));
    expect(ids.size).toBe(1);
    expect((await post('Appointment', bookingOf(slot.id), key)).json.id).toBe([...ids][0]);
  });

  it('does a transaction and an operation once', async () => {
    const bundle = (value: string): Json => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: patient(value), request: { method: 'POST', url: 'Patient' } }],
    });
    const key = freshKey();
    const first = await post('', bundle('bundle'), key);
    expect(first.status).toBe(200);
    expect(seenBy(await post('', bundle('bundle'), key))).toEqual(seenBy(first));
    expect(await count('bundle')).toBe(1);
    const found = await test.request(
      'GET',
      'Appointment/$find?practitioner=Practitioner/vasseur&start=2026-11-26&_count=1',
    );
    const reference = `Appointment/${found.json.entry[0].resource.id}`;
    const hold = {
      resourceType: 'Parameters',
      parameter: [{ name: 'appointment-reference', valueReference: { reference } }],
    };
    const holdKey = freshKey();
    const held = await post('Appointment/$hold', hold, holdKey);
    expect(held.status).toBeLessThan(300);
    expect(seenBy(await post('Appointment/$hold', hold, holdKey))).toEqual(seenBy(held));
  });

  it('is refused as 422 when the key was used for something else', async () => {
    const key = freshKey();
    await post('Patient', patient('one'), key);
    for (const reply of [
      await post('Patient', patient('two'), key),
      await post('Practitioner', { resourceType: 'Practitioner' }, key),
    ])
      expect([reply.status, reply.json.issue[0].expression]).toEqual([422, ['http.Idempotency-Key']]);
    expect(await count('two')).toBe(0);
  });

  it('that was refused may be sent again', async () => {
    const key = freshKey();
    const wrong = { resourceType: 'Appointment', status: 'booked', participant: [ALICE] };
    const refused = await post('Appointment', wrong, key);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect((await post('Appointment', wrong, key)).status).toBe(refused.status);
  });

  it.each(['""', 'x'.repeat(256), 'a b'])('is refused as 400 when the key is %s', async (key) => {
    const reply = await post('Patient', patient('malformed'), key);
    expect([reply.status, reply.json.issue[0].code]).toEqual([400, 'value']);
  });

  it('is new again after a day', async () => {
    const key = freshKey();
    await post('Patient', patient('day'), key);
    await test.sql(`UPDATE idempotency SET at = at - interval '25 hours' WHERE key = $1`, [key.replaceAll('"', '')]);
    expect((await post('Patient', patient('day'), key)).status).toBe(201);
    expect(await count('day')).toBe(2);
  });
});

describe('a process that died in the middle', () => {
  /** As a process leaves it that has died: no answer, and a holder that is nobody. */
  const forgetAnswer = (key: string, committed: boolean): Promise<unknown> =>
    test.sql(
      `UPDATE idempotency SET status = NULL, headers = NULL, body = NULL, holder = 2000000000
         ${committed ? '' : ", committed = '{}'"} WHERE key = $1`,
      [key.replaceAll('"', '')],
    );

  it('after the commit: what it created is answered', async () => {
    const key = freshKey();
    const first = await post('Patient', patient('died'), key);
    await forgetAnswer(key, true);
    const again = await post('Patient', patient('died'), key);
    expect(seenBy(again)).toEqual(seenBy(first));
    expect(await count('died')).toBe(1);
  });

  it('before the commit: the next one does it, and a commit that comes late is refused', async () => {
    const key = freshKey();
    await post('Patient', patient('taken over'), key);
    await forgetAnswer(key, false);
    expect((await post('Patient', patient('taken over'), key)).status).toBe(201);
    const [row] = await test.sql<{ attempt: number }>('SELECT attempt FROM idempotency WHERE key = $1', [
      key.replaceAll('"', ''),
    ]);
    expect(row!.attempt).toBe(2);
    const late = test.server.backend.create(
      {
        ...{ now: NOW, requestId: 'late', caller: 'anonymous', roles: ['*'], strict: false, base: test.base },
        idempotency: { caller: 'anonymous', key: key.replaceAll('"', ''), attempt: 1 },
      },
      patient('late'),
    );
    await expect(late).rejects.toMatchObject({ code: 'transient' });
    expect(await count('late')).toBe(0);
  });

  it('after the commit of a Bundle: the versions are named, and nothing is done again', async () => {
    const key = freshKey();
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: patient('lost'), request: { method: 'POST', url: 'Patient' } }],
    };
    await post('', bundle, key);
    await forgetAnswer(key, true);
    const again = await post('', bundle, key);
    expect([again.status, again.json.issue[0].diagnostics]).toEqual([409, expect.stringMatching(/Patient\/.*\/1/)]);
    expect(await count('lost')).toBe(1);
  });

  it.skipIf(isEmbedded)('is not taken for one that lives: another server answers 409', async () => {
    const other = await startAgenda(testConfig(test.databaseUrl), () => NOW);
    try {
      const key = freshKey();
      const first = await post('Patient', patient('lives'), key);
      await test.sql('UPDATE idempotency SET status = NULL WHERE key = $1', [key.replaceAll('"', '')]);
      const elsewhere = await call(`${other.url}/fhir/Patient`, 'POST', patient('lives'), { 'Idempotency-Key': key });
      expect([elsewhere.status, elsewhere.json.issue[0].code]).toEqual([409, 'conflict']);
      // The server itself knows that it no longer works on it.
      expect(seenBy(await post('Patient', patient('lives'), key))).toEqual(seenBy(first));
    } finally {
      await other.close();
    }
  });
});
