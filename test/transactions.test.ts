/**
 * A transaction means the same in whatever order its entries come: every permutation leaves the same state, or is
 * refused for the same reason, with the entry that fails named. https://hl7.org/fhir/R4/http.html#trules
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { expectConsistent } from './consistency.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());
beforeEach(() => test.reset());

const send = (entry: Json[]): Promise<Reply> =>
  test.request('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });

const identified = (resourceType: string, value: string, more: Json = {}): Json => ({
  resourceType,
  identifier: [{ system: 'urn:x', value }],
  ...more,
});
const post = (fullUrl: string, resource: Json, request: Json = {}): Json => ({
  fullUrl: `urn:uuid:${fullUrl}`,
  resource,
  request: { method: 'POST', url: resource.resourceType, ...request },
});
const put = (id: string, resource: Json): Json => ({
  resource: { ...resource, id },
  request: { method: 'PUT', url: `${resource.resourceType}/${id}` },
});
const to = (reference: string): Json => ({ reference });
const uuid = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const entryOf = (n: number): Json => to(`urn:uuid:${uuid(n)}`);

const OPEN = {
  resourceType: 'Schedule',
  identifier: [{ system: 'urn:x', value: 'agenda' }],
  active: true,
  extension: [
    {
      url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
      extension: [
        { url: 'identifier', valueIdentifier: { value: 'd' } },
        {
          url: 'type',
          valueCoding: { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type', code: 'free' },
        },
        { url: 'start', valueDateTime: '2026-11-25T08:00:00+01:00' },
        { url: 'end', valueDateTime: '2026-11-25T12:00:00+01:00' },
      ],
    },
  ],
};
const visit = (value: string, at: string, patient: Json): Json =>
  identified('Appointment', value, {
    status: 'booked',
    start: `2026-11-25T${at}:00+01:00`,
    end: `2026-11-25T${at.replace(':00', ':15')}:00+01:00`,
    participant: [
      { actor: patient, status: 'accepted' },
      { actor: entryOf(2), status: 'accepted' },
    ],
  });

const PATIENT = identified('Patient', 'patient', { name: [{ family: 'Durand' }] });
const PRACTITIONER = identified('Practitioner', 'doctor');

/** Bundles, and the refusal that each gets, if any. */
const BUNDLES: Record<string, { entries: Json[]; code?: string }> = {
  'a booking with its new patient, practitioner and agenda': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), PRACTITIONER),
      post(uuid(3), { ...OPEN, actor: [entryOf(2)] }),
      post(uuid(4), visit('visit', '09:00', entryOf(1))),
    ],
  },
  'patients who refer to each other': {
    entries: [
      post(uuid(1), { ...PATIENT, link: [{ other: entryOf(2), type: 'seealso' }] }),
      post(uuid(2), identified('Patient', 'other', { link: [{ other: entryOf(1), type: 'seealso' }] })),
      put('third', identified('Patient', 'third', { link: [{ other: to('Patient/fourth'), type: 'seealso' }] })),
      put('fourth', identified('Patient', 'fourth', { link: [{ other: to('Patient/third'), type: 'seealso' }] })),
    ],
  },
  'a conditional reference to a new entry': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), identified('RelatedPerson', 'mother', { patient: to('Patient?identifier=urn:x|patient') })),
      post(uuid(3), identified('RelatedPerson', 'father', { patient: to(`urn:uuid:${uuid(1)}`) })),
    ],
  },
  'two conditional creates by one criterion': {
    entries: [
      post(uuid(1), PATIENT, { ifNoneExist: 'identifier=urn:x|patient' }),
      post(uuid(2), { ...PATIENT, active: true }, { ifNoneExist: 'identifier=urn%3Ax%7Cpatient' }),
      post(uuid(3), identified('RelatedPerson', 'mother', { patient: entryOf(1) })),
      post(uuid(4), identified('RelatedPerson', 'father', { patient: entryOf(2) })),
    ],
  },
  'a conditional update and a conditional create by one criterion': {
    entries: [
      {
        fullUrl: `urn:uuid:${uuid(1)}`,
        resource: PATIENT,
        request: { method: 'PUT', url: 'Patient?identifier=urn:x|patient' },
      },
      post(uuid(2), PATIENT, { ifNoneExist: 'identifier=urn:x|patient' }),
      post(uuid(3), identified('RelatedPerson', 'mother', { patient: entryOf(2) })),
    ],
  },
  'a reference that leads nowhere': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), identified('RelatedPerson', 'mother', { patient: to('Patient/nobody') })),
      post(uuid(3), PRACTITIONER),
    ],
    code: 'not-found',
  },
  'a conditional reference with two matches': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), PATIENT),
      post(uuid(3), identified('RelatedPerson', 'mother', { patient: to('Patient?identifier=urn:x|patient') })),
    ],
    code: 'multiple-matches',
  },
  'two visits at one time': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), PRACTITIONER),
      post(uuid(3), { ...OPEN, actor: [entryOf(2)] }),
      post(uuid(4), visit('visit', '09:00', entryOf(1))),
      post(uuid(6), { ...PATIENT, identifier: [{ system: 'urn:x', value: 'other' }] }),
      post(uuid(5), visit('second', '09:00', entryOf(6))),
    ],
    code: 'conflict',
  },
  'two visits of one patient at one time': {
    entries: [
      post(uuid(1), PATIENT),
      post(uuid(2), PRACTITIONER),
      post(uuid(3), { ...OPEN, actor: [entryOf(2)] }),
      post(uuid(4), visit('visit', '09:00', entryOf(1))),
      post(uuid(5), visit('second', '09:00', entryOf(1))),
    ],
    code: 'duplicate',
  },
};

