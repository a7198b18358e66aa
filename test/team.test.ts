/** An appointment of a team takes the members whom it names, wherever else they are booked. ADR 0022 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';
import { appointment, at, OVERBOOKING, patient, practitioner, role, schedule, slotOf } from './shared-agendas.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());

const put = async (...resources: Json[]): Promise<void> => {
  for (const resource of resources)
    expect((await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource)).status).toBeLessThan(300);
};
const RPPS = { system: 'https://rpps.esante.gouv.fr', value: '10003456789' };
const TEAM = ['Practitioner/anna', 'PractitionerRole/role-chloe', 'Practitioner/bruno'];
const person = (reference: string): Json => ({ actor: { reference }, status: 'accepted' });
const onSlot = (agenda: string, slot: number, participant: readonly Json[], more: Json = {}): Json => ({
  ...appointment(slot, [], more),
  slot: [{ reference: `Slot/${slotOf(agenda, slot)}` }],
  participant: [{ actor: { display: 'quelqu’un' }, status: 'accepted' }, ...participant],
});
const book = (agenda: string, slot: number, named: readonly string[] = [], more: Json = {}): Promise<Reply> =>
  test.request(
    'POST',
    'Appointment',
    onSlot(
      agenda,
      slot,
      named.map((reference) => person(reference)),
      more,
    ),
  );
const statusOf = async (reply: Promise<Reply>): Promise<number> => (await reply).status;
const isFree = async (agenda: string, slot: number): Promise<boolean> => {
  const { json } = await test.request('GET', `Slot?schedule=Schedule/${agenda}&status=free&_count=200`);
  return (json.entry ?? []).some(({ resource }: Json) => resource.start === at(slot));
};

beforeEach(async () => {
  await test.reset();
  test.clock.now = NOW;
  await put(
    { ...practitioner('anna'), identifier: [RPPS] },
    ...['bruno', 'chloe', 'dora'].map(practitioner),
    role('role-chloe', 'chloe'),
    patient('alice'),
    schedule('anna', ['Practitioner/anna']),
    schedule('chloe', ['Practitioner/chloe']),
    schedule('equipe', TEAM, { team: 3 }),
    schedule('nuit', ['Practitioner/anna', 'Practitioner/bruno'], { team: 2 }),
  );
});

it.each<[string, string, Json]>([
  ['in person', 'anna', person('Practitioner/anna')],
  ['by a role', 'chloe', person('PractitionerRole/role-chloe')],
  ['in person, though the team has the role', 'chloe', person('Practitioner/chloe')],
  ['by an identifier', 'anna', { actor: { type: 'Practitioner', identifier: RPPS }, status: 'accepted' }],
])('takes a member who is named %s, in any place of the team', async (_how, member, participant) => {
  expect(await statusOf(book('equipe', 1))).toBe(201);
  const { status, json } = await test.request('POST', 'Appointment', onSlot('equipe', 1, [participant]));
  expect(status).toBe(201);
  expect(await isFree(member, 1)).toBe(false);
  expect(await statusOf(book(member, 1, [`Practitioner/${member}`]))).toBe(409);
  const again = await test.request('POST', 'Appointment', onSlot('equipe', 1, [participant]));
  expect(again.status).toBe(409);
  expect(again.json.issue[0].details.text).toContain(`DR ${member}`);
  // Others of the team are free, and so is the member once the appointment is gone.
  expect(await statusOf(book('equipe', 1, ['Practitioner/bruno']))).toBe(201);
  expect((await test.request('DELETE', `Appointment/${json.id}`)).status).toBe(204);
  expect(await isFree(member, 1)).toBe(true);
  await expectConsistent(test.server.database);
});

it('refuses a member who is taken elsewhere, proposes times when both are free, and takes the others', async () => {
  await book('anna', 2);
  await book('anna', 3);
  const refused = await book('equipe', 2, ['Practitioner/anna']);
  expect([refused.status, refused.json.issue[0].code]).toEqual([409, 'conflict']);
  const proposed = refused.json.issue.slice(1).map(({ diagnostics }: Json) => diagnostics);
  expect(proposed).toHaveLength(3);
  for (const free of proposed) expect(free).not.toContain(at(3));
  expect(await statusOf(book('equipe', 2))).toBe(201);
  expect(await statusOf(book('equipe', 2, ['Practitioner/bruno']))).toBe(201);
});

it('takes a member once for two teams, also when they are asked at one moment', async () => {
  const asked = Array.from({ length: 12 }, (_, i) => book(i % 2 ? 'equipe' : 'nuit', 4, ['Practitioner/bruno']));
  const statuses = await Promise.all(asked.map(statusOf));
  expect(statuses.sort()).toEqual([201, ...Array.from({ length: 11 }, () => 409)]);
  await expectConsistent(test.server.database);
});

it('lets nobody book over a member whom an overbooking names', async () => {
  await book('anna', 1);
  expect(await statusOf(book('equipe', 1, ['Practitioner/anna'], OVERBOOKING))).toBe(201);
  const { json } = await test.request('GET', 'Appointment?actor=Practitioner/anna');
  expect(json.total).toBe(1);
  expect(await statusOf(book('nuit', 1, ['Practitioner/anna']))).toBe(409);
  expect(await statusOf(book('nuit', 1, ['Practitioner/bruno']))).toBe(201);
  await expectConsistent(test.server.database);
});

it('follows the participants when they change, at the same time', async () => {
  const { json } = await book('equipe', 1, ['Practitioner/bruno']);
  await book('anna', 1);
  const named = (who: string): Promise<Reply> =>
    test.request('PUT', `Appointment/${json.id}`, { ...onSlot('equipe', 1, [person(who)]), id: json.id });
  expect(await statusOf(named('Practitioner/anna'))).toBe(409);
  expect(await statusOf(named('Practitioner/chloe'))).toBe(200);
  expect([await isFree('chloe', 1), await statusOf(book('nuit', 1, ['Practitioner/bruno']))]).toEqual([false, 201]);
  await expectConsistent(test.server.database);
});

it('does not take somebody who declined, or who is only informed', async () => {
  const informed = { actor: { reference: 'Practitioner/anna' }, status: 'accepted', required: 'information-only' };
  const declined = { actor: { reference: 'Practitioner/anna' }, status: 'declined' };
  for (const participant of [informed, declined])
    expect(await statusOf(test.request('POST', 'Appointment', onSlot('equipe', 1, [participant])))).toBe(201);
  expect(await isFree('anna', 1)).toBe(true);
});

it('takes the present person of a role, and refuses the change to somebody who is taken', async () => {
  await book('equipe', 1, ['PractitionerRole/role-chloe']);
  await put(schedule('dora', ['Practitioner/dora']));
  const { json } = await book('dora', 1);
  const move = (): Promise<Reply> => test.request('PUT', 'PractitionerRole/role-chloe', role('role-chloe', 'dora'));
  expect(await statusOf(move())).toBe(409);
  await test.request('DELETE', `Appointment/${json.id}`);
  expect(await statusOf(move())).toBe(200);
  expect([await isFree('dora', 1), await isFree('chloe', 1)]).toEqual([false, true]);
  await expectConsistent(test.server.database);
});

it('takes them also when an agenda becomes that of a team, and frees them when it no longer is', async () => {
  await put(schedule('libre', ['Practitioner/bruno', 'Practitioner/anna']));
  expect(await statusOf(book('libre', 5, ['Practitioner/anna']))).toBe(201);
  await put(schedule('libre', ['Practitioner/bruno', 'Practitioner/anna'], { team: 2 }));
  expect([await isFree('anna', 5), await statusOf(book('nuit', 5, ['Practitioner/bruno']))]).toEqual([false, 201]);
  const shared = schedule('libre', ['Practitioner/bruno', 'Practitioner/anna']);
  expect(await statusOf(test.request('PUT', 'Schedule/libre', shared))).toBe(409);
  await expectConsistent(test.server.database);
});
