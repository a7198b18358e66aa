/**
 * Work that is done later than it was asked for has the rights that its author has then: subscriptions, exports and
 * mail end with the right of whoever asked for them, and say so. Followed calendars: `calendar-authors.test.ts`.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { demoIdentity } from '../src/rest/access/people.ts';
import type { PersonEntry } from '../src/rest/access/person.ts';
import { bookingOf, fixtureOf, freeSlots, loadFixture } from './fixture.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';
import { type Listener, listener, subscription } from './listener.ts';
import { TestBrowser } from './oidc-provider.ts';

/** How long a changed file may take to be in force, with much to spare. */
const WAIT_MS = 30_000;

let folder: string;
let test: TestServer;
let hook: Listener;
let smtp: SMTPServer;
let mails = 0;
let isMailAway = false;

const LOGICIEL = { name: 'logiciel', roles: ['manager'] };
const BOSS = { name: 'boss', roles: ['*'] };

function write(...callers: { name: string; roles: readonly string[]; paths?: string[] }[]): void {
  const listed = callers.map((caller) => ({
    ...{ tokenSha256: createHash('sha256').update(caller.name).digest('hex') },
    ...caller,
  }));
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers: listed }));
}

const as = (token: string, method: string, path: string, body?: Json): Promise<Reply> =>
  call(`${test.base}/${path}`, method, body, { authorization: `Bearer ${token}` });

