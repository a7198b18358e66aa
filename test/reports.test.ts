/**
 * INT_R03: which appointments the SAS platform is told of, what it is told, and that it is told once, in order,
 * whatever the platform does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { releaseHold } from '../src/agenda/operations/holds-feature.ts';
import { DAY, makeCertificate } from '../src/runtime/tls/pki.ts';
import { RegulatorAccounts } from '../src/sas/editor/accounts/accounts.ts';
import { ReportRules } from '../src/sas/editor/reports/report-rules.ts';
import { startReportSender } from '../src/sas/editor/reports/report-sender.ts';
import { Outbox } from '../src/store/delivery/outbox.ts';
import type { Database } from '../src/store/engine/database.ts';
import type { Relay } from '../src/store/delivery/relay.ts';
import { ReportReader } from '../src/store/records/reports.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { type BadDay, eventually, type Receiver, startReceiver } from './receiver.ts';
import { testPki, within10s } from './tls.ts';

const SYSTEM = 'urn:oid:1.2.250.1.999.1';
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const INTRN = 'urn:oid:1.2.250.1.213.3.6';
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/sas/fixture.json'), 'utf8'));

let test: TestServer;
let receiver: Receiver;
let relay: Relay;
let outbox: Outbox;

beforeAll(async () => {
  const rules = (database: Database) =>
    new ReportRules(new ReportReader(database), new RegulatorAccounts(database), SYSTEM);
  test = await startTestServer({}, ({ database }) => [{ name: 'reports', followers: [rules(database)] }]);
  const { database, log } = test.server;
  outbox = new Outbox(database);
  for (const { resource } of fixture.entry)
    await test.request('PUT', `${resource.resourceType}/${resource.id}`, isQuota(resource) ? roomy() : resource);
  await account(IDNPS, '3456780581/1', 'IDNPS');
  receiver = await startReceiver();
  const link = { url: receiver.url, certificate: undefined, key: undefined, authorities: undefined };
  relay = startReportSender({ outbox, link, log, deadlineMs: 3000, delayMs: () => 30, pollMs: 30 });
});
afterAll(async () => {
  await relay.close();
  await receiver.close();
  await test.close();
});
beforeEach(async () => {
  test.clock.now = NOW;
  Object.assign(receiver, { heard: [], records: [], bad: [] });
  await test.sql('DELETE FROM outbox');
});

function isQuota({ resourceType, id }: Json): boolean {
  return resourceType === 'Schedule' && id === 'quota-cabinet';
}

/** An agenda with slots for everybody, from the first one of the fixture. */
function roomy(): Json {
  const quota: Json = structuredClone(fixture.entry.find((entry: Json) => isQuota(entry.resource)).resource);
  const open = quota.extension.find((extension: Json) => extension.url.endsWith('availability-time')).extension;
  open.find((one: Json) => one.url === 'start').valueDateTime = '2026-11-25T08:00:00+01:00';
  open.find((one: Json) => one.url === 'end').valueDateTime = '2026-11-25T20:00:00+01:00';
  return quota;
}

async function account(system: string, value: string, code: string, active = true): Promise<void> {
  const body = {
    resourceType: 'Practitioner',
    identifier: [
      { type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code }] }, system, value },
    ],
    active,
    name: [{ family: 'REGUL', given: ['Max'] }],
    telecom: [{ system: 'email', value: `${value.replaceAll('/', '.')}@samu.test` }],
  };
  const reply = await test.request(
    'PUT',
    `../sas/Practitioner?identifier=${system}%7C${encodeURIComponent(value)}`,
    body,
  );
  expect([reply.status < 300, reply.text.slice(0, 200)]).toEqual([true, expect.anything()]);
}

const operator = (system: string, value: string): Json => ({
  url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
  valueReference: { identifier: { system, value } },
});

async function slotOf(schedule: string, n = 0): Promise<Json> {
  const { json } = await test.request('GET', `Slot?schedule=Schedule/${schedule}&status=free&start=ge2026-11-25`);
  return json.entry[n].resource;
}

