/**
 * The server driven from its own capability statement: every interaction, condition, format and operation that it
 * declares works, on the agenda
 * server and on the platform; what it does not declare does not. `door.test.ts` does the same for search parameters and
 * includes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import { typeDefinition } from '../src/fhir/definitions.ts';
import type { Json } from '../src/fhir/resource.ts';
import { type Reply, startTestServer } from './harness.ts';
import { startTestPlatform } from './platform.ts';

interface Driven {
  request(method: string, path: string, body?: Json, headers?: Record<string, string>): Promise<Reply>;
  close(): Promise<void>;
}

const fixture: Json[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'golden/fhir/fixture.json'), 'utf8'),
).entry.map((entry: Json) => entry.resource);

/** Besides the fixture's: what rules want more of than the standard does. */
const SAMPLES: Json[] = [
  ...fixture,
  {
    resourceType: 'Slot',
    id: 's',
    schedule: { reference: 'Schedule/vasseur-paris' },
    status: 'busy-unavailable',
    start: '2026-12-20T08:00:00+01:00',
    end: '2026-12-20T09:00:00+01:00',
  },
  {
    resourceType: 'Appointment',
    id: 'a',
    status: 'proposed',
    participant: [{ actor: { display: 'x' }, status: 'needs-action' }],
    requestedPeriod: [{ start: '2026-12-20' }],
  },
];

const SERVERS: [string, () => Promise<Driven>][] = [
  ['the agenda server', startTestServer],
  ['the platform', startTestPlatform],
];

const PRIMITIVES: Record<string, Json> = {
  boolean: true,
  integer: 1,
  positiveInt: 1,
  unsignedInt: 1,
  decimal: 1,
  date: '2026-12-01',
  dateTime: '2026-12-01',
  instant: '2026-12-01T08:00:00Z',
  time: '08:00:00',
  uri: 'urn:x',
  url: 'https://x.example',
  canonical: 'urn:x',
  base64Binary: 'AAAA',
};

/** The least that a type may be: its mandatory elements, with the first code of each list. */
function least(type: string): Json {
  const made: Json = typeDefinition(type)!.kind === 'resource' ? { resourceType: type } : {};
  for (const element of typeDefinition(type)!.required) {
    const value = element.codes
      ? [...element.codes][0]
      : (PRIMITIVES[element.type] ?? (element.isPrimitive ? 'x' : least(element.type)));
    made[element.property] = element.isList ? [value] : value;
  }
  if (type === 'CodeableConcept') made.text = 'x';
  if (type === 'Reference') made.display = 'x';
  if (type === 'Coding') made.code = 'x';
  return made;
}