/** Every living resource, with the identifiers in the place of ids that the server made. */
async function state(): Promise<string[]> {
  const rows = await test.sql<{ type: string; id: string; body: string }>(
    'SELECT DISTINCT ON (type, id) type, id, body FROM history ORDER BY type, id, version DESC',
  );
  let text = rows.map(({ body }) => body).join('\n');
  for (const { id, body } of rows) text = text.replaceAll(id, JSON.parse(body).identifier[0].value);
  return text
    .replaceAll(/Slot\/[^"]+/g, 'Slot')
    .split('\n')
    .sort();
}

describe.each(Object.entries(BUNDLES))('%s', (_name, { entries, code }) => {
  it('means the same in every order', async () => {
    const seen = new Set<string>();
    const order = fc.shuffledSubarray(entries, { minLength: entries.length });
    await fc.assert(
      fc.asyncProperty(order, async (shuffled) => {
        await test.reset();
        const { status, json } = await send(shuffled);
        expect([json.issue?.[0].code, status < 300], json.issue?.[0].diagnostics).toEqual([code, code === undefined]);
        if (code !== undefined) expect(json.issue[0].expression[0]).toMatch(/^Bundle\.entry\[\d\]/);
        seen.add(JSON.stringify(await state()));
        expect(seen.size).toBe(1);
      }),
      { numRuns: 8, examples: [[entries], [entries.toReversed()]] },
    );
    expect(JSON.parse([...seen][0]!).length > 1).toBe(code === undefined);
    await expectConsistent(test.server.database);
  });
});

describe('an entry that fails is named', () => {
  it.each<[string, Json]>([
    [
      'by its header',
      { request: { method: 'PUT', url: 'Patient/a', ifMatch: 'x' }, resource: { resourceType: 'Patient', id: 'a' } },
    ],
    ['by its criteria', { request: { method: 'DELETE', url: 'Patient?x=y' } }],
    ['by its patch', { request: { method: 'PATCH', url: 'Patient/a' }, resource: { resourceType: 'Basic' } }],
    ['by its content', { request: { method: 'POST', url: 'Patient' }, resource: { resourceType: 'Patient', hat: 1 } }],
    ['by the end of an agenda', { request: { method: 'DELETE', url: 'Schedule/busy' } }],
  ])('%s', async (_how, entry) => {
    const agenda = [
      put('doctor', PRACTITIONER),
      put('busy', { ...OPEN, actor: [to('Practitioner/doctor')] }),
      put('p', PATIENT),
    ];
    expect((await send(agenda)).status).toBe(200);
    const booked = visit('visit', '09:00', to('Patient/p'));
    booked.participant[1].actor = to('Practitioner/doctor');
    const made = await test.request('POST', 'Appointment', booked);
    expect(made.status, made.text).toBe(201);
    const { status, json } = await send([post(uuid(1), identified('Patient', 'first')), entry]);
    expect([status < 500, json.issue[0].expression[0]]).toEqual([true, expect.stringMatching(/^Bundle\.entry\[1\]/)]);
  });
});

describe('PUT with If-None-Match: *', () => {
  const create = (id: string): Promise<Reply> =>
    test.request('PUT', `Patient/${id}`, { resourceType: 'Patient', id }, { 'if-none-match': '*' });

  it('creates and never replaces', async () => {
    expect([(await create('a')).status, (await create('a')).status]).toEqual([201, 412]);
    const entry = put('a', PATIENT);
    entry.request.ifNoneMatch = '*';
    expect((await send([entry])).status).toBe(412);
    await test.request('DELETE', 'Patient/a');
    expect((await create('a')).status).toBe(201);
  });

  it('twenty at once: one creates', async () => {
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await create('b')).status));
    expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 19 }, () => 412)]);
  });
});

it('asks the database as often for many entries as for a few', async () => {
  const { database } = test.server;
  const asked = async (from: number, count: number): Promise<number> => {
    const query = database.query.bind(database);
    let queries = 0;
    database.query = (...of) => {
      queries++;
      return query(...of);
    };
    const entries = Array.from({ length: count }, (_, i) => [
      put(`person-${from + i}`, { resourceType: 'Practitioner', name: [{ family: 'Roux' }] }),
      put(`role-${from + i}`, {
        resourceType: 'PractitionerRole',
        practitioner: to(`Practitioner/person-${from + i}`),
        organization: to('Organization/known'),
      }),
    ]).flat();
    const { status } = await send(entries).finally(() => {
      database.query = query;
    });
    expect(status).toBe(200);
    return queries;
  };
  await send([put('known', { resourceType: 'Organization', name: 'Cabinet' })]);
  await asked(0, 2);
  expect((await asked(100, 40)) - (await asked(200, 2))).toBeLessThan(10);
});