async function booking(schedule: string, n: number, more: Json = {}): Promise<Json> {
  return {
    resourceType: 'Appointment',
    status: 'booked',
    slot: [{ reference: `Slot/${(await slotOf(schedule, n)).id}` }],
    extension: [operator(IDNPS, '3456780581/1')],
    participant: [{ actor: { reference: 'Patient/alice', display: 'ALICE Secrète' }, status: 'accepted' }],
    comment: 'douleur au genou',
    ...more,
  };
}

async function write(method: string, path: string, body: Json): Promise<Json> {
  const { status, json, text } = await test.request(method, path, body);
  expect(status < 300 ? '' : text).toBe('');
  return json;
}

const reported = (count: number): Promise<Json[]> =>
  eventually(
    () => receiver.records,
    (all) => all.length === count,
  );
/** Holds wait until they run out. */
const settledReports = (): Promise<unknown> =>
  eventually(
    () => test.sql(`SELECT 1 FROM outbox WHERE destination = 'sas-platform' AND delivered_at IS NULL`),
    (all) => all.length === 0,
  );
const settled = (): Promise<unknown> =>
  eventually(
    () => outbox.list({ state: 'waiting' }),
    (all) => all.length === 0,
  );

it('a regulator’s booking is reported without the patient, then each change (C1, C11, C14, H3, I2)', async () => {
  const made = await write('POST', 'Appointment', await booking('quota-cabinet', 0));
  const [identifier] = made.identifier;
  expect(identifier).toEqual({ system: SYSTEM, value: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const [first] = await reported(1);
  const IDNPS_TYPE = { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] };
  expect(first).toEqual({
    resourceType: 'Appointment',
    meta: { profile: ['http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS'] },
    extension: [
      {
        url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
        valueReference: { identifier: { type: IDNPS_TYPE, system: IDNPS, value: '3456780581/1' } },
      },
    ],
    identifier: [identifier],
    status: 'booked',
    start: '2026-11-25T08:00:00.000+01:00',
    end: expect.stringMatching(/^2026-11-25T08:\d\d:00\.000\+01:00$/),
    created: '2026-11-24T10:00:00.000+01:00',
    participant: [
      {
        actor: { identifier: { type: IDNPS_TYPE, system: IDNPS, value: expect.stringMatching(/^8\d{11}$/) } },
        status: 'accepted',
      },
    ],
  });
  // Moved, by a whole update that leaves out what it was given.
  const other = await slotOf('quota-cabinet');
  const moved = await write(
    'PUT',
    `Appointment/${made.id}`,
    await booking('quota-cabinet', 0, { id: made.id, extension: undefined }),
  );
  expect(moved.identifier).toEqual([identifier]);
  await write('PUT', `Appointment/${made.id}`, { ...moved, status: 'arrived' });
  await write('PUT', `Appointment/${made.id}`, { ...moved, comment: 'rien de neuf pour la plateforme' });
  test.clock.now = Date.parse('2026-11-25T18:00:00+01:00');
  await write('PUT', `Appointment/${made.id}`, { ...moved, status: 'fulfilled' });
  await settled();
  expect(receiver.heard.map(({ method, path, body }) => [method, path, body.status, Date.parse(body.start)])).toEqual([
    ['POST', '/fhir/Appointment', 'booked', Date.parse(first.start)],
    ['PUT', `/fhir/Appointment?identifier=${SYSTEM}|${identifier.value}`, 'booked', Date.parse(other.start)],
    ['PUT', `/fhir/Appointment?identifier=${SYSTEM}|${identifier.value}`, 'fulfilled', Date.parse(other.start)],
  ]);
  expect(receiver.records).toHaveLength(1);
  expect(JSON.stringify(receiver.heard)).not.toMatch(/alice|genou|Patient/i);
});

it('a hold is no appointment: told when it is booked, and never when it is released or given up', async () => {
  const parameters = (parameter: Json): Json => ({
    resourceType: 'Parameters',
    parameter: [parameter, { name: 'ttl', valuePositiveInt: 60 }],
  });
  const hold = async (schedule: string, n: number): Promise<Json> =>
    (
      await write(
        'POST',
        'Appointment/$hold',
        parameters({ name: 'appointment-resource', resource: await booking(schedule, n, { status: 'proposed' }) }),
      )
    ).entry[0].resource;
  const reference = ({ id }: Json): Json =>
    parameters({ name: 'appointment-reference', valueReference: { reference: `Appointment/${id}` } });
  // The agenda of an emergency service too, of which requests (pending) are told.
  for (const [schedule, told] of [
    ['quota-cabinet', 0],
    ['sos', 2],
  ] as const) {
    const given = await hold(schedule, 0);
    await write('PUT', `Appointment/${given.id}`, { ...given, status: 'cancelled' });
    const released = await hold(schedule, 0);
    expect([released.status, await releaseHold(test.server.backend, released.id, NOW + 61_000)]).toEqual([
      'pending',
      { outcome: 'delivered' },
    ]);
    expect((await test.request('GET', `Appointment/${released.id}`)).json.status).toBe('cancelled');
    const kept = await hold(schedule, 0);
    await write('POST', 'Appointment/$hold', reference(kept));
    expect(await test.sql(`SELECT payload FROM outbox WHERE destination = 'sas-platform'`)).toHaveLength(told);
    const booked = (await write('POST', 'Appointment/$book', reference(kept))).entry[0].resource;
    await settledReports();
    await write('PUT', `Appointment/${kept.id}`, { ...booked, status: 'cancelled' });
    await settledReports();
    expect(receiver.heard.map(({ method, body }) => [method, body.status, Date.parse(body.start)])).toEqual([
      ['POST', 'booked', Date.parse(kept.start)],
      ['PUT', 'cancelled', Date.parse(kept.start)],
    ]);
    expect(JSON.stringify(receiver.heard)).not.toContain('hold');
    receiver.heard.length = 0;
  }
});

it('every way of writing and every end of an appointment is reported (C2, C3, C4)', async () => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ request: { method: 'POST', url: 'Appointment' }, resource: await booking('quota-cabinet', 0) }],
  };
  const { json: answer, text } = await test.request('POST', '../fhir', bundle);
  expect(answer.entry?.[0].response?.status ?? text).toMatch(/^201/);
  const own = {
    identifier: [
      { system: 'urn:other', value: 'b' },
      { system: SYSTEM, value: 'own-1' },
    ],
  };
  await write('PUT', 'Appointment?identifier=urn:other%7Cb', await booking('quota-cabinet', 1, own));
  const third = await write('POST', 'Appointment', await booking('quota-cabinet', 2));
  const all = await reported(3);
  expect(all.map((one) => one.identifier[0].value)).toContain('own-1');
  const [id] = /Appointment\/([^/]+)/.exec(answer.entry[0].response.location)!.slice(1);
  const stored = (await test.request('GET', `Appointment/${id}`)).json;
  await write('PUT', `Appointment/${id}`, {
    ...stored,
    status: 'cancelled',
    cancelationReason: { text: 'ne vient plus' },
  });
  await write(
    'PUT',
    'Appointment?identifier=urn:other%7Cb',
    await booking('quota-cabinet', 1, { ...own, status: 'noshow' }),
  );
  expect((await test.request('DELETE', `Appointment/${third.id}`)).status).toBe(204);
  await settled();
  expect(receiver.records.map((record) => [record.identifier[0].value, record.status]).sort()).toEqual(
    [
      [stored.identifier[0].value, 'cancelled'],
      ['own-1', 'noshow'],
      [third.identifier[0].value, 'cancelled'],
    ].sort(),
  );
  for (const record of receiver.records)
    expect(Object.keys(record).sort()).toEqual([
      'created',
      'end',
      'extension',
      'identifier',
      'meta',
      'participant',
      'resourceType',
      'start',
      'status',
    ]);
});

