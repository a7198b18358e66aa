/** `creneau check` finds each kind of damage, mends what can be mended, and says what is left. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../src/store/check/check-database.ts';
import { expectConsistent } from './consistency.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
/** A booked appointment. */
let id: string;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.reset();
  await loadFixture(test.base);
  const [slot, other] = await freeSlots(test, 'schedule=vasseur-paris');
  id = (await test.request('POST', 'Appointment', bookingOf(slot!.id))).json.id;
  await test.request('POST', 'Appointment', bookingOf(other!.id));
  await test.server.backend.feed.number();
  await expectConsistent(test.server.database);
});

const names = async (repair = false): Promise<Record<string, [string[], string[]]>> =>
  Object.fromEntries(
    (await checkDatabase(test.server.database, { repair })).map(({ check, found, left }) => [
      check.name,
      [found, left],
    ]),
  );

/** The damage to the database, and the report of the check. `$1` is the appointment. */
const MENDED: readonly [string, string, readonly string[]][] = [
  [
    'a row behind its history, as a refill without a guard left it',
    `INSERT INTO history (type, id, version, method, at, body, agendas)
     SELECT type, id, 2, 'PUT', at,
       replace(replace(body, '"versionId":"1"', '"versionId":"2"'), '"status":"booked"', '"status":"cancelled"'),
       agendas
     FROM history WHERE type = 'Appointment' AND id = $1`,
    ['current'],
  ],
  ['an appointment without time', 'DELETE FROM busy WHERE appointment = $1', ['time']],
  ['time on one resource only', `DELETE FROM busy WHERE appointment = $1 AND resource LIKE 'Schedule/%'`, ['time']],
  [
    'another time',
    `UPDATE busy SET period = tstzrange(lower(period) + interval '30 days', upper(period) + interval '30 days')
     WHERE appointment = $1`,
    ['time'],
  ],
  [
    'time of nobody',
    `INSERT INTO busy (resource, lane, period, appointment, schedule)
     VALUES ('Schedule/x', 0, '[2030-01-01,2030-01-02)', 'gone' || left($1, 0), 'x')`,
    ['time'],
  ],
  [
    'the content of an attachment that is gone',
    "INSERT INTO binary_content (id, appointment, octets) VALUES ('gone', $1, 'x')",
    ['left contents'],
  ],
  [
    'a key of nobody',
    `INSERT INTO business_key (type, system, value, id) VALUES ('Patient', 'urn:x', '1', 'gone' || left($1, 0))`,
    ['keys'],
  ],
  [
    'a version without number',
    `WITH gone AS (DELETE FROM feed WHERE seq = (SELECT max(seq) FROM feed) AND $1 <> '')
     UPDATE feed_mark SET seq = seq - 1`,
    ['feed'],
  ],
  ['other search columns', `UPDATE appointment SET status = ARRAY['x'], date = NULL WHERE id = $1`, ['search']],
];

describe('creneau check', () => {
  it.each(MENDED)('finds and mends %s', async (_what, sql, found) => {
    await test.sql(sql, [id]);
    expect(Object.keys(await names())).toEqual(expect.arrayContaining([...found]));
    for (const [, left] of Object.values(await names(true))) expect(left).toEqual([]);
    await expectConsistent(test.server.database);
  });

  it('a mended row is the last version, and can be written again', async () => {
    await test.sql(MENDED[0]![1], [id]);
    await names(true);
    const { json } = await test.request('GET', `Appointment/${id}`);
    expect([json.status, json.meta.versionId]).toEqual(['cancelled', '2']);
    expect(await test.sql('SELECT 1 FROM busy WHERE appointment = $1', [id])).toEqual([]);
    const written = await test.request('PUT', `Appointment/${id}`, { ...json, comment: 'x' });
    expect([written.status, written.json.meta.versionId]).toEqual([200, '3']);
  });

  it('an agenda that took U+0000 from a calendar can be read and written again', async () => {
    const spoil = String.raw`replace(body, '"resourceType"', '"comment":"a\u0000b \ud83d c","resourceType"')`;
    await test.sql(`UPDATE schedule SET body = ${spoil} WHERE id = 'vasseur-paris'`);
    await test.sql(`UPDATE history SET body = ${spoil} WHERE type = 'Schedule' AND id = 'vasseur-paris'`);
    const { json } = await test.request('GET', 'Schedule/vasseur-paris');
    expect((await test.request('PUT', 'Schedule/vasseur-paris', { ...json, comment: 'x' })).status).not.toBe(200);
    expect((await names(true))['text']).toEqual([['Schedule/vasseur-paris'], []]);
    await expectConsistent(test.server.database);
    const mended = await test.request('GET', 'Schedule/vasseur-paris');
    expect(mended.json.comment).toBe('a\uFFFDb \uFFFD c');
    const written = await test.request('PUT', 'Schedule/vasseur-paris', { ...mended.json, comment: 'x' });
    expect(written.status).toBe(200);
  });

  it('an appointment whose time is no longer free is kept beside the others', async () => {
    const { json } = await test.request('GET', `Appointment/${id}`);
    await test.sql('DELETE FROM busy WHERE appointment = $1', [id]);
    expect((await test.request('POST', 'Appointment', { ...bookingOf('x'), slot: json.slot })).status).toBe(201);
    expect((await names(true))['time']).toEqual([[`Appointment/${id}`], []]);
    expect(await test.sql('SELECT DISTINCT lane FROM busy WHERE appointment = $1', [id])).toEqual([{ lane: null }]);
    await expectConsistent(test.server.database);
  });

  it('leaves a fault that only a person can decide, and says so', async () => {
    await test.sql(`UPDATE agenda SET version = version + 1 WHERE schedule = 'vasseur-paris'`);
    await test.sql(`DELETE FROM history WHERE type = 'Patient' AND id = 'alice'`);
    await test.sql(
      `INSERT INTO history (type, id, version, method, at, body)
       SELECT 'Patient', id, 2, 'PUT', now(), body FROM patient WHERE id = 'alice'`,
    );
    const found = await names(true);
    expect([found['agendas']![1], found['versions']![1]]).toEqual([['Schedule/vasseur-paris'], ['Patient/alice']]);
  });
});
