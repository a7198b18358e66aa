/** Programs reach nothing that their role, their paths or their scopes leave out, whatever the detour. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AGENDA_ACCESS, ROLES } from '../src/rest/access/table.ts';
import type { Json } from '../src/fhir/resource.ts';
import { detoursTo } from './detours.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';
import { appointment, schedule } from './shared-agendas.ts';

const READERS = AGENDA_ACCESS.find(({ act, path }) => act === 'read' && path === '/fhir')!.roles as readonly string[];
const MARKS = /Secret|Patient\/autre|pere-autre|rdv-autre/;
const HIDDEN = [
  { type: 'Patient', id: 'autre' },
  { type: 'RelatedPerson', id: 'pere-autre' },
  { type: 'Appointment', id: 'rdv-autre' },
];
/** Roles of people are programs without agendas, when a program has them. */
const CALLERS = [
  ...ROLES.filter((role) => !['manager', 'reader'].includes(role)).map((role) => ({ name: role, roles: [role] })),
  { name: 'confined', roles: ['manager'], paths: ['/fhir/Schedule', '/fhir/Slot', '/fhir/Practitioner'] },
  { name: 'reader confined', roles: ['reader'], paths: ['/fhir/Slot', '/fhir/$events'] },
];

const folder = mkdtempSync(join(tmpdir(), 'creneau-detours-'));
let test: TestServer;
beforeAll(async () => {
  const callers = [...CALLERS, { name: 'all', roles: ['manager'] }].map((caller) => ({
    ...caller,
    tokenSha256: createHash('sha256').update(tokenOf(caller.name)).digest('hex'),
  }));
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
  test = await startTestServer({ auth: 'token', callers: join(folder, 'callers.json'), programRate: 1_000_000 });
  const person = (id: string): Json => ({ resourceType: 'Practitioner', id, name: [{ family: id }] });
  const booked = appointment(0, ['Practitioner/petit', 'Patient/autre'], { id: 'rdv-autre', comment: 'Secret' });
  for (const resource of [
    ...[person('petit'), person('quota'), { resourceType: 'Location', id: 'cabinet', name: 'Cabinet' }],
    ...[schedule('petit-cabinet', ['Practitioner/petit']), schedule('quota-cabinet', ['Practitioner/quota'])],
    {
      ...{ resourceType: 'Patient', id: 'autre', name: [{ family: 'Secret' }] },
      identifier: [{ system: 'urn:ins', value: 'autre' }],
    },
    {
      resourceType: 'RelatedPerson',
      id: 'pere-autre',
      patient: { reference: 'Patient/autre' },
      name: [{ text: 'Secret' }],
    },
    booked,
  ]) {
    const { status, text } = await as('all', 'PUT', `${resource['resourceType']}/${resource['id']}`, resource);
    expect(status, text).toBe(201);
  }
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

const tokenOf = (name: string): string => name.replaceAll(' ', '-');
const as = (name: string, method: string, path: string, body?: Json): Promise<Reply> =>
  call(`${test.base}/${path}`, method, body, {
    authorization: `Bearer ${tokenOf(name)}`,
    'content-type': 'application/fhir+json',
  });

/** Without what the request said itself. */
function shownIn({ text }: Reply, sent: string): string {
  let shown = text;
  for (const word of [...sent.matchAll(MARKS_ALL)].map(([mark]) => mark)) shown = shown.replaceAll(word, '');
  return shown;
}
const MARKS_ALL = new RegExp(MARKS, 'g');

// Each caller tries the patient, and one of the others.
it.each(CALLERS.map(({ name }, i) => [name, i] as const))('%s reaches nothing by any detour', async (name, i) => {
  for (const hidden of [HIDDEN[0]!, HIDDEN[1 + (i % 2)]!]) {
    const before = await as('all', 'GET', `${hidden.type}/${hidden.id}`);
    for (const { method, path, body } of detoursTo(hidden, test.base)) {
      // Operators see the technical ids of whoever was concerned, to answer questions about accesses.
      if (name === 'operator' && path.endsWith('$accesses')) continue;
      const reply = await as(name, method, path, body);
      const label = `${method} ${path} ${JSON.stringify(body ?? '').slice(0, 300)}`;
      const seen = MARKS.exec(shownIn(reply, `${path}${JSON.stringify(body ?? '')}`))?.[0];
      expect([label, reply.status < 500, seen]).toEqual([label, true, undefined]);
    }
    expect((await as(name, 'GET', `${hidden.type}/${hidden.id}`)).status).toBe(403);
    expect((await as('all', 'GET', `${hidden.type}/${hidden.id}`)).text).toBe(before.text);
  }
});

it('tries every role that reads nothing', () => {
  expect(ROLES.filter((role) => !READERS.includes(role) && !CALLERS.some(({ name }) => name === role))).toEqual([]);
});