it('whoever is no active regulator account is not reported; what was reported once is, for ever', async () => {
  await account(INTRN, '00000000-0000-4000-8000-000000000001', 'INTRN');
  await account(IDNPS, '3456780581/off', 'IDNPS', false);
  await write('POST', 'Appointment', await booking('quota-cabinet', 0, { extension: undefined }));
  await write(
    'POST',
    'Appointment',
    await booking('quota-cabinet', 1, { extension: [operator(IDNPS, '3456780581/unknown')] }),
  );
  await write(
    'POST',
    'Appointment',
    await booking('quota-cabinet', 2, { extension: [operator(IDNPS, '3456780581/off')] }),
  );
  await write('POST', 'Appointment', await booking('quota-cabinet', 3, { status: 'proposed' }));
  const technical = await write(
    'POST',
    'Appointment',
    await booking('quota-cabinet', 4, { extension: [operator(INTRN, '00000000-0000-4000-8000-000000000001')] }),
  );
  await reported(1);
  expect(receiver.records[0].extension[0].valueReference.identifier).toMatchObject({
    type: { coding: [{ code: 'INTRN' }] },
    system: INTRN,
  });
  await account(INTRN, '00000000-0000-4000-8000-000000000001', 'INTRN', false);
  await write('PUT', `Appointment/${technical.id}`, {
    ...technical,
    extension: [operator(IDNPS, 'secretary')],
    status: 'cancelled',
  });
  await eventually(
    () => receiver.records[0].status,
    (status) => status === 'cancelled',
  );
  expect(receiver.records[0].extension[0].valueReference.identifier.value).toBe('00000000-0000-4000-8000-000000000001');
  await settled();
  expect(receiver.heard).toHaveLength(2);
});

