/**
 * The condition that a search adds for a person, row by row: rows that only older programs leave (an appointment
 * without agendas in the history), and those that tests of whole requests never meet.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { fixtureOf, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
const MINE = { agendas: ['vasseur-paris'], actors: ['PractitionerRole/vasseur-paris'], practice: [] };
const OTHERS = { agendas: ['delorme-paris'], actors: ['PractitionerRole/delorme-paris'], practice: [] };
/** Each test has an appointment and a patient of its own. */
let visit: string;
let visitor: string;
let tests = 0;

beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
});
afterAll(() => test.close());
beforeEach(async () => {
  const n = tests++;
  [visit, visitor] = [`visit-${n}`, `visitor-${n}`];
  const { identifier: _, ...alice } = fixtureOf('alice');
  await test.request('PUT', `Patient/${visitor}`, { ...alice, id: visitor });
  const { status } = await test.request('PUT', `Appointment/${visit}`, {
    ...{ resourceType: 'Appointment', id: visit, status: 'booked' },
    // A Thursday for each.
    start: new Date(Date.parse('2026-12-03T08:00:00+01:00') + n * 7 * 86_400_000).toISOString(),
    end: new Date(Date.parse('2026-12-03T08:15:00+01:00') + n * 7 * 86_400_000).toISOString(),
    participant: ['PractitionerRole/vasseur-paris', `Patient/${visitor}`].map((reference) => ({
      actor: { reference },
      status: 'accepted',
    })),
  });
  expect(status).toBe(201);
});

/** Whether the person sees the appointment, and the patient. */
async function seen(person: typeof MINE): Promise<[boolean, boolean]> {
  const { reader } = test.server.backend.repository;
  const found = async (type: string): Promise<string[]> =>
    (await reader.search(type, [], { count: 100, readScope: { person } })).rows.map(({ id }) => id);
  return [(await found('Appointment')).includes(visit), (await found('Patient')).includes(visitor)];
}

it('an appointment is of its agendas', async () => {
  expect([await seen(MINE), await seen(OTHERS)]).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('an appointment of which the history names no agendas is of its actors', async () => {
  await test.sql(`UPDATE history SET agendas = NULL WHERE id = $1`, [visit]);
  expect([await seen(MINE), await seen(OTHERS)]).toEqual([
    [true, true],
    [false, false],
  ]);
});

it('an appointment with neither is of nobody', async () => {
  await test.sql(`UPDATE history SET agendas = NULL WHERE id = $1`, [visit]);
  await test.sql(`UPDATE appointment SET actor = NULL WHERE id = $1`, [visit]);
  expect([await seen(MINE), await seen(OTHERS)]).toEqual([
    [false, false],
    [false, false],
  ]);
});

it('the agendas of another resource with its id are not its own', async () => {
  await test.sql(
    `INSERT INTO history (type, id, version, method, at, body, agendas)
     VALUES ('Slot', $1, 1, 'PUT', now(), '{}', '{delorme-paris}')`,
    [visit],
  );
  expect(await seen(OTHERS)).toEqual([false, false]);
});

it('an appointment that was deleted shows its patient no longer', async () => {
  expect((await test.request('DELETE', `Appointment/${visit}`)).status).toBeLessThan(300);
  expect(await seen(MINE)).toEqual([false, false]);
});
