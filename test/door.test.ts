/** The server describes itself truly: every declared part works, and no other does. Health, metrics and docs beside. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { loadFixture } from './fixture.ts';
import { call, type Reply, startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
let statement: Json;
beforeAll(async () => {
  test = await startTestServer();
  await loadFixture(test.base);
  statement = (await test.request('GET', 'metadata')).json;
});
afterAll(() => test.close());

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';
const SAMPLE: Record<string, string> = {
  token: 'a',
  string: 'a',
  date: '2026-11-24',
  reference: 'a',
  uri: 'urn:a',
  special: '48.8|2.3|10|km',
};
/** Addresses of interactions that answer with resources. */
const ANSWERED = new Map([
  ['read', 'Type/none'],
  ['vread', 'Type/none/_history/1'],
  ['search-type', 'Type'],
  ['history-type', 'Type/_history'],
  ['history-instance', 'Type/none/_history'],
]);
const warnings = (reply: Reply): Json[] =>
  (reply.json.entry ?? [])
    .filter((entry: Json) => entry.search.mode === 'outcome')
    .flatMap((entry: Json) => entry.resource.issue);

describe('/metadata', () => {
  it('is a capability statement of this server, with the statements of the guides that it instantiates', () => {
    expect(statement).toMatchObject({
      resourceType: 'CapabilityStatement',
      fhirVersion: '4.0.1',
      kind: 'instance',
      status: 'active',
      implementation: { url: test.base },
    });
    expect(statement.instantiates.length).toBeGreaterThan(0);
    const operations = new Map(
      statement.rest[0].operation.map((operation: Json) => [operation.name, operation.definition]),
    );
    for (const name of ['export', 'bulk-publish'])
      expect(operations.get(name)).toBe(`http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`);
  });

  it('names the profile of the subscriptions that follow a topic', () => {
    const { supportedProfile } = statement.rest[0].resource.find(({ type }: Json) => type === 'Subscription');
    expect(supportedProfile).toEqual([`${BACKPORT}/backport-subscription`]);
  });

  it('a word that no list has is refused wherever an answer is shaped', async () => {
    const paths = statement.rest[0].resource.flatMap(({ type, interaction = [] }: Json) =>
      interaction.flatMap(({ code }: Json) => ANSWERED.get(code)?.replace('Type', type) ?? []),
    );
    for (const path of ['_history', 'metadata', 'Appointment/$find', ...paths])
      for (const query of ['_summary=short', '_total=some', '_total=']) {
        const { status, json } = await test.request('GET', `${path}?${query}`);
        const [word] = query.split('=');
        expect([path, status, json.issue?.[0].expression]).toEqual([path, 400, [word]]);
      }
    const entry = [{ request: { method: 'GET', url: 'Patient/_history?_summary=short' } }];
    const { json } = await test.request('POST', '', { resourceType: 'Bundle', type: 'batch', entry });
    expect(json.entry[0].response.status).toMatch(/^400/);
  });

  it('declares search parameters and includes that all work', async () => {
    for (const { type, searchParam = [], searchInclude = [], searchRevInclude = [] } of statement.rest[0].resource) {
      for (const parameter of searchParam) {
        const reply = await test.request(
          'GET',
          `${type}?${parameter.name}=${encodeURIComponent(SAMPLE[parameter.type]!)}&_count=1`,
          undefined,
          { prefer: 'handling=strict' },
        );
        expect([`${type}?${parameter.name}`, reply.status, warnings(reply)]).toEqual([
          `${type}?${parameter.name}`,
          200,
          [],
        ]);
      }
      for (const [name, list] of [
        ['_include', searchInclude],
        ['_revinclude', searchRevInclude],
      ]) {
        for (const value of list) {
          const reply = await test.request('GET', `${type}?${name}=${value}&_count=1`, undefined, {
            prefer: 'handling=strict',
          });
          expect([`${type}?${name}=${value}`, reply.status]).toEqual([`${type}?${name}=${value}`, 200]);
        }
      }
    }
  });

  it('leaves out what is not served: parameters, types, interactions', async () => {
    const declared = new Map<string, string[]>(
      statement.rest[0].resource
        .filter((resource: Json) => resource.interaction !== undefined)
        .map((resource: Json) => [resource.type, resource.interaction.map(({ code }: Json) => code)]),
    );
    for (const [type, codes] of declared) {
      const unknown = await test.request('GET', `${type}?made-up=1`, undefined, { prefer: 'handling=strict' });
      const status = codes.includes('search-type') ? 400 : 405;
      expect([type, unknown.status, unknown.json.issue[0].code]).toEqual([type, status, 'not-supported']);
      const verbs: Record<string, () => Promise<Reply>> = {
        create: () => test.request('POST', type, { resourceType: type }),
        update: () => test.request('PUT', `${type}/none`, { resourceType: type, id: 'none' }),
        patch: () => test.request('PATCH', `${type}/none`, [], { 'content-type': 'application/json-patch+json' }),
        delete: () => test.request('DELETE', `${type}/none`),
        read: () => test.request('GET', `${type}/none`),
        vread: () => test.request('GET', `${type}/none/_history/1`),
        'history-instance': () => test.request('GET', `${type}/none/_history`),
        'history-type': () => test.request('GET', `${type}/_history`),
        'search-type': () => test.request('GET', type),
      };
      for (const [code, ask] of Object.entries(verbs))
        expect([type, code, (await ask()).status === 405]).toEqual([type, code, !codes.includes(code)]);
    }
    for (const type of ['Encounter', 'Nothing', 'metadata2'])
      expect((await test.request('GET', type)).status).toBe(404);
  });

  it('declares every operation that the server has', async () => {
    const operations = [
      ...(statement.rest[0].operation ?? []),
      ...statement.rest[0].resource.flatMap((resource: Json) => resource.operation ?? []),
    ];
    for (const { name } of operations) expect(name).toMatch(/^[a-z-]+$/);
    expect((await test.request('GET', '$nothing')).status).toBe(404);
    expect((await test.request('POST', 'Patient/$nothing')).status).toBe(404);
  });
});