it('of an agenda of SOS Médecins in its own profile, pending ones too, with nobody named (C1, C2, C5)', async () => {
  const made = await write('POST', 'Appointment', await booking('sos', 0, { status: 'pending' }));
  await write('PUT', `Appointment/${made.id}`, { ...made, status: 'booked' });
  await settled();
  const heard = receiver.heard.map(({ method, body }) => [
    method,
    body.status,
    body.meta.profile[0].split('/').at(-1),
    body.participant[0].status,
    body.participant[0].actor,
  ]);
  expect(heard).toEqual([
    ['POST', 'pending', 'sas-sos-appointment', 'needs-action', undefined],
    ['PUT', 'booked', 'sas-sos-appointment', 'accepted', undefined],
  ]);
  expect(receiver.heard.map(({ body }) => body.extension.length)).toEqual([1, 1]);
});

describe('a platform that', () => {
  const text =
    (status: number, body: string, type = 'text/html'): BadDay =>
    (response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
  const days: [string, BadDay, number?][] = [
    ['answers rubbish', (response) => void response.socket!.end('\x16\x03not HTTP at all\r\n\r\n')],
    ['answers 200 with a page of a proxy', text(200, '<html>Connexion</html>')],
    ['answers 200 with JSON that is no appointment', text(200, '{"ok":true}', 'application/json')],
    ['hangs', () => {}, 1],
    [
      'hangs in the middle of its answer',
      (response) => void response.writeHead(200, { 'content-length': '1000' }).write('{"resource'),
      1,
    ],
    ['closes before it answers', (response) => void response.socket!.destroy()],
    [
      'closes half-way',
      (response) => {
        response.writeHead(201, { 'content-length': '1000', location: 'x' });
        response.write('{"resourceType"');
        setTimeout(() => response.socket?.destroy(), 20);
      },
    ],
    [
      'has it, and loses the answer',
      (response, keep) => {
        keep();
        response.socket!.destroy();
      },
    ],
    ['answers 500', text(500, 'oops')],
    [
      'answers 503 with an outcome',
      text(
        503,
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient"}]}',
        'application/fhir+json',
      ),
    ],
    ['sends elsewhere', text(302, '')],
    ['says not now', text(429, '')],
  ];

  it.each(days)(
    '%s is tried again, by a conditional PUT, and has the appointment once',
    async (_name, day, times = 2) => {
      receiver.bad.push(...Array.from({ length: times }, () => day));
      const made = await write('POST', 'Appointment', await booking('quota-cabinet', 0));
      await write('PUT', `Appointment/${made.id}`, { ...made, status: 'cancelled' });
      await settled();
      expect(receiver.records.map((record) => [record.identifier[0].value, record.status])).toEqual([
        [made.identifier[0].value, 'cancelled'],
      ]);
      expect(receiver.heard.map(({ method, body }) => [method, body.status])).toEqual([
        ['POST', 'booked'],
        ...Array.from({ length: times }, () => ['PUT', 'booked']),
        ['PUT', 'cancelled'],
      ]);
    },
  );

  it('refuses keeps nobody else waiting; the refusal is kept and shown, and can be tried again', async () => {
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'not-found',
          diagnostics: 'Unknown regulator',
          expression: ['Appointment.extension'],
        },
      ],
    };
    receiver.bad.push(text(422, JSON.stringify(outcome), 'application/fhir+json'));
    await write('POST', 'Appointment', await booking('quota-cabinet', 0));
    const shown = await eventually(
      () => test.request('GET', '$outbox?destination=sas-platform&state=failed'),
      ({ text: found }) => found.includes('refused'),
    );
    expect(shown.text).toContain('refused: 422: not-found — Unknown regulator — Appointment.extension');
    await write('POST', 'Appointment', await booking('quota-cabinet', 0));
    await reported(1);
    await test.request('POST', '$outbox-retry', {
      resourceType: 'Parameters',
      parameter: [{ name: 'destination', valueString: 'sas-platform' }],
    });
    await reported(2);
    expect(receiver.heard.map((one) => one.method)).toEqual(['POST', 'POST', 'PUT']);
  });

  it('refused the first report and took a later one is not sent back in time', async () => {
    receiver.bad.push(text(422, ''));
    const made = await write('POST', 'Appointment', await booking('quota-cabinet', 0));
    await eventually(
      () => outbox.list({ state: 'failed' }),
      (all) => all.length === 1,
    );
    await write('PUT', `Appointment/${made.id}`, { ...made, status: 'cancelled' });
    await reported(1);
    await outbox.replay('sas-platform');
    await settled();
    expect(receiver.records.map((record) => record.status)).toEqual(['cancelled']);
    expect((await outbox.list({ state: 'failed' })).map((one) => one.lastError)).toEqual([
      'the platform has a later report of this appointment',
    ]);
  });

  it('has the appointment already is sent an update', async () => {
    receiver.bad.push(
      text(
        422,
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"duplicate"}]}',
        'application/fhir+json',
      ),
    );
    await write('POST', 'Appointment', await booking('quota-cabinet', 0));
    await settled();
    expect(receiver.heard.map((one) => one.method)).toEqual(['POST', 'PUT']);
    expect(receiver.records).toHaveLength(1);
  });
});

