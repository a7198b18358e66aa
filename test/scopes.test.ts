/** Programs with access tokens of an authorization server: who they are, and what their scopes leave of their role. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';
import { schedule } from './shared-agendas.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

const AUDIENCE = 'https://agenda.example.fr/fhir';
const folder = mkdtempSync(join(tmpdir(), 'creneau-scopes-'));
let tokens: TokenServer;
let test: TestServer;
const known = new Map<string, Promise<string>>();

beforeAll(async () => {
  tokens = await startTokenServer(['gap', 'reader', 'unlisted'], AUDIENCE);
  const tokenSha256 = createHash('sha256').update('static').digest('hex');
  const callers = [
    { name: 'GAP', clientId: 'gap', roles: ['manager'] },
    { name: 'Annuaire', clientId: 'reader', roles: ['reader'] },
    { name: 'static', roles: ['manager'], tokenSha256 },
  ];
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
  test = await startTestServer({
    ...{ auth: 'token', callers: join(folder, 'callers.json') },
    ...{ tokenIssuer: tokens.issuer, tokenAudience: [AUDIENCE] },
  });
  const put = async (resource: Json): Promise<void> => {
    const { status, text } = await call(`${test.base}/${resource.resourceType}/${resource.id}`, 'PUT', resource, {
      authorization: 'Bearer static',
    });
    expect(status, text).toBe(201);
  };
  for (const id of ['seen', 'unseen'])
    await put({ resourceType: 'Patient', id, gender: id === 'seen' ? 'female' : 'male', name: [{ family: id }] });
  for (const id of ['a', 'b']) {
    await put({ resourceType: 'Practitioner', id, name: [{ family: `Dr ${id}` }] });
    await put({ ...schedule(id, [`Practitioner/${id}`]) });
  }
  await put(appointment('mine', 'a', 'seen', '10:00'));
  await put(appointment('theirs', 'b', 'unseen', '10:00'));
});
afterAll(async () => {
  await test.close();
  await tokens.close();
  rmSync(folder, { recursive: true });
});

function appointment(id: string, doctor: string, patient: string, at: string, status = 'proposed'): Json {
  const participant = [`Practitioner/${doctor}`, `Patient/${patient}`].map((reference) => ({
    actor: { reference },
    status: 'needs-action',
  }));
  const [start, end] = [`2026-11-27T${at}:00+01:00`, `2026-11-27T${at.slice(0, 2)}:30:00+01:00`];
  return { resourceType: 'Appointment', id, status, start, end, comment: `Secret ${id}`, participant };
}

/** Asks with a token that has these scopes. */
async function as(scope: string, method: string, path: string, body?: Json, headers = {}): Promise<Reply> {
  if (!known.has(scope)) known.set(scope, tokens.token('gap', scope));
  return call(`${test.base}/${path}`, method, body, { authorization: `Bearer ${await known.get(scope)}`, ...headers });
}

const status = async (...asked: Parameters<typeof as>): Promise<number> => (await as(...asked)).status;

const MINE = 'system/Appointment.cruds?actor=Practitioner/a';
const SEEN = `${MINE} system/Patient.rs?gender=female system/Practitioner.rs system/Schedule.rs`;
const ALL = '_include=*&_include:iterate=*&_revinclude=*&_revinclude:iterate=*';

describe('a token', () => {
  const ask = (token: string): Promise<Reply> =>
    call(`${test.base}/Patient`, 'GET', undefined, { authorization: `Bearer ${token}` });
  const CLAIMS = { client_id: 'gap', scope: 'system/*.cruds' };

  it('of the server, for us, of a listed client', async () => {
    expect((await ask(await tokens.token('gap', 'system/Patient.s'))).status).toBe(200);
    expect((await ask(await tokens.sign(CLAIMS))).status).toBe(200);
    expect((await ask('static')).status).toBe(200);
  });

  it.each<[string, Json, Json?]>([
    ['for another server', { aud: 'https://other.example/fhir' }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['that has ended', { exp: 1_700_000_000 }],
    ['that is not valid yet', { nbf: 4_000_000_000 }],
    ['without an end', { exp: undefined }],
    ['of an unlisted client', { client_id: 'unlisted' }],
    ['of nobody', { client_id: undefined }],
    ['of another kind', {}, { typ: 'logout+jwt' }],
    ['with another key', {}, { kid: 'other' }],
    ['bound to a certificate', { cnf: { 'x5t#S256': 'x' } }],
  ])('%s is refused', async (_name, claims, header) => {
    const { status, json } = await ask(await tokens.sign({ ...CLAIMS, ...claims }, header));
    expect([status, json.issue[0].code]).toEqual([401, 'login']);
  });

  it('that somebody has changed, or not signed, is refused', async () => {
    const [head, , signature] = (await tokens.token('gap', 'system/Patient.s')).split('.');
    const claims = { iss: tokens.issuer, aud: AUDIENCE, exp: 4_000_000_000, ...CLAIMS };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const forged of [`${head}.${body}.${signature}`, `${none}.${body}.x`])
      expect((await ask(forged)).status).toBe(401);
  });

  it('has the rights of its client at most', async () => {
    const token = await tokens.token('reader', 'system/*.cruds');
    const { status } = await call(
      `${test.base}/Patient`,
      'POST',
      { resourceType: 'Patient' },
      {
        authorization: `Bearer ${token}`,
      },
    );
    expect(status).toBe(403);
  });
});

