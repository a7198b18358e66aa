/**
 * Every access leaves a trace: each declared interaction of each face, logins and refusals; by whom, from where, to
 * whose data. Only the role `audit` reads it, and nobody changes it.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer({ editorSystem: 'urn:oid:1.2.250.1.213.3.6.1' });
  await loadFixture(test.base);
});
afterAll(() => test.close());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_PATCH = { 'content-type': 'application/json-patch+json' };

/** The AuditEvents of one request, by its `X-Request-Id`. */
async function eventsOf(reply: Reply): Promise<Json[]> {
  await test.server.audit.spool.flush();
  const rows = await test.sql<{ fact: string }>('SELECT id FROM audit_event WHERE request = $1 ORDER BY at, id', [
    reply.headers['x-request-id'],
  ]);
  return Promise.all(
    rows.map(async (row) => (await test.request('GET', `AuditEvent/${(row as unknown as { id: string }).id}`)).json),
  );
}

const codesOf = (events: readonly Json[]): string[] =>
  events
    .flatMap((event) => event.subtype.map((coding: Json) => coding.code))
    // The patterns of IHE have one code for every search.
    .filter((code) => code !== 'search');
const entitiesOf = (events: readonly Json[]): string[] => [
  ...new Set(events.flatMap((event) => event.entity.flatMap((entity: Json) => entity.what?.reference ?? []))),
];

describe('every declared interaction', () => {
  it('of every type under /fhir leaves an AuditEvent with its code', async () => {
    const { json } = await test.request('GET', 'metadata');
    for (const { type, interaction = [] } of json.rest[0].resource as Json[]) {
      const verbs: Record<string, () => Promise<Reply>> = {
        create: () => test.request('POST', type, { resourceType: type }),
        update: () => test.request('PUT', `${type}/none`, { resourceType: type, id: 'none' }),
        patch: () => test.request('PATCH', `${type}/none`, [], JSON_PATCH),
        delete: () => test.request('DELETE', `${type}/none`),
        read: () => test.request('GET', `${type}/none`),
        vread: () => test.request('GET', `${type}/none/_history/1`),
        'history-instance': () => test.request('GET', `${type}/none/_history`),
        'history-type': () => test.request('GET', `${type}/_history`),
        'search-type': () => test.request('GET', `${type}?_count=1`),
      };
      for (const { code } of interaction as Json[])
        expect([type, code, codesOf(await eventsOf(await verbs[code]!()))]).toEqual([type, code, [code]]);
      if (interaction.some(({ code }: Json) => code === 'search-type'))
        expect(codesOf(await eventsOf(await test.request('POST', `${type}/_search`, undefined, FORM)))).toEqual([
          'search-type',
        ]);
    }
  });

  it('of the whole system: capabilities, history, batch with each of its entries, transaction', async () => {
    expect(codesOf(await eventsOf(await test.request('GET', 'metadata')))).toEqual(['capabilities']);
    expect(codesOf(await eventsOf(await test.request('GET', '_history?_count=1')))).toEqual(['history-system']);
    const entry = [
      { request: { method: 'GET', url: 'Schedule?_count=1' } },
      { request: { method: 'GET', url: 'Patient/none' } },
      { request: { method: 'GET', url: 'Patient/none/$none' } },
    ];
    const batch = await eventsOf(await test.request('POST', '', { resourceType: 'Bundle', type: 'batch', entry }));
    expect(codesOf(batch).sort()).toEqual(['$none', 'batch', 'operation', 'read', 'search-type']);
    const written = await test.request('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: ['a', 'b'].map((id) => ({
        request: { method: 'PUT', url: `Device/audit-${id}` },
        resource: { resourceType: 'Device', id: `audit-${id}` },
      })),
    });
    const transaction = await eventsOf(written);
    expect(codesOf(transaction).sort()).toEqual(['transaction', 'update', 'update']);
    expect(entitiesOf(transaction).sort()).toEqual(['Device/audit-a/_history/1', 'Device/audit-b/_history/1']);
  });

  it('of every operation, on each level', async () => {
    const { json } = await test.request('GET', 'metadata');
    const system = (json.rest[0].operation as Json[]).map(({ name }) => `$${name}`);
    const typed = (json.rest[0].resource as Json[]).flatMap(({ type, operation = [] }) =>
      (operation as Json[]).flatMap(({ name }) => [`${type}/$${name}`, `${type}/none/$${name}`]),
    );
    for (const path of [...system, ...typed])
      for (const method of ['GET', 'POST']) {
        const events = await eventsOf(await test.request(method, path, method === 'POST' ? {} : undefined));
        expect([method, path, events.length > 0]).toEqual([method, path, true]);
      }
  });

  it('of the SAS face, with the agendas that it shows', async () => {
    const sas = test.base.replace('/fhir', '/sas');
    const statement = (await call(`${sas}/metadata`, 'GET')).json;
    for (const { type, interaction } of statement.rest[0].resource as Json[])
      for (const { code } of interaction as Json[]) {
        const path = code === 'read' ? `${type}/none` : type;
        const method = code === 'create' ? 'POST' : code === 'update' ? 'PUT' : 'GET';
        const reply = await call(`${sas}/${path}`, method, method === 'GET' ? undefined : { resourceType: type });
        expect([type, code, codesOf(await eventsOf(reply))[0]]).toEqual([type, code, code]);
      }
  });

  it('of the addresses that do not speak FHIR', async () => {
    const root = test.base.replace('/fhir', '');
    for (const [method, path, code] of [
      ['GET', '/ical/aaaaaaaaaaaaaaaaaaaaaaaa.ics', 'calendar'],
      ['PROPFIND', '/dav/', 'caldav'],
      ['GET', '/auth/callback', 'openid-connect'],
      ['GET', '/nowhere', 'http-get'],
      ['GET', '/rdv', 'http-get'],
    ] as const)
      expect([path, codesOf(await eventsOf(await call(root + path, method)))]).toContainEqual(
        expect.arrayContaining([code]),
      );
  });
});

