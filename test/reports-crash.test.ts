/**
 * INT_R03 by the real command, over mutual TLS, killed (SIGKILL) at random moments while regulators book: each booking
 * that was answered reaches the platform, as it is at the end, and none is there twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { call, freshDatabase } from './harness.ts';
import { type ServerProcess, startProcess } from './process.ts';
import { type BadDay, eventually, type Receiver, startReceiver } from './receiver.ts';
import { type TestPki, testPki } from './tls.ts';

const KILLS = 2;
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const SYSTEM = 'https://editeur.example/rendez-vous';
let database: Awaited<ReturnType<typeof freshDatabase>>;
let folder: string;
let pki: TestPki;
let receiver: Receiver;

beforeAll(async () => {
  database = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'creneau-reports-'));
  pki = await testPki();
  receiver = await startReceiver({
    cert: pki.read('server.pem'),
    key: pki.read('server.key'),
    ca: pki.read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  });
});
afterAll(async () => {
  await receiver.close();
  pki.remove();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const start = (): Promise<ServerProcess> =>
  startProcess(
    [
      'agenda',
      '--data',
      folder,
      '--log-level',
      'error',
      '--sas-platform-url',
      receiver.url,
      '--sas-client-cert',
      pki.at('editor.pem'),
      '--sas-client-key',
      pki.at('editor.key'),
      '--sas-ca',
      pki.at('ca.pem'),
      '--editor-system',
      SYSTEM,
    ],
    database.url === undefined ? {} : { DATABASE_URL: database.url },
  );

it(`killed ${KILLS} times while regulators book: nothing is lost, nothing is doubled`, {
  timeout: 300_000,
}, async () => {
  let server = await start();
  await loadFixture(`${server.url}/fhir`);
  const account = {
    resourceType: 'Practitioner',
    identifier: [{ type: { coding: [{ code: 'IDNPS' }] }, system: IDNPS, value: '3456780581/9' }],
    active: true,
    name: [{ family: 'REGUL', given: ['Max'] }],
    telecom: [{ system: 'email', value: 'max@samu.test' }],
  };
  expect((await call(`${server.url}/sas/Practitioner`, 'POST', account)).status).toBe(201);
  /** Identifier -> status that was acknowledged last. */
  const acknowledged = new Map<string, string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const slots = await freeSlots(server.url, kill);
    const before = acknowledged.size;
    // The answers of the platform are lost now and then, as when the server dies between the answer and its note of it.
    receiver.bad = [lostAnswer, lostAnswer, lostAnswer];
    const load = Promise.all([0, 1, 2].map((worker) => book(server.url, slots, worker, acknowledged)));
    await eventually(
      () => acknowledged.size,
      (size) => size > before + 2,
    );
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
    await server.kill('SIGKILL');
    await load;
    receiver.bad = [];
    server = await start();
  }
  await eventually(
    async () => (await call(`${server.url}/fhir/$outbox?state=waiting`, 'GET')).text,
    (text) => !text.includes('"item"'),
    120,
  );
  expect((await call(`${server.url}/fhir/$outbox?state=failed`, 'GET')).text).not.toContain('"item"');
  await killedInTheMiddle(
    server.url,
    () => server.kill('SIGKILL'),
    async () => {
      server = await start();
    },
  );
  await server.kill('SIGTERM');
  const there = receiver.records.map((record) => record.identifier[0].value as string);
  expect(new Set(there).size).toBe(there.length);
  const status = new Map(receiver.records.map((record) => [record.identifier[0].value, record.status]));
  for (const [identifier, last] of acknowledged)
    expect([identifier, status.get(identifier)]).toEqual([
      identifier,
      last === 'cancelled' ? 'cancelled' : expect.stringMatching(/booked|cancelled/),
    ]);
  expect(acknowledged.size).toBeGreaterThanOrEqual(3 * KILLS);
  expect(new Set(receiver.heard.map(({ client }) => client)).size).toBe(1);
  expect(receiver.heard[0]!.client).toBeDefined();
});

/**
 * A report is on its way, the platform does not answer, the server dies: whoever comes back does not wait for its lease
 * (16 s) to end.
 */
async function killedInTheMiddle(url: string, kill: () => Promise<void>, restart: () => Promise<void>): Promise<void> {
  const count = receiver.heard.length;
  receiver.bad = [(_response, keep) => keep()];
  await book(url, (await freeSlots(url, KILLS)).slice(0, 1), 0, new Map());
  await eventually(
    () => receiver.heard.length,
    (heard) => heard > count,
  );
  const taken = Date.now();
  await kill();
  await restart();
  const back = Date.now();
  await eventually(
    () => receiver.heard.length,
    (heard) => heard > count + 1,
  );
  expect(receiver.heard.slice(count, count + 2).map(({ method }) => method)).toEqual(['POST', 'PUT']);
  // 3 s after it was taken, a look every second; the rest is for a busy machine.
  expect(Date.now() - Math.max(back, taken + 3000)).toBeLessThan(5000);
}

const lostAnswer: BadDay = (response, keep) => {
  keep();
  response.socket!.destroy();
};

async function freeSlots(url: string, round: number): Promise<Json[]> {
  const day = (n: number): string => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
  const { json } = await call(
    `${url}/fhir/Slot?status=free&start=ge${day(1 + round * 10)}&start=lt${day(11 + round * 10)}&_count=300`,
    'GET',
  );
  return json.entry.map((entry: Json) => entry.resource);
}

/** Books, and cancels one in three, until the server is gone. */
async function book(
  url: string,
  slots: readonly Json[],
  worker: number,
  acknowledged: Map<string, string>,
): Promise<void> {
  const operator = {
    url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
    valueReference: { identifier: { system: IDNPS, value: '3456780581/9' } },
  };
  try {
    for (let i = worker; i < slots.length; i += 3) {
      const body = {
        resourceType: 'Appointment',
        status: 'booked',
        extension: [operator],
        slot: [{ reference: `Slot/${slots[i].id}` }],
        participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
      };
      const reply = await call(`${url}/fhir/Appointment`, 'POST', body);
      if (reply.status !== 201) continue;
      const { value } = reply.json.identifier.find((identifier: Json) => identifier.system === SYSTEM);
      acknowledged.set(value, 'booked');
      if (i % 3 !== 0) continue;
      const changed = await call(`${url}/fhir/Appointment/${reply.json.id}`, 'PUT', {
        ...reply.json,
        status: 'cancelled',
      });
      if (changed.status === 200) acknowledged.set(value, 'cancelled');
    }
  } catch {
    // Killed in the middle of a request: nobody promised anything.
  }
}