describe.each(SERVERS)('%s', (_name, start) => {
  let server: Driven;
  let rest: Json;
  beforeAll(async () => {
    server = await start();
    rest = (await server.request('GET', 'metadata')).json.rest[0];
    for (const sample of fixture)
      if (can(sample.resourceType, 'update'))
        await server.request('PUT', `${sample.resourceType}/${sample.id}`, sample);
  });
  afterAll(() => server.close());

  const declared = (type: string): Json => rest.resource.find((resource: Json) => resource.type === type);
  const can = (type: string, code: string): boolean =>
    declared(type)?.interaction?.some((interaction: Json) => interaction.code === code) ?? false;
  /**
   * A refusal for the sake of the content shows that the interaction is there; 404, 405 and 5xx show that it is not.
   */
  const isThere = ({ status }: Reply): boolean => status < 300 || [400, 409, 412, 422].includes(status);
  const copyOf = (sample: Json): Json => {
    const { id: _, identifier: _own, meta: _meta, ...rest } = sample;
    return rest;
  };

  it('every declared interaction works', async () => {
    const created: string[] = [];
    for (const { type, interaction = [], ...flags } of rest.resource) {
      const codes: string[] = interaction.map((declaration: Json) => declaration.code);
      const sample = SAMPLES.find((sample) => sample.resourceType === type);
      const body = sample ?? least(type);
      const made = codes.includes('create') ? await server.request('POST', type, copyOf(body)) : undefined;
      if (made !== undefined)
        expect([type, 'create', made.status, isThere(made)]).toEqual([type, 'create', made.status, true]);
      if (made?.status === 201) created.push(type);
      const id =
        made?.status === 201 ? made.json.id : fixture.includes(sample) && can(type, 'update') ? sample.id : undefined;
      // Nothing can be made of its least form (a rule wants more) and no sample is at hand: its reads answer 404 or 410
      // in our own words.
      const found = async (code: string, reply: Promise<Reply>, statuses: number[]): Promise<void> => {
        if (!codes.includes(code)) return;
        const { status, json } = await reply;
        expect([type, code, status, (id === undefined ? [...statuses, 404] : statuses).includes(status)]).toEqual([
          type,
          code,
          status,
          true,
        ]);
        if (status === 404) expect(json.issue[0].diagnostics).toMatch(/^There is no /);
      };
      const at = `${type}/${id ?? 'none'}`;
      await found('read', server.request('GET', at), [200]);
      await found('vread', server.request('GET', `${at}/_history/1`), [200]);
      await found('history-instance', server.request('GET', `${at}/_history`), [200]);
      if (codes.includes('history-type'))
        expect([type, (await server.request('GET', `${type}/_history`)).status]).toEqual([type, 200]);
      if (codes.includes('search-type')) {
        // The searches of the SAS want criteria of their own.
        for (const reply of [
          await server.request('GET', `${type}?_count=1`),
          await server.request('POST', `${type}/_search`, '_count=1', {
            'content-type': 'application/x-www-form-urlencoded',
          }),
        ]) {
          expect([
            type,
            'search-type',
            reply.status,
            reply.status === 200 || (reply.status === 400 && reply.json.issue[0].code === 'required'),
          ]).toEqual([type, 'search-type', reply.status, true]);
        }
      }
      if (flags.conditionalRead === 'full-support' && id !== undefined && codes.includes('read')) {
        const { headers } = await server.request('GET', at);
        expect([
          type,
          (await server.request('GET', at, undefined, { 'if-none-match': headers['etag']! })).status,
        ]).toEqual([type, 304]);
      }
      if (made?.status !== 201) continue;
      const { meta: _, ...whole } = made.json;
      expect([
        type,
        'conditional create',
        (await server.request('POST', type, copyOf(whole), { 'if-none-exist': `_id=${id}` })).status,
      ]).toEqual([type, 'conditional create', flags.conditionalCreate ? 200 : 412]);
      if (codes.includes('update')) {
        expect([type, 'update', (await server.request('PUT', at, whole)).status]).toEqual([type, 'update', 200]);
        expect([
          type,
          'conditional update',
          (await server.request('PUT', `${type}?_id=${id}`, copyOf(whole))).status,
        ]).toEqual([type, 'conditional update', 200]);
        if (flags.updateCreate)
          expect([
            type,
            'update as create',
            (await server.request('PUT', `${type}/made-${type}`, { ...copyOf(whole), id: `made-${type}` })).status,
          ]).toEqual([type, 'update as create', 201]);
      }
      if (codes.includes('patch')) {
        const test = [{ op: 'test', path: '/resourceType', value: type }];
        expect([
          type,
          'patch',
          (await server.request('PATCH', at, test, { 'content-type': 'application/json-patch+json' })).status,
        ]).toEqual([type, 'patch', 200]);
        expect([
          type,
          'conditional patch',
          (await server.request('PATCH', `${type}?_id=${id}`, test, { 'content-type': 'application/json-patch+json' }))
            .status,
        ]).toEqual([type, 'conditional patch', 200]);
      }
      if (codes.includes('delete')) {
        expect([type, 'delete', (await server.request('DELETE', at)).status]).toEqual([type, 'delete', 204]);
        expect([type, 'gone', (await server.request('GET', at)).status]).toEqual([type, 'gone', 410]);
        if (flags.conditionalDelete === 'single')
          expect([type, 'conditional delete', (await server.request('DELETE', `${type}?_id=none`)).status]).toEqual([
            type,
            'conditional delete',
            204,
          ]);
      }
    }
    // Else the test would prove little.
    expect(created).toEqual(expect.arrayContaining(['Practitioner', 'Organization']));
    if (can('Slot', 'create'))
      expect(created).toEqual(
        expect.arrayContaining(['Patient', 'Schedule', 'Slot', 'Appointment', 'Location', 'HealthcareService']),
      );
  });

  it('every declared operation is there, and no other', async () => {
    const all = new Set<string>(
      [...(rest.operation ?? []), ...rest.resource.flatMap((resource: Json) => resource.operation ?? [])].map(
        (operation: Json) => operation.name,
      ),
    );
    const isMissing = (reply: Reply): boolean =>
      reply.status === 404 && /^There is no operation/.test(reply.json.issue[0].diagnostics);
    const call = async (path: string): Promise<Reply[]> =>
      Promise.all([server.request('GET', path), server.request('POST', path)]);
    for (const level of [{ type: undefined, operation: rest.operation ?? [] }, ...rest.resource]) {
      const own = new Set<string>((level.operation ?? []).map((each: Json) => each.name));
      for (const name of all) {
        const replies = (
          await Promise.all(
            (level.type === undefined ? [`$${name}`] : [`${level.type}/$${name}`, `${level.type}/none/$${name}`]).map(
              call,
            ),
          )
        ).flat();
        expect([level.type, name, replies.some((reply) => reply.status >= 500), replies.every(isMissing)]).toEqual([
          level.type,
          name,
          false,
          !own.has(name),
        ]);
      }
    }
  });

  it('every path of the OpenAPI document is served, and every declared operation has one', async () => {
    const { paths } = (await server.request('GET', '../docs/json')).json;
    const isNothing = ({ status, text }: Reply): boolean =>
      status === 405 ||
      status >= 500 ||
      (status === 404 && /Nothing is served|There is no operation|is not served here/.test(text));
    for (const [path, methods] of Object.entries<Json>(paths)) {
      const address = path
        .replace(/^\/fhir\/?/, '')
        .replace('{version}', '1')
        .replace(/\{\w+\}/g, 'none');
      for (const method of Object.keys(methods))
        expect([method, path, isNothing(await server.request(method.toUpperCase(), address))]).toEqual([
          method,
          path,
          false,
        ]);
    }
    const named = [{ type: undefined, operation: rest.operation ?? [] }, ...rest.resource].flatMap(
      ({ type, operation = [] }: Json) => operation.map(({ name }: Json) => [type, name]),
    );
    for (const [type, name] of named)
      expect(
        Object.keys(paths).filter(
          (path) =>
            path === `/fhir/${type === undefined ? '' : `${type}/`}$${name}` || path === `/fhir/${type}/{id}/$${name}`,
        ),
        name,
      ).not.toEqual([]);
  });

  it('changes by number where histories are declared to have them, nowhere else', async () => {
    const isDeclared: boolean =
      (rest.interaction ?? [])
        .find((interaction: Json) => interaction.code === 'history-system')
        ?.documentation.includes('_after') ?? false;
    expect(isDeclared).toBe(can('Slot', 'create'));
    expect((await server.request('GET', 'Practitioner/_history?_after=latest')).status).toBe(isDeclared ? 200 : 400);
    const { paths } = (await server.request('GET', '../docs/json')).json;
    expect(
      paths['/fhir/Practitioner/_history'].get.parameters.some((parameter: Json) => parameter.name === '_after'),
    ).toBe(isDeclared);
    if (isDeclared) expect((await server.request('GET', '_history?_after=latest')).status).toBe(200);
  });

  it('every declared system interaction works, and no other', async () => {
    const codes: string[] = (rest.interaction ?? []).map((interaction: Json) => interaction.code);
    const asked: Record<string, () => Promise<Reply>> = {
      transaction: () => server.request('POST', '', { resourceType: 'Bundle', type: 'transaction' }),
      batch: () => server.request('POST', '', { resourceType: 'Bundle', type: 'batch' }),
      'history-system': () => server.request('GET', '_history'),
    };
    for (const [code, ask] of Object.entries(asked))
      expect([code, (await ask()).status]).toEqual([code, codes.includes(code) ? 200 : 405]);
  });

  it('every declared format is answered, in both ways of asking, and no other', async () => {
    const { format, patchFormat } = (await server.request('GET', 'metadata')).json;
    for (const mediaType of format) {
      for (const reply of [
        await server.request('GET', 'metadata', undefined, { accept: mediaType }),
        await server.request('GET', `metadata?_format=${encodeURIComponent(mediaType)}`),
      ])
        expect([reply.status, reply.headers['content-type']]).toEqual([200, expect.stringContaining(mediaType)]);
    }
    expect((await server.request('GET', 'metadata', undefined, { accept: 'text/turtle' })).status).toBe(406);
    const patchable = rest.resource.find((resource: Json) =>
      resource.interaction?.some((each: Json) => each.code === 'patch'),
    ).type;
    for (const mediaType of patchFormat)
      expect([
        mediaType,
        (await server.request('PATCH', `${patchable}/none`, 'no patch', { 'content-type': mediaType })).status,
      ]).toEqual([mediaType, 400]);
    expect(
      (await server.request('PATCH', `${patchable}/none`, 'no patch', { 'content-type': 'text/turtle' })).status,
    ).toBe(415);
  });

  it('names profiles of the right types, which are judged', () => {
    const { profiles } = new Conformance();
    for (const { type, supportedProfile = [] } of rest.resource)
      for (const url of supportedProfile) expect([url, profiles.get(url)?.type]).toEqual([url, type]);
  });
});
