/** A caller that is confined to paths reaches no other type, whatever the detour. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'creneau-confined-'));
const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
let test: TestServer;
beforeAll(async () => {
  const callers = [
    { name: 'all', roles: ['manager'], tokenSha256: hash('all') },
    { name: 'agendas', roles: ['manager'], paths: ['/fhir/Schedule', '/fhir/Slot'], tokenSha256: hash('agendas') },
    { name: 'brief', roles: ['reader'], tokenSha256: hash('brief'), expires: '2026-11-24T10:00:01+01:00' },
    { name: 'keeper', roles: ['manager'], paths: ['/fhir/Schedule/*/$agenda'], tokenSha256: hash('keeper') },
  ];
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
  test = await startTestServer({ auth: 'token', callers: join(folder, 'callers.json') });
  const put = async (resource: Json): Promise<void> => {
    const reply = await as('all', 'PUT', `${resource.resourceType}/${resource.id}`, resource);
    expect(reply.status, reply.text).toBe(201);
  };
  await put({ resourceType: 'Patient', id: 'p', name: [{ family: 'Secret' }] });
  await put({ resourceType: 'Practitioner', id: 'd' });
  await put({ resourceType: 'Schedule', id: 's', actor: [{ reference: 'Practitioner/d' }] });
  await put({
    ...{ resourceType: 'Appointment', id: 'a', status: 'proposed', comment: 'Secret' },
    participant: ['Patient/p', 'Practitioner/d'].map((reference) => ({
      actor: { reference },
      status: 'needs-action',
    })),
  });
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

const as = (token: string, method: string, path: string, body?: Json): Promise<Reply> =>
  call(`${test.base}/${path}`, method, body, {
    authorization: `Bearer ${token}`,
    'content-type': 'application/fhir+json',
  });

it.each([
  ['Schedule', 200],
  ['Schedule/s', 200],
  ['Schedule?_include=*&_revinclude=*', 200],
  ['Schedule?_revinclude=Appointment:actor&_include:iterate=Appointment:patient', 200],
  ['Schedule?actor:Practitioner.identifier=x', 403],
  ['Schedule?actor.identifier=x', 403],
  ['Schedule?_has:Slot:schedule:status=free', 200],
  ['Slot?schedule.actor:Practitioner.identifier=x&start=2026-11-25', 403],
  ['Patient/p', 403],
  ['Practitioner/d/Appointment', 403],
  ['Schedule/s/$agenda?start=2026-11-25&end=2026-11-26', 403],
  ['_history', 403],
])('%s answers %i, and nothing of another type', async (path, status) => {
  const reply = await as('agendas', 'GET', path);
  expect([reply.status, reply.text.includes('Secret')]).toEqual([status, false]);
  const types = (reply.json?.entry ?? []).map(({ resource }: Json) => resource.resourceType);
  expect(types.filter((type: string) => !['Schedule', 'Slot', 'OperationOutcome'].includes(type))).toEqual([]);
});

it('an operation is open where a path names it', async () => {
  const agenda = 'Schedule/s/$agenda?start=2026-11-25&end=2026-11-26';
  const paths = [agenda, 'Schedule/s', 'Schedule/s/$calendar-sources'];
  const statuses = await Promise.all(paths.map(async (path) => (await as('keeper', 'GET', path)).status));
  expect(statuses).toEqual([200, 403, 403]);
});

it('a batch opens nothing that its entries would not open alone', async () => {
  const entry = ['Patient/p', 'Schedule?_revinclude=*', 'Appointment?_count=1'].map((url) => ({
    request: { method: 'GET', url },
  }));
  const { text } = await as('agendas', 'POST', '', { resourceType: 'Bundle', type: 'batch', entry });
  expect(text).not.toContain('Secret');
});

it('a token ends at its date', async () => {
  expect((await as('brief', 'GET', 'Schedule/s')).status).toBe(200);
  test.clock.now += 1_000;
  const reply = await as('brief', 'GET', 'Schedule/s');
  expect([reply.status, reply.json.issue[0].diagnostics]).toEqual([
    401,
    'This token has ended (`expires` in the callers file)',
  ]);
});