describe('an AuditEvent', () => {
  it('names who, from where, whose data, and follows the profile of IHE', async () => {
    const id = (await test.request('POST', 'Patient', { resourceType: 'Patient', name: [{ family: 'Zzyzx' }] })).json
      .id;
    const [event] = await eventsOf(await test.request('GET', `Patient/${id}`));
    expect(event).toMatchObject({
      meta: { profile: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead'] },
      action: 'R',
      outcome: '0',
      agent: [
        { requestor: true, who: { display: 'anonymous' } },
        { network: { address: '127.0.0.1', type: '2' } },
        { who: { display: 'Créneau' } },
      ],
    });
    expect(entitiesOf([event])).toEqual([`Patient/${id}`]);
  });

  it('of a search names the patients who were shown, and keeps no name that was searched for', async () => {
    const id = (await test.request('POST', 'Patient', { resourceType: 'Patient', name: [{ family: 'Quixotte' }] })).json
      .id;
    const [event] = await eventsOf(await test.request('GET', 'Patient?name=quixotte&_count=5'));
    expect(entitiesOf([event])).toEqual([`Patient/${id}`]);
    const query = event.entity.find((entity: Json) => entity.query !== undefined);
    expect(Buffer.from(query.query, 'base64').toString()).toBe('Patient?name=***&_count=5');
    const rows = await test.sql<{ fact: string }>('SELECT fact FROM audit_event');
    expect(rows.filter(({ fact }) => /quixotte|zzyzx/i.test(fact))).toEqual([]);
  });

  it('of a write is in its commit, and a refused write leaves one too', async () => {
    const written = await test.request('POST', 'Patient', { resourceType: 'Patient' });
    const [event, ...more] = await eventsOf(written);
    expect([event.action, more.length, entitiesOf([event])]).toEqual([
      'C',
      0,
      [`Patient/${written.json.id}`, `Patient/${written.json.id}/_history/1`],
    ]);
    const [refused] = await eventsOf(await test.request('PUT', 'Patient/x y', { resourceType: 'Patient' }));
    expect([refused.outcome, refused.outcomeDesc]).toEqual(['4', 'HTTP 400']);
  });

  it('is found by date, agent, patient, entity, code and outcome', async () => {
    const { id } = (await test.request('POST', 'Patient', { resourceType: 'Patient' })).json;
    await test.request('GET', `Patient/${id}`);
    const total = async (query: string): Promise<number> =>
      (await test.request('GET', `AuditEvent?${query}`, undefined, { prefer: 'handling=strict' })).json.total;
    expect(await total(`patient=Patient/${id}`)).toBe(2);
    expect(await total(`patient=${id}&action=R`)).toBe(1);
    expect(await total(`entity=Patient/${id}&subtype=create`)).toBe(1);
    expect(await total(`patient=${id}&agent-name=anonym&outcome=0`)).toBe(2);
    expect(await total(`patient=${id}&date=2026-11-24`)).toBe(2);
    expect(await total(`patient=${id}&date=gt2026-11-25`)).toBe(0);
    const page = (await test.request('GET', `AuditEvent?patient=${id}&_count=1`)).json;
    const next = page.link.find((link: Json) => link.relation === 'next').url as string;
    expect((await call(next, 'GET')).json.entry).toHaveLength(1);
    expect((await test.request('GET', 'AuditEvent?entity:Patient.name=a')).status).toBe(400);
    expect((await test.request('GET', 'Patient?_has:AuditEvent:entity:action=R')).status).toBe(400);
    expect((await test.request('GET', 'Patient?_revinclude=AuditEvent:entity')).status).toBe(400);
  });
});

describe('beside the trail', () => {
  it('the history names the author of each version', async () => {
    const { id } = (await test.request('POST', 'Patient', { resourceType: 'Patient' })).json;
    await test.request('PUT', `Patient/${id}`, { resourceType: 'Patient', id, active: true });
    const { entry } = (await test.request('GET', `Patient/${id}/_history`)).json;
    const authors = entry.map(
      ({ extension }: Json) => extension.find(({ url }: Json) => url === 'urn:creneau:fhir:author').valueString,
    );
    expect(authors).toEqual(['anonymous', 'anonymous']);
  });

  it('nothing under /fhir may be kept by a cache, refusals included', async () => {
    for (const path of [
      'Patient?_count=1',
      'Patient/none',
      'metadata',
      'Nothing',
      'Patient/none/$accesses',
      '_history',
    ])
      expect([path, (await test.request('GET', path)).headers['cache-control']]).toEqual([path, 'no-store']);
  });

  it('logins, logouts and refusals are in a security log of their own, without queries and ids', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'creneau-security-'));
    const securityLog = join(folder, 'security.ndjson');
    const callers = join(folder, 'callers.json');
    const tokenSha256 = createHash('sha256').update('reader').digest('hex');
    writeFileSync(callers, JSON.stringify({ callers: [{ name: 'lecteur', roles: ['reader'], tokenSha256 }] }));
    const server = await startTestServer({ auth: 'token', callers, securityLog });
    const as = (token: string) => ({ authorization: `Bearer ${token}` });
    await server.request('GET', 'Patient/secret-id?name=dupont', undefined, as('wrong'));
    await server.request('DELETE', 'Patient/secret-id', undefined, as('reader'));
    await server.request('GET', 'AuditEvent', undefined, as('reader'));
    await server.request('GET', 'Patient?name=dupont', undefined, as('reader'));
    await server.close();
    const text = readFileSync(securityLog, 'utf8');
    rmSync(folder, { recursive: true });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    expect(lines.map(({ event, caller, status }) => [event, caller, status])).toEqual([
      ['credentials-refused', 'anonymous', 401],
      ['access-refused', 'lecteur', 403],
      ['access-refused', 'lecteur', 403],
    ]);
    expect(lines[0]).toMatchObject({ log: 'security', method: 'GET', route: '/fhir/:type/:id', address: '127.0.0.1' });
    expect(text).not.toMatch(/dupont|secret-id|wrong/);
  });
});

