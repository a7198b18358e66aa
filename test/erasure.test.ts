/** The erasure of a patient, and of what is older than it is kept: nothing of it is left in any table. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eraseOld } from '../src/agenda/erasure/retention.ts';
import type { Json } from '../src/fhir/resource.ts';
import { Erasure } from '../src/store/records/erasure.ts';
import { expectConsistent } from './consistency.ts';
import { call, NOW, startTestServer, type TestServer } from './harness.ts';
import { appointment, patient, practitioner, schedule } from './shared-agendas.ts';

const DAY_MS = 86_400_000;
const LATER = NOW + 30 * DAY_MS;
let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  await put(practitioner('d'), schedule('s', ['Practitioner/d'], { places: 4 }), patient('other'));
});
afterAll(() => test.close());

async function put(...resources: Json[]): Promise<void> {
  for (const resource of resources) {
    const reply = await test.request('PUT', `${resource['resourceType']}/${resource['id']}`, resource);
    expect(reply.status, reply.text).toBeLessThan(300);
  }
}

/** The tables and rows that hold a text. */
async function holding(text: string): Promise<string[]> {
  const tables = await test.sql<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    if (name.startsWith('audit_event')) continue;
    const rows = await test.sql<{ n: number }>(`SELECT count(*)::int AS n FROM "${name}" t WHERE t::text ILIKE $1`, [
      `%${text}%`,
    ]);
    if (rows[0]!.n > 0) found.push(name);
  }
  return found;
}

const expunge = (id: string, dryRun?: boolean) =>
  test.request('POST', `Patient/${id}/$expunge`, {
    resourceType: 'Parameters',
    ...(dryRun === undefined ? {} : { parameter: [{ name: 'dryRun', valueBoolean: dryRun }] }),
  });
const counts = ({ json }: { json: Json }): Json =>
  Object.fromEntries(json.parameter.map(({ name, valueInteger }: Json) => [name, valueInteger]));

/** A patient with relatives, appointments, messages and addresses; every text holds the name. */
async function live(id: string, name: string): Promise<void> {
  const person = {
    ...patient(id),
    name: [{ family: name }],
    telecom: [{ system: 'email', value: `${name}@x.example` }],
  };
  await put(person, { ...person, gender: 'female' }, patient(`other-${id}`));
  await put({
    resourceType: 'RelatedPerson',
    id: `r-${id}`,
    patient: { reference: `Patient/${id}` },
    name: [{ text: name }],
  });
  const visit = { id: `a-${id}`, comment: name };
  await put(appointment(0, ['Practitioner/d', `Patient/${id}`], visit));
  await put(appointment(1, ['Practitioner/d', `Patient/${id}`], visit));
  await put(
    appointment(2, ['Practitioner/d', `Patient/${id}`, `Patient/other-${id}`], { id: `g-${id}`, comment: name }),
  );
  await put(
    appointment(2, ['Practitioner/d', `Patient/${id}`, `Patient/other-${id}`], { id: `g-${id}`, comment: 'groupe' }),
  );
  await put(appointment(3, ['Practitioner/d', `Patient/${id}`], { id: `d-${id}`, comment: name }));
  expect((await test.request('DELETE', `Appointment/d-${id}`)).status).toBe(204);
  await test.request('POST', `Patient/${id}/$calendar-link`, { resourceType: 'Parameters' });
  await test.request(
    'POST',
    'Patient',
    { ...person, id: undefined },
    { 'if-none-exist': `family=${name}`, 'idempotency-key': id },
  );
  await test.sql(
    `INSERT INTO outbox (destination, ordering_key, payload, delivered_at)
     VALUES ('mail', $1, $2, now()), ('x', $3, '{}', now())`,
    [`Appointment/a-${id} Patient/${id}`, JSON.stringify({ person: `Patient/${id}`, text: name }), `a-${id}`],
  );
  await test.sql('INSERT INTO notice_sent (channel, key, sent_at) VALUES ($1, $2, now())', [
    'mail',
    `a-${id} 1 ${name}`,
  ]);
  await test.sql(`UPDATE condition SET at = at - interval '2 hours'`);
}