it('mutual TLS uses the certificate on the disk: renewed without a restart, ignored when half written', async () => {
  const pki = await testPki();
  const secure = await startReceiver({
    cert: pki.read('server.pem'),
    key: pki.read('server.key'),
    ca: pki.read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const log = { ...test.server.log, warn: () => {}, error: () => {} } as typeof test.server.log;
  await relay.close();
  relay = startReportSender({
    outbox,
    link: {
      url: secure.url,
      certificate: pki.at('editor.pem'),
      key: pki.at('editor.key'),
      authorities: pki.at('ca.pem'),
    },
    log,
    delayMs: () => 30,
    pollMs: 30,
  });
  const client = async (): Promise<string | undefined> => {
    const before = secure.heard.length;
    const { id } = await write('POST', 'Appointment', await booking('quota-cabinet', 0));
    await eventually(
      () => secure.heard.length,
      (count) => count > before,
    );
    await test.request('DELETE', `Appointment/${id}`);
    return secure.heard.at(-1)!.client;
  };
  try {
    expect(await client()).toBe('editor.creneau.test');
    const next = await makeCertificate(
      pki.intermediate,
      { commonName: 'renewed.creneau.test', organizationalUnits: ['1990000001'] },
      { from: Date.now() - DAY, to: Date.now() + DAY },
    );
    pki.write({ 'editor.pem': next.certificate });
    // Long enough for the sender to look at the half-written pair.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await client()).toBe('editor.creneau.test');
    pki.write({ 'editor.key': next.key });
    expect(await within10s(client, (name) => name === 'renewed.creneau.test')).toBe('renewed.creneau.test');
    await settled();
  } finally {
    await secure.close();
    pki.remove();
  }
});
