/** Delegated agendas, with callers known by their tokens: what a delegate may do, what others then may not, who can end it, who did what, what was missed. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/fhir/fixture.json'), 'utf8'));
const URL = 'urn:creneau:fhir:delegation';
const CALLERS = ['cabinet', 'editeur', 'autre'] as const;
type Name = (typeof CALLERS)[number];

let test: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-callers-'));
  const callers = join(folder, 'callers.json');
  writeFileSync(callers, JSON.stringify({ callers: CALLERS.map((name) => ({ name, roles: ['manager'], tokenSha256: createHash('sha256').update(name).digest('hex') })) }));
  test = await startTestServer({ auth: 'token', callers });
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

const as = (name: Name, method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Reply> => test.request(method, path, body, { authorization: `Bearer ${name}`, ...headers });
const P = 'Schedule/vasseur-paris';

async function agenda(): Promise<Json> {
  return (await as('cabinet', 'GET', P)).json;
}

const without = (schedule: Json): Json => ({ ...schedule, extension: schedule.extension.filter((one: Json) => one.url !== URL) });

async function delegate(scope: string, caller = 'editeur', by: Name = 'cabinet'): Promise<Reply> {
  const schedule = without(await agenda());
  return as(by, 'PUT', P, { ...schedule, extension: [...schedule.extension, { url: URL, extension: [{ url: 'caller', valueString: caller }, { url: 'scope', valueCode: scope }] }] });
}

async function book(name: Name, slot?: string): Promise<Reply> {
  const { json } = slot === undefined ? await as('cabinet', 'GET', 'Slot?status=free&_count=1&schedule=vasseur-paris&start=ge2026-11-25&start=lt2026-12-20') : { json: undefined };
  return as(name, 'POST', 'Appointment', { resourceType: 'Appointment', status: 'booked', slot: [{ reference: `Slot/${slot ?? json.entry[0].resource.id}` }], participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }] });
}

const closure = (id: string): Json => ({ resourceType: 'Slot', id, schedule: { reference: P }, status: 'busy-unavailable', start: '2026-12-21T09:00:00+01:00', end: '2026-12-21T10:00:00+01:00' });
const comment = async (name: Name, text: string): Promise<number> => (await as(name, 'PUT', P, { ...(await agenda()), comment: text })).status;

describe('a delegated agenda', () => {
  beforeEach(async () => {
    const schedule = await as('cabinet', 'GET', P);
    if (schedule.status === 200 && schedule.json.extension.some((one: Json) => one.url === URL)) expect((await as('cabinet', 'PUT', P, without(schedule.json))).status).toBe(200);
    if (schedule.status !== 200) {
      test.clock.now = NOW;
      for (const { resource } of fixture.entry) expect((await as('cabinet', 'PUT', `${resource.resourceType}/${resource.id}`, resource)).status).toBe(201);
    }
  });

  it('wholly: the delegate keeps availabilities and appointments, nobody else does; who delegated ends it', async () => {
    const { status, json } = await delegate('whole');
    expect(status).toBe(200);
    expect(json.extension.find((one: Json) => one.url === URL).extension).toContainEqual({ url: 'manager', valueString: 'cabinet' });
    expect(await comment('editeur', 'tenu par l’éditeur')).toBe(200);
    const mine = await book('editeur');
    expect(mine.status).toBe(201);
    expect((await as('editeur', 'PUT', 'Slot/c1', closure('c1'))).status).toBe(201);
    for (const other of ['cabinet', 'autre'] as const) {
      expect(await comment(other, 'non')).toBe(403);
      const refused = await book(other);
      expect([refused.status, refused.json.issue[0].details.text]).toEqual([403, 'Cet agenda est délégué à « editeur » ; « cabinet » peut mettre fin à la délégation.']);
      expect((await as(other, 'PUT', `Appointment/${mine.json.id}`, { ...mine.json, status: 'cancelled' })).status).toBe(403);
      expect((await as(other, 'PATCH', `Appointment/${mine.json.id}`, [{ op: 'add', path: '/comment', value: 'x' }], { 'content-type': 'application/json-patch+json' })).status).toBe(403);
      expect((await as(other, 'DELETE', `Appointment/${mine.json.id}`)).status).toBe(403);
      expect((await as(other, 'DELETE', 'Slot/c1')).status).toBe(403);
      expect((await as(other, 'DELETE', P)).status).toBe(403);
      const entry = [{ request: { method: 'PUT', url: 'Slot/c2' }, resource: closure('c2') }];
      expect((await as(other, 'POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status).toBe(403);
    }
    // Reading stays free, and the same doctor's other agenda is nobody's.
    expect((await as('autre', 'GET', 'Slot?schedule=vasseur-paris')).status).toBe(200);
    expect((await as('autre', 'PUT', P, without(await agenda()))).status).toBe(403);
    expect((await as('cabinet', 'PUT', P, without(await agenda()))).status).toBe(200);
    expect((await as('editeur', 'PUT', `Appointment/${mine.json.id}`, { ...mine.json, status: 'cancelled' })).status).toBe(200);
    expect(await comment('autre', 'à nouveau libre')).toBe(200);
  });

  it('the delegate changes neither whose agenda it is, nor who keeps it; it may give it back', async () => {
    await delegate('whole');
    const schedule = await agenda();
    expect((await as('editeur', 'PUT', P, { ...schedule, actor: schedule.actor.slice(0, 1).concat({ reference: 'Location/lyon' }) })).status).toBe(403);
    expect((await as('editeur', 'DELETE', P)).status).toBe(403);
    expect((await delegate('whole', 'autre', 'editeur')).status).toBe(403);
    expect((await as('editeur', 'DELETE', 'Practitioner/vasseur')).status).toBe(403);
    expect((await as('editeur', 'PUT', P, without(schedule))).status).toBe(200);
    expect(await comment('autre', 'libre')).toBe(200);
  });

  it('availabilities only: appointments stay open to all', async () => {
    await delegate('availabilities');
    expect([await comment('editeur', 'a'), await comment('cabinet', 'b'), await comment('autre', 'c')]).toEqual([200, 403, 403]);
    expect([(await book('autre')).status, (await book('cabinet')).status, (await book('editeur')).status]).toEqual([201, 201, 403]);
    const refused = await book('editeur');
    expect(refused.json.issue[0].details.text).toBe('Les disponibilités de cet agenda sont déléguées à « editeur », et rien de plus.');
  });

  it('appointments only: the manager keeps the availabilities, the delegate the appointments', async () => {
    await delegate('appointments');
    expect([await comment('cabinet', 'a'), await comment('editeur', 'b')]).toEqual([200, 403]);
    expect([(await book('cabinet')).status, (await book('editeur')).status]).toEqual([403, 201]);
  });

  it('a delegate’s booking that conflicts is refused with the nearest free times, never written over', async () => {
    await delegate('whole');
    const first = await book('editeur');
    const second = await book('editeur', first.json.slot[0].reference.split('/')[1]);
    expect([second.status, second.json.issue[0].code]).toEqual([409, 'conflict']);
    expect(second.json.issue.slice(1).every((one: Json) => /^Free: Slot\//.test(one.diagnostics))).toBe(true);
    expect(second.json.issue.length).toBeGreaterThan(1);
  });

  it('says what is wrong with a delegation', async () => {
    expect((await delegate('everything')).status).toBe(422);
    expect((await delegate('whole', '')).status).toBeGreaterThanOrEqual(400);
    expect(await comment('autre', 'libre')).toBe(200);
  });

  it('who did what is recorded; a delegate that was away finds what it missed', async () => {
    const at = Number(/_after=(\d+)/.exec((await as('editeur', 'GET', '_history?_after=latest')).json.link.find((one: Json) => one.relation === 'monitor').url)![1]);
    await delegate('appointments');
    const booked = await book('editeur');
    await as('cabinet', 'PUT', 'Slot/c3', closure('c3'));
    await as('cabinet', 'PUT', P, without(await agenda()));
    const { json } = await as('cabinet', 'GET', 'AuditEvent?entity=Schedule/vasseur-paris&_sort=_lastUpdated&_count=200');
    const told = json.entry.map(({ resource }: Json) => `${resource.subtype[0].code} ${resource.agent.map((one: Json) => one.who.display).join('>')} ${resource.entity[0].what.reference}`);
    expect(told).toEqual(expect.arrayContaining([`delegation-begun cabinet>editeur ${P}`, `delegate editeur Appointment/${booked.json.id}`, `delegation-ended cabinet>editeur ${P}`]));
    const missed = await as('editeur', 'GET', `_history?_after=${at}&schedule=${P}`);
    const seen = missed.json.entry.map((one: Json) => one.fullUrl.split('/').slice(-2).join('/')).filter((one: string) => !one.startsWith('AuditEvent'));
    expect(seen).toEqual([P, `Appointment/${booked.json.id}`, 'Slot/c3', P]);
  });
});
