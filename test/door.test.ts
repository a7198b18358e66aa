/**
 * What the server says of itself is true: everything declared works, nothing undeclared does. Health, metrics and docs
 * beside.
 */
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

const SAMPLE: Record<string, string> = {
  token: 'a',
  string: 'a',
  date: '2026-11-24',
  reference: 'a',
  uri: 'urn:a',
  special: '48.8|2.3|10|km',
};
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
    const operations = new Map(statement.rest[0].operation.map((one: Json) => [one.name, one.definition]));
    for (const name of ['export', 'bulk-publish'])
      expect(operations.get(name)).toBe(`http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`);
  });

  it('declares search parameters and includes that all work', async () => {
    for (const { type, searchParam = [], searchInclude = [], searchRevInclude = [] } of statement.rest[0].resource) {
      for (const one of searchParam) {
        const reply = await test.request(
          'GET',
          `${type}?${one.name}=${encodeURIComponent(SAMPLE[one.type]!)}&_count=1`,
          undefined,
          { prefer: 'handling=strict' },
        );
        expect([`${type}?${one.name}`, reply.status, warnings(reply)]).toEqual([`${type}?${one.name}`, 200, []]);
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
        .filter((one: Json) => one.interaction !== undefined)
        .map((resource: Json) => [resource.type, resource.interaction.map(({ code }: Json) => code)]),
    );
    for (const [type, codes] of declared) {
      const unknown = await test.request('GET', `${type}?made-up=1`, undefined, { prefer: 'handling=strict' });
      expect([unknown.status, unknown.json.issue[0].code]).toEqual([400, 'not-supported']);
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

  it('declares every operation that there is', async () => {
    const operations = [
      ...(statement.rest[0].operation ?? []),
      ...statement.rest[0].resource.flatMap((one: Json) => one.operation ?? []),
    ];
    for (const { name } of operations) expect(name).toMatch(/^[a-z-]+$/);
    expect((await test.request('GET', '$nothing')).status).toBe(404);
    expect((await test.request('POST', 'Patient/$nothing')).status).toBe(404);
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
      (one: Json) => one.searchParam !== undefined,
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