it('leaves nothing of a patient, and tells the followers', async () => {
  await live('p', 'Effacable');
  expect(await holding('Effacable')).toEqual(expect.arrayContaining(['history', 'patient', 'outbox', 'notice_sent']));
  expect((await expunge('p')).json.issue[0]).toMatchObject({ code: 'business-rule' });
  test.clock.now = LATER;
  const from = (await test.request('GET', '_history?_after=latest')).json.link.find(
    (l: Json) => l.relation === 'monitor',
  ).url;
  expect(counts(await expunge('p', true))).toEqual({ appointments: 2, sharedAppointments: 1, relatedPersons: 1 });
  expect((await test.request('GET', 'Patient/p')).status).toBe(200);
  const done = await expunge('p');
  expect([done.status, done.text]).toEqual([200, expect.not.stringContaining('Effacable')]);
  expect(counts(done)).toMatchObject({ appointments: 2, sharedAppointments: 1, relatedPersons: 1, addresses: 1 });
  expect(await holding('Effacable')).toEqual([]);
  // A follower of the feed hears of each.
  const { json } = await call(from, 'GET');
  const heard = json.entry.map(({ request }: Json) => `${request.method} ${request.url}`).sort();
  expect(heard).toEqual([
    'DELETE Appointment/a-p',
    'DELETE Patient/p',
    'DELETE RelatedPerson/r-p',
    'PATCH Appointment/g-p',
  ]);
  await expectConsistent(test.server.database);
});

it('leaves the skeleton of history, and the others', async () => {
  expect((await test.request('GET', 'Patient/p')).status).toBe(410);
  expect((await test.request('GET', 'Patient/p/_history/1')).status).toBe(410);
  const { json } = await test.request('GET', 'Patient/p/_history');
  expect(json.entry.map(({ request, resource }: Json) => [request.method, resource])).toEqual([
    ['DELETE', undefined],
    ['PUT', undefined],
    ['PUT', undefined],
  ]);
  const shared = (await test.request('GET', 'Appointment/g-p')).json;
  expect(shared.participant.map(({ actor }: Json) => actor.reference)).toEqual(['Practitioner/d', 'Patient/other-p']);
  const [, , old] = (await test.request('GET', 'Appointment/g-p/_history')).json.entry;
  expect([old.resource.comment, old.resource.participant.length]).toEqual([undefined, 2]);
  expect((await test.request('GET', '_history?_after=0&_count=500')).status).toBe(200);
  // Again: nothing more is found.
  expect(counts(await expunge('p'))).toMatchObject({ versions: 0, messages: 0, addresses: 0 });
});

it.each([
  ['nobody', 404, {}],
  ['other', 400, { resourceType: 'Parameters', parameter: [{ name: 'dryRun', valueString: 'yes' }] }],
  ['other', 400, { resourceType: 'Patient' }],
])('of %s with a wrong call answers %i', async (id, status, body) => {
  const sent = Object.keys(body).length === 0 ? { resourceType: 'Parameters' } : body;
  expect((await test.request('POST', `Patient/${id}/$expunge`, sent)).status).toBe(status);
  expect((await test.request('GET', `Patient/${id}/$expunge`)).status).toBe(405);
});

it('is over for what is older than it is kept', async () => {
  test.clock.now = NOW;
  await live('q', 'Ancienne');
  await put({ ...patient('young'), name: [{ family: 'Recente' }] });
  const parts = { repository: test.server.backend.repository, erasure: new Erasure(test.server.database) };
  const erase = (months: number, now: number) =>
    eraseOld(
      parts,
      [
        { type: 'Appointment', months },
        { type: 'Patient', months },
      ],
      now,
      test.server.log,
    );
  await test.sql(`UPDATE history SET at = at - interval '40 days'`);
  for (const table of ['appointment', 'patient'])
    await test.sql(`UPDATE ${table} SET updated_at = updated_at - interval '40 days' WHERE id <> 'young'`);
  await test.sql(`UPDATE patient SET updated_at = updated_at + interval '20 days' WHERE id = 'young'`);
  expect(await erase(12, LATER)).toBe(0);
  expect(await holding('Ancienne')).toContain('history');
  await erase(1, NOW + 35 * DAY_MS);
  expect((await holding('Ancienne')).filter((table) => table !== 'idempotency')).toEqual([]);
  expect((await test.request('GET', 'Patient/young')).status).toBe(200);
  await expectConsistent(test.server.database);
});