describe('the trail', () => {
  it('only grows: the database refuses every change', async () => {
    await test.request('GET', 'Patient/none');
    await test.server.audit.spool.flush();
    const [month] = await test.sql<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_event'::regclass LIMIT 1`,
    );
    for (const table of ['audit_event', month!.name])
      for (const statement of [`UPDATE ${table} SET name = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table}`])
        await expect(test.sql(statement)).rejects.toMatchObject({ cause: { code: '42501' } });
  });

  it('a month is made once, however many find at once that it is missing', async () => {
    const years = Array.from({ length: 12 }, (_, i) => Date.parse(`${2040 + i}-05-15T00:00:00Z`));
    for (const month of years)
      await Promise.all(Array.from({ length: 8 }, () => test.server.audit.trail.prepareMonths(month)));
    const made = await test.sql(
      `SELECT FROM pg_inherits WHERE inhparent = 'audit_event'::regclass
         AND inhrelid::regclass::text ~ '_20[45]\\d_0[56]$'`,
    );
    expect(made).toHaveLength(2 * years.length);
  });

  it('drops whole months that are over', async () => {
    const months = async (): Promise<number> =>
      (await test.sql(`SELECT FROM pg_inherits WHERE inhparent = 'audit_event'::regclass`)).length;
    await test.server.audit.trail.prepareMonths(Date.parse('2020-01-15T00:00:00Z'));
    const before = await months();
    expect(await test.server.audit.trail.forget(Date.parse('2020-02-01T00:00:00Z'))).toBe(1);
    expect(await months()).toBe(before - 1);
  });
});