describe('scopes', () => {
  it.each<[string, string, string, number]>([
    ['system/Patient.rs', 'GET', 'Patient/seen', 200],
    ['system/Patient.s', 'GET', 'Patient/seen', 403],
    ['system/Patient.r', 'GET', 'Patient', 403],
    ['system/Patient.read', 'GET', 'Patient', 200],
    ['system/Patient.cud', 'GET', 'Patient/seen', 403],
    ['system/*.rs', 'GET', '_history', 200],
    ['system/*.rs', 'DELETE', 'Patient/seen', 403],
    ['user/*.cruds patient/*.rs openid', 'GET', 'Patient', 403],
    ['system/Patient.dr', 'GET', 'Patient/seen', 403],
    ['system/Patient.r?nonsense=1', 'GET', 'Patient/seen', 403],
    ['system/Patient.r?general-practitioner.name=x', 'GET', 'Patient/seen', 403],
    ['system/Patient.r?gender=female', 'GET', 'Patient/seen', 200],
    ['system/Patient.r?gender=female', 'GET', 'Patient/unseen', 403],
    ['system/Patient.r?gender=female', 'GET', 'Patient/seen/_history/1', 200],
    ['system/Patient.r?gender=female', 'GET', 'Patient/unseen/_history/1', 403],
    ['system/Patient.r?gender=female', 'GET', 'Patient/seen/_history', 403],
    ['system/Patient.rs?gender=female', 'GET', 'Patient/_history', 403],
    ['system/Patient.rs', 'GET', '_history', 403],
    ['system/Appointment.s', 'GET', 'Appointment?patient.family=seen', 403],
    ['system/Patient.rs system/Appointment.r', 'GET', 'Patient?_has:Appointment:patient:status=proposed', 403],
    ['system/Patient.rs system/Appointment.rs', 'GET', 'Schedule/a/$agenda?start=2026-11-27&end=2026-11-28', 403],
    ['system/Patient.rs', 'GET', '$export', 403],
    ['system/Subscription.cruds', 'POST', 'Subscription', 403],
    ['system/Appointment.cruds?actor=Practitioner/a', 'POST', 'Appointment/$book', 403],
    ['', 'GET', 'metadata', 200],
    ['system/Patient.rs', 'GET', '$server-state', 403],
  ])('%s: %s %s answers %i', async (scope, method, path, expected) => {
    // The server gives no token without a scope.
    const token = tokens.sign({ client_id: 'gap', scope });
    const body = method === 'POST' ? { resourceType: path.split('/')[0] } : undefined;
    const reply = await call(`${test.base}/${path}`, method, body, { authorization: `Bearer ${await token}` });
    expect(reply.status, reply.text).toBe(expected);
  });

  it.each([
    ...['Appointment', 'Appointment?_summary=count', `Appointment?${ALL}`, 'Patient', `Patient?${ALL}`],
    ...[`Practitioner?${ALL}`, `Schedule?${ALL}`, 'Patient?_has:Appointment:patient:status=proposed'],
    ...['Appointment?patient.family=unseen', 'Practitioner?_has:Appointment:actor:patient.family=unseen'],
    ...['Practitioner/b/Appointment', 'Practitioner/b/*', 'Appointment/theirs', 'Appointment/theirs/_history/1'],
    ...['Appointment/theirs/_history', 'Patient/unseen/Appointment', 'Patient/unseen', '_history?_after=0'],
  ])('with criteria leave the others out of %s', async (path) => {
    const { text, json } = await as(SEEN, 'GET', path);
    // A search repeats its own address.
    expect(text.replaceAll(path, '')).not.toMatch(/Secret theirs|unseen"|male"[^}]*unseen/);
    const names = (json?.entry ?? []).map(({ resource }: Json) => `${resource?.resourceType}/${resource?.id}`);
    expect(names).not.toEqual(expect.arrayContaining(['Appointment/theirs']));
    expect(names).not.toEqual(expect.arrayContaining(['Patient/unseen']));
    if (path.endsWith('_summary=count')) expect(json.total).toBe(1);
  });

  it('with criteria show what they are about', async () => {
    const { json } = await as(SEEN, 'GET', `Appointment?_include=Appointment:patient`);
    expect(json.entry.map(({ resource }: Json) => resource.id).sort()).toEqual(['mine', 'seen']);
    const chained = await as(SEEN, 'GET', 'Appointment?patient.family=seen');
    expect(chained.json.total).toBe(1);
  });

  it('with criteria hold for both sides of a change', async () => {
    const url = (id: string): string => `Appointment/${id}`;
    expect(await status(MINE, 'PUT', url('new'), appointment('new', 'a', 'seen', '11:00'))).toBe(201);
    expect(await status(MINE, 'PUT', url('other'), appointment('other', 'b', 'seen', '11:00'))).toBe(403);
    expect(await status(MINE, 'PUT', url('new'), appointment('new', 'b', 'seen', '11:00'))).toBe(403);
    expect(await status(MINE, 'PUT', url('theirs'), appointment('theirs', 'a', 'seen', '08:00'))).toBe(403);
    expect(await status(MINE, 'DELETE', url('theirs'))).toBe(403);
    expect(await status(MINE, 'PATCH', url('theirs'), [{ op: 'remove', path: '/comment' }])).toBe(403);
    expect(await status('system/Appointment.u', 'PUT', url('none'), appointment('none', 'a', 'seen', '09:00'))).toBe(
      403,
    );
    expect(await status(MINE, 'DELETE', url('new'))).toBe(204);
  });

  it('with criteria hide the others from conditions', async () => {
    expect(await status(MINE, 'DELETE', 'Appointment?date=2026-11-27&actor=Practitioner/b')).toBe(204);
    const patch = [{ op: 'remove', path: '/comment' }];
    expect(await status(MINE, 'PATCH', 'Appointment?_id=theirs', patch)).toBe(404);
    const created = await as(MINE, 'POST', 'Appointment', appointment('x', 'a', 'seen', '09:00'), {
      'if-none-exist': 'patient=Patient/unseen',
    });
    expect(created.status).toBe(201);
    expect(await status('system/*.rs', 'GET', 'Appointment/theirs')).toBe(200);
  });

  it('hold for each entry of a batch and of a transaction', async () => {
    const entry = ['Appointment/theirs', 'Appointment?_id=theirs', 'Patient/unseen', 'Patient/_history', '$export'].map(
      (url) => ({ request: { method: 'GET', url } }),
    );
    const batch = await as(SEEN, 'POST', '', { resourceType: 'Bundle', type: 'batch', entry });
    expect(batch.json.entry.map(({ response }: Json) => response.status)).toEqual(['403', '200', '403', '403', '403']);
    expect(batch.text).not.toContain('Secret');
    const transaction = await as(SEEN, 'POST', '', {
      ...{ resourceType: 'Bundle', type: 'transaction' },
      entry: [{ resource: appointment('t', 'b', 'seen', '08:00'), request: { method: 'PUT', url: 'Appointment/t' } }],
    });
    expect(transaction.status).toBe(403);
  });

  it('of slots alone show slots, by criteria too', async () => {
    const url = 'Slot?schedule=Schedule/a&start=ge2026-11-27&start=lt2026-11-28';
    const free = await as('system/Slot.s?status=free', 'GET', url);
    const all = await as('system/Slot.s', 'GET', url);
    const statuses = (reply: Reply): string[] => (reply.json.entry ?? []).map(({ resource }: Json) => resource.status);
    expect([free.status, all.status]).toEqual([200, 200]);
    expect(statuses(free)).toEqual(statuses(all).filter((found) => found === 'free'));
    expect(await status('system/Slot.s', 'GET', `${url}&schedule.actor=Practitioner/a`)).toBe(403);
  });

  it('with criteria open nothing of the SAS, which does not know them', async () => {
    const sas = test.base.replace(/fhir$/, 'sas');
    const ask = async (scope: string): Promise<number> =>
      (
        await call(`${sas}/Slot?start=ge2026-11-27`, 'GET', undefined, {
          authorization: `Bearer ${await tokens.sign({ client_id: 'gap', scope })}`,
        })
      ).status;
    expect(await ask('system/Slot.s?status=free')).toBe(403);
  });
});

