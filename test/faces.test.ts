/**
 * Each face of the servers (`/fhir` of both, `/sas`) driven from its own statement: every search parameter, include,
 * definition, profile and condition that it declares works, and what it does not declare is refused.
 * `capability.test.ts` does the same for interactions and operations under `/fhir`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { SEARCHED_TYPES, searchParameters } from '../src/fhir/search/parameters.ts';
import { loadFixture } from './fixture.ts';
import { type Reply, startTestServer } from './harness.ts';
import { partnerEntry, startTestPlatform } from './platform.ts';

type Ask = (method: string, path: string, body?: Json, headers?: Record<string, string>) => Promise<Reply>;

interface Face {
  ask: Ask;
  close(): Promise<void>;
}

/** Criteria without which a search is refused, by type. */
type Needs = Readonly<Record<string, string>>;

const DAY = 'start=ge2026-11-25T00:00:00%2B01:00&start=le2026-11-26T23:59:59%2B01:00';
const OF_SLOTS = `schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810000000011`;
const SLOTS = `${DAY}&${OF_SLOTS}`;
const CENTRES =
  `_has:Slot:schedule:${DAY.replace('&', '&_has:Slot:schedule:')}` +
  '&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C312345678900011';

const FACES: [string, Needs, () => Promise<Face>][] = [
  [
    '/fhir of the agenda server',
    {},
    async () => {
      const { base, request, close } = await startTestServer();
      await loadFixture(base);
      return { ask: request, close };
    },
  ],
  [
    '/sas',
    { Slot: SLOTS, Schedule: CENTRES },
    async () => {
      const { base, request, close } = await startTestServer();
      await loadFixture(base);
      return { ask: (method, path, body, headers) => request(method, `../sas/${path}`, body, headers), close };
    },
  ],
  [
    '/fhir of the platform',
    { Slot: SLOTS, Schedule: CENTRES },
    async () => {
      const editor = await startTestServer();
      const folder = mkdtempSync(join(tmpdir(), 'creneau-faces-'));
      const partners = join(folder, 'partners.json');
      writeFileSync(partners, JSON.stringify({ partners: [partnerEntry('a', editor.base.replace(/fhir$/, 'sas'))] }));
      const platform = await startTestPlatform({ partners });
      return {
        ask: platform.request,
        async close() {
          await platform.close();
          await editor.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
  ],
];

const SAMPLE: Record<string, string> = {
  token: 'a',
  string: 'a',
  date: '2026-11-24',
  reference: 'a',
  uri: 'urn:a',
  special: '48.8|2.3|10|km',
};
/** Values that a search of slots reads itself: `_source` names a partner. */
const OWN_SAMPLE: Readonly<Record<string, string>> = {
  'Slot.status': 'free',
  'Slot._source': 'a',
  'Schedule._source': 'a',
};
const STRICT = { prefer: 'handling=strict' };

describe.each(FACES)('%s', (_name, needs, start) => {
  let face: Face;
  let resources: Json[];
  beforeAll(async () => {
    face = await start();
    resources = (await face.ask('GET', 'metadata')).json.rest[0].resource;
  });
  afterAll(() => face.close());

  const search = async (type: string, more: string): Promise<[string, number, Json]> => {
    const query = [needs[type], more, '_count=1'].filter(Boolean).join('&');
    const { status, json } = await face.ask('GET', `${type}?${query}`, undefined, STRICT);
    return [`${type}?${more}`, status, status === 200 ? [] : json.issue];
  };
  /** In a search of the SAS, `schedule` and `actor` stand in its chain: they are there already. */
  const isInChain = (type: string, name: string): boolean =>
    needs[type]?.includes(`${name}.`) || needs[type]?.includes(`${name}:`) || false;

  it('every declared parameter and include works', async () => {
    for (const { type, searchParam = [], searchInclude = [], searchRevInclude = [] } of resources) {
      const parts = [
        ...searchParam
          .filter(({ name }: Json) => !isInChain(type, name) && !(needs[type] !== undefined && name === 'start'))
          .map(
            ({ name, type: kind }: Json) =>
              `${name}=${encodeURIComponent(OWN_SAMPLE[`${type}.${name}`] ?? SAMPLE[kind]!)}`,
          ),
        ...searchInclude.map((include: string) => `_include=${include}`),
        ...searchRevInclude.map((include: string) => `_revinclude=${include}`),
      ];
      for (const part of ['', ...parts])
        if (searchParam.length > 0) expect(await search(type, part)).toEqual([`${type}?${part}`, 200, []]);
    }
  });

  it('parameters, includes and searches that are not declared are refused', async () => {
    for (const type of SEARCHED_TYPES) {
      const declared = resources.find((resource) => resource.type === type);
      const isSearched = declared?.searchParam !== undefined;
      const names = new Set(declared?.searchParam?.map(({ name }: Json) => name));
      const other = [...searchParameters(type).values()].filter(({ name }) => !names.has(name));
      for (const { name, kind } of other) {
        const [, status] = await search(
          type,
          `${name}=${encodeURIComponent(SAMPLE[kind === 'near' ? 'special' : kind]!)}`,
        );
        expect([type, name, status]).toEqual([type, name, isSearched ? 400 : declared === undefined ? 404 : 405]);
      }
      if (isSearched) expect((await search(type, '_include=Patient:made-up'))[1]).toBe(400);
    }
  });

  it('every definition and profile that is named on this server can be read there', async () => {
    expect(resources.find(({ type }) => type === 'Slot')!.supportedProfile).not.toEqual([]);
    for (const { type, searchParam = [], supportedProfile = [] } of resources) {
      expect([type, new Set(supportedProfile).size]).toEqual([type, supportedProfile.length]);
      for (const { name, definition } of searchParam) {
        if (!definition?.startsWith('urn:')) continue;
        const { json } = await face.ask('GET', `SearchParameter?url=${encodeURIComponent(definition)}`);
        expect([definition, json.entry?.[0]?.resource]).toMatchObject([definition, { code: name, base: [type] }]);
      }
    }
  });

  it('every interaction is declared, or answered with 405', async () => {
    for (const { type, interaction = [], ...flags } of resources) {
      const codes: string[] = interaction.map(({ code }: Json) => code);
      const none = `${type}/none`;
      const verbs: Record<string, () => Promise<Reply>> = {
        create: () => face.ask('POST', type, { resourceType: type }),
        update: () => face.ask('PUT', `${type}?identifier=urn:x%7Cnone`, { resourceType: type }),
        patch: () => face.ask('PATCH', none, [], { 'content-type': 'application/json-patch+json' }),
        delete: () => face.ask('DELETE', none),
        read: () => face.ask('GET', none),
        vread: () => face.ask('GET', `${none}/_history/1`),
        'history-instance': () => face.ask('GET', `${none}/_history`),
        'history-type': () => face.ask('GET', `${type}/_history`),
        'search-type': () => face.ask('GET', type),
      };
      for (const [code, ask] of Object.entries(verbs))
        expect([type, code, (await ask()).status === 405]).toEqual([type, code, !codes.includes(code)]);
      if (codes.includes('update'))
        expect([
          type,
          'by id',
          (await face.ask('PUT', none, { resourceType: type, id: 'none' })).status === 405,
        ]).toEqual([type, 'by id', !flags.updateCreate]);
    }
  });
});