async function until<T>(what: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + WAIT_MS; ; ) {
    const found = await what();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Until the server has read the callers file again. */
const inForce = (): Promise<boolean> =>
  until(async () => (await as('logiciel', 'GET', 'Subscription?_summary=count')).status !== 200);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-withdrawn-'));
  write(LOGICIEL, BOSS);
  hook = await listener();
  smtp = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'] },
    onData(stream, _session, done) {
      stream.resume();
      stream.on('end', () => {
        if (isMailAway) return done(Object.assign(new Error('later'), { responseCode: 450 }));
        mails++;
        return done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  test = await startTestServer({
    ...{ auth: 'token', callers: join(folder, 'callers.json'), allowPrivateEndpoints: true, demoLogin: true },
    smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
  });
  await loadFixture(test.base, undefined, { authorization: 'Bearer boss' });
}, 60_000);
afterAll(async () => {
  await test.close();
  hook.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  write(LOGICIEL, BOSS);
  await until(async () => (await as('logiciel', 'POST', 'Patient', { resourceType: 'Patient' })).status === 201);
});

const becomes = (id: string, status: string): Promise<Json> =>
  until(async () => {
    const { json } = await as('boss', 'GET', `Subscription/${id}`);
    return json.status === status ? json : undefined;
  });

async function book(token = 'boss'): Promise<Json> {
  const [slot] = await freeSlots(
    { request: (method, path) => as('boss', method, path) },
    'schedule=vasseur-paris&start=ge2026-11-25&start=lt2026-12-20',
  );
  const reply = await as(token, 'POST', 'Appointment', bookingOf(slot!.id));
  expect(reply.status, reply.text).toBe(201);
  return reply.json;
}

it.each([
  ['is gone', [BOSS]],
  ['only reads', [{ ...LOGICIEL, roles: ['reader'] }, BOSS]],
  ['no longer reaches appointments', [{ ...LOGICIEL, paths: ['/fhir/Subscription'] }, BOSS]],
])('a subscription whose author %s tells nothing more, and why', async (_, callers) => {
  const made = await as('logiciel', 'POST', 'Subscription', subscription(hook.url, 'appointment'));
  expect(made.status, made.text).toBe(201);
  const { id } = made.json;
  expect(JSON.stringify((await becomes(id, 'active'))['author'] ?? null)).toBe('null');
  await book();
  await until(async () => hook.got.length >= 2);
  write(...callers);
  if (callers[0]!.name === 'boss') await inForce();
  else await until(async () => (await as('logiciel', 'POST', 'Patient', { resourceType: 'Patient' })).status === 403);
  const before = hook.got.length;
  await book();
  const ended = await becomes(id, 'error');
  expect(ended['error']).toMatch(/the right of its author was withdrawn/);
  expect(hook.got).toHaveLength(before);
  // Somebody who has the right takes it over by writing it again.
  const again = await as('boss', 'PUT', `Subscription/${id}`, { ...ended, status: 'requested' });
  expect(again.status, again.text).toBe(200);
  await becomes(id, 'active');
  await as('boss', 'DELETE', `Subscription/${id}`);
});

it('a subscription whose author an older version did not store ends until somebody writes it again', async () => {
  const { json } = await as('logiciel', 'POST', 'Subscription', subscription(hook.url, 'appointment'));
  await becomes(json.id, 'active');
  await test.sql(`UPDATE subscriptionchannel SET body = (body::jsonb - 'creneauAuthor')::text`);
  await book();
  expect((await becomes(json.id, 'error'))['error']).toMatch(/not known who asked/);
  await as('boss', 'DELETE', `Subscription/${json.id}`);
});

it('the author of a subscription is shown to nobody', async () => {
  const { json } = await as('logiciel', 'POST', 'Subscription', subscription(hook.url, 'schedule'));
  for (const path of [`Subscription/${json.id}`, `Subscription/${json.id}/_history`, 'Subscription'])
    expect((await as('boss', 'GET', path)).text).not.toContain('creneauAuthor');
  await as('boss', 'DELETE', `Subscription/${json.id}`);
});

it('an export ends with the right of its author, and gives none of its files', async () => {
  const begun = await as('logiciel', 'GET', '$export?_type=Patient,Appointment');
  expect(begun.status).toBe(202);
  const address = begun.headers['content-location']!.split('/fhir/')[1]!;
  await until(async () => (await as('logiciel', 'GET', address)).status === 200);
  // The same job, begun anew while its author has no right.
  await test.sql(`UPDATE bulk_job SET done_types = '{}', state = 'waiting'`);
  await test.sql('DELETE FROM bulk_file');
  write(BOSS);
  await inForce();
  await test.sql(`UPDATE outbox SET delivered_at = NULL, next_attempt_at = now() WHERE destination = 'bulk'`);
  const [failed] = await until(async () => {
    const rows = await test.sql<{ last_error: string }>(
      `SELECT last_error FROM outbox WHERE destination = 'bulk' AND failed_at IS NOT NULL`,
    );
    return rows.length > 0 && rows;
  });
  expect(failed!.last_error).toMatch(/no active account/);
  expect(await test.sql('SELECT 1 FROM bulk_file')).toEqual([]);
  write(LOGICIEL, BOSS);
  await until(async () => (await as('logiciel', 'POST', 'Patient', { resourceType: 'Patient' })).status === 201);
  expect((await as('logiciel', 'GET', address)).status).toBe(403);
});

it('a mail about the change of somebody whose right was withdrawn meanwhile does not leave', async () => {
  const rights: PersonEntry = {
    ...{ name: 'Camille', subject: demoIdentity('camille', 'Camille').subject, practitioner: 'Practitioner/vasseur' },
    ...{ roles: ['practitioner'], agendas: [], places: [] },
  };
  const person = { id: 'camille', roles: rights.roles, description: '', identity: demoIdentity('camille', 'Camille') };
  test.server.people.introduce([{ person, rights }]);
  const browser = new TestBrowser();
  const { json: session } = await browser.json('POST', `${test.server.url}/auth/demo-login`, { person: 'camille' });
  const telecom = [
    {
      ...{ system: 'email', value: 'alice@example.org' },
      extension: [{ url: 'urn:creneau:fhir:notify', valueBoolean: true }],
    },
  ];
  await as('boss', 'PUT', 'Patient/alice', { ...fixtureOf('alice'), telecom });
  const booked = await book();
  await until(async () => mails > 0);
  // A time that Alice heard of before would be no news to her.
  let changes = 0;
  const change = async (comment: string): Promise<void> => {
    const slots = await freeSlots(
      { request: (method, path) => as('boss', method, path) },
      'schedule=vasseur-paris&start=ge2026-12-01&start=lt2026-12-20',
    );
    const { json } = await as('boss', 'GET', `Appointment/${booked.id}`);
    const slot = slots[changes++];
    const { start, end } = slot!;
    const reply = await browser.json(
      'PUT',
      `${test.base}/Appointment/${booked.id}`,
      { ...json, start, end, slot: [{ reference: `Slot/${slot!.id}` }], comment },
      { 'x-csrf-token': session.csrfToken, 'content-type': 'application/fhir+json' },
    );
    expect(reply.status, reply.text).toBe(200);
  };
  mails = 0;
  await change('avec droit');
  await until(async () => mails === 1);
  for (const withdrawn of [{ roles: [] }, { practitioner: 'Practitioner/other' }] as Partial<PersonEntry>[]) {
    isMailAway = true;
    mails = 0;
    await change(JSON.stringify(withdrawn));
    const waiting = `destination = 'mail' AND attempts > 0 AND delivered_at IS NULL AND failed_at IS NULL`;
    await until(
      async () => (await test.sql(`SELECT 1 FROM outbox WHERE ${waiting} AND last_error LIKE 'SMTP%'`)).length > 0,
    );
    const before = { ...rights };
    Object.assign(rights, withdrawn);
    isMailAway = false;
    await test.sql(`UPDATE outbox SET next_attempt_at = now() WHERE ${waiting}`);
    const rows = await until(async () => {
      const found = await test.sql<{ last_error: string }>(
        `SELECT last_error FROM outbox WHERE destination = 'mail' AND failed_at IS NOT NULL`,
      );
      return found.length > 0 && found;
    });
    expect(rows[0]!.last_error).toMatch(/the right of its author was withdrawn/);
    expect(mails).toBe(0);
    Object.assign(rights, before);
    await test.sql(`DELETE FROM outbox WHERE destination = 'mail'`);
  }
});