describe('requests of clients of other servers', () => {
  it('GET _search, of earlier versions of FHIR, searches as without it', async () => {
    const query = '?_count=2&family=a';
    const [by, plain] = [
      await test.request('GET', `Patient/_search${query}`),
      await test.request('GET', `Patient${query}`),
    ];
    expect([by.status, by.json.entry, by.json.link]).toEqual([200, plain.json.entry, plain.json.link]);
    const entry = [{ request: { method: 'GET', url: `Patient/_search${query}` } }];
    const { json } = await test.request('POST', '', { resourceType: 'Bundle', type: 'batch', entry });
    expect(json.entry[0].resource.entry).toEqual(plain.json.entry);
  });

  it.each(['gzip', 'br', 'identity, GZIP'])('a body in %s is refused with the coding that is read', async (coding) => {
    const bodies: [string, string, string][] = [
      ['POST', 'Patient', 'application/fhir+json'],
      ['POST', 'Schedule/vasseur-paris/$import-ical', 'text/calendar'],
    ];
    for (const [method, path, type] of bodies) {
      const headers = { 'content-type': type, 'content-encoding': coding };
      const reply = await test.request(method, path, gzipSync('{"resourceType":"Patient"}'), headers);
      expect([reply.status, reply.headers['accept-encoding'], reply.json.issue[0].expression]).toEqual([
        415,
        'identity',
        ['http.Content-Encoding'],
      ]);
    }
  });

  it('a body that says that it is in no coding is read', async () => {
    const made = await test.request('POST', 'Patient', { resourceType: 'Patient' }, { 'content-encoding': 'identity' });
    expect(made.status).toBe(201);
  });
});

describe('beside FHIR', () => {
  const get = (path: string): Promise<Reply> => call(test.base.replace('/fhir', path), 'GET');

  it('/health/live and /health/ready', async () => {
    expect([(await get('/health/live')).status, (await get('/health/ready')).status]).toEqual([200, 200]);
  });

  it('/metrics counts requests by interaction, without anybody’s data', async () => {
    await test.request('GET', 'Patient?family=secretname');
    const { status, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(text).toMatch(/^creneau_request_seconds_count\{.*\} \d+$/m);
    expect(text).not.toContain('secretname');
  });

  it('/docs shows an OpenAPI description with every declared type and parameter', async () => {
    expect((await get('/docs/')).text).toContain('swagger');
    const { json } = await get('/docs/json');
    expect(json.openapi).toMatch(/^3\.1/);
    for (const { type, searchParam = [] } of statement.rest[0].resource.filter(
      (resource: Json) => resource.searchParam !== undefined,
    )) {
      const names = json.paths[`/fhir/${type}`].get.parameters.map((parameter: Json) => parameter.name);
      for (const { name } of searchParam) expect(names).toContain(name);
    }
  });

  it('an unknown path is an OperationOutcome', async () => {
    const reply = await get('/nowhere');
    expect([reply.status, reply.json.resourceType]).toEqual([404, 'OperationOutcome']);
  });
});
