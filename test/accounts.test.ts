/**
 * Regulator accounts under many hands: two servers on one database where there can be two, many requests at once, and
 * one account each time.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startAgenda, type AgendaServer } from '../src/cli/servers/agenda.ts';
import type { Json } from '../src/fhir/resource.ts';
import { call, isEmbedded, NOW, startTestServer, testConfig, type TestServer } from './harness.ts';

const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const INTRN = 'urn:oid:1.2.250.1.213.3.6';
const MANY = 12;

let test: TestServer;
let second: AgendaServer | undefined;
let bases: string[];

beforeAll(async () => {
  test = await startTestServer();
  second = isEmbedded ? undefined : await startAgenda(testConfig(test.databaseUrl), () => NOW);
  bases = [test.server.url, (second ?? test.server).url].map((url) => `${url}/sas`);
});
afterAll(async () => {
  await second?.close();
  await test.close();
});
beforeEach(() => test.reset());

function account(value: string, more: Json = {}, system = IDNPS): Json {
  return {
    resourceType: 'Practitioner',
    identifier: [{ type: { coding: [{ code: system === IDNPS ? 'IDNPS' : 'INTRN' }] }, system, value }],
    active: true,
    name: [{ family: 'REGUL', given: ['Max'] }],
    telecom: [{ system: 'email', value: `${value.replaceAll('/', '.')}@samu.test` }],
    ...more,
  };
}

const put = (base: string, asked: string, body: Json) => call(`${base}/Practitioner?identifier=${asked}`, 'PUT', body);
const everybody = async (
  ask: (base: string, i: number) => Promise<{ status: number }>,
): Promise<Record<number, number>> => {
  const statuses = (await Promise.all(Array.from({ length: MANY }, (_, i) => ask(bases[i % 2]!, i)))).map(
    (reply) => reply.status,
  );
  return Object.fromEntries(
    [...new Set(statuses)].map((status) => [status, statuses.filter((other) => other === status).length]),
  );
};
const total = async (query: string): Promise<number> =>
  (await call(`${bases[0]}/Practitioner?${query}`, 'GET')).json.total;

it('one of many simultaneous creations of an identifier succeeds', async () => {
  expect(
    await everybody((base, i) =>
      call(
        `${base}/Practitioner`,
        'POST',
        account('3456780581/1', { telecom: [{ system: 'email', value: `max${i}@samu.test` }] }),
      ),
    ),
  ).toEqual({ 201: 1, 422: MANY - 1 });
  expect(await total('active=true')).toBe(1);
});

it('one of many simultaneous creations with an e-mail succeeds', async () => {
  expect(
    await everybody((base, i) =>
      call(
        `${base}/Practitioner`,
        'POST',
        account(`3456780581/${i}`, {
          telecom: [{ system: 'email', value: i % 2 ? 'MAX@samu.test' : 'max@samu.test' }],
        }),
      ),
    ),
  ).toEqual({ 201: 1, 422: MANY - 1 });
});

it('one of many simultaneous updates of a missing account creates it', async () => {
  expect(await everybody((base) => put(base, `${IDNPS}%7C3456780581/2`, account('3456780581/2')))).toEqual({
    201: 1,
    200: MANY - 1,
  });
  expect(await total('')).toBe(1);
});

it('an identifier that is given back goes to one of the accounts that ask for it', async () => {
  const [base] = bases as [string];
  await put(base, `${IDNPS}%7C3456780581/3`, account('3456780581/3'));
  for (let i = 0; i < MANY; i++)
    expect((await put(base, `${INTRN}%7Ct${i}`, account(`t${i}`, {}, INTRN))).status).toBe(201);
  await put(base, `${IDNPS}%7C3456780581/3`, account('3456780581/3', { active: false }));
  expect(
    await everybody((own, i) =>
      put(
        own,
        `${INTRN}%7Ct${i}`,
        account('3456780581/3', { telecom: [{ system: 'email', value: `t${i}@samu.test` }] }),
      ),
    ),
  ).toEqual({ 200: 1, 422: MANY - 1 });
  expect(await total(`identifier=${IDNPS}%7C3456780581/3&active=true`)).toBe(1);
});

it('an old identifier finds the account while no active account has it; a disabled account opens nothing', async () => {
  const [base] = bases as [string];
  const { accounts } = test.server.editor;
  const by = async (value: string): Promise<string | undefined> =>
    (await accounts.activeByIdentifier({ system: IDNPS, value }))?.resource.name?.[0]?.given?.[0];
  await put(base, `${IDNPS}%7Cold`, account('old', { name: [{ family: 'A', given: ['first'] }] }));
  await put(
    base,
    `${IDNPS}%7Cold`,
    account('new', {
      name: [{ family: 'A', given: ['first'] }],
      telecom: [{ system: 'email', value: 'old@samu.test' }],
    }),
  );
  expect([await by('old'), await by('new')]).toEqual(['first', 'first']);
  expect(await accounts.activeBySubject('old')).toBeUndefined();
  await call(
    `${base}/Practitioner`,
    'POST',
    account('old', {
      name: [{ family: 'B', given: ['other'] }],
      telecom: [{ system: 'email', value: 'other@samu.test' }],
    }),
  );
  expect([await by('old'), await by('new')]).toEqual(['other', 'first']);
  await put(
    base,
    `${IDNPS}%7Cnew`,
    account('new', { active: false, telecom: [{ system: 'email', value: 'old@samu.test' }] }),
  );
  expect([
    await by('new'),
    await accounts.activeByEmail('old@samu.test'),
    await accounts.activeBySubject('new'),
  ]).toEqual([undefined, undefined, undefined]);
});