describe('the server says', () => {
  it('where tokens come from', async () => {
    const { status, json, headers } = await call(`${test.base}/.well-known/smart-configuration`, 'GET');
    expect([status, headers['content-type']]).toEqual([200, expect.stringContaining('application/json')]);
    expect(json).toMatchObject({
      issuer: tokens.issuer,
      token_endpoint: `${tokens.issuer}/token`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      capabilities: expect.arrayContaining(['client-confidential-asymmetric', 'permission-v2']),
    });
  });

  it('so in its capability statement', async () => {
    const { json } = await as('system/Patient.r', 'GET', 'metadata');
    const [{ security }] = json.rest;
    expect(security.service[0].coding[0].code).toBe('SMART-on-FHIR');
    expect(security.extension[0].extension[0]).toEqual({ url: 'token', valueUri: `${tokens.issuer}/token` });
  });
});

// Last: it moves the time on.
it('keys are kept, and read again when the issuer has others', async () => {
  const before = tokens.keyReads();
  // Once for the first token, and once for the one with an unknown key.
  expect(before).toBeLessThanOrEqual(2);
  await as('system/Patient.s', 'GET', 'Patient');
  expect(tokens.keyReads()).toBe(before);
  await tokens.rotate();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
  const token = await tokens.token('gap', 'system/Patient.s system/Schedule.s');
  const { status } = await call(`${test.base}/Patient`, 'GET', undefined, { authorization: `Bearer ${token}` });
  vi.useRealTimers();
  expect([status, tokens.keyReads()]).toEqual([200, before + 1]);
});
