/**
 * The definitions that the server publishes of itself: profiles, extensions, search parameters, operations, code
 * systems, value sets, as valid resources that can be found.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json } from '../src/fhir/resource.ts';
import { DEFINITION_TYPES } from '../src/fhir/search/tables/definitions.ts';
import { startTestServer, type TestServer } from './harness.ts';

const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const SPECIALTIES = 'https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-practitioner-specialty';

let test: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-definitions-'));
  // In the shape of the published list, with two of its codes.
  writeFileSync(
    join(folder, 'TRE_R38.json'),
    JSON.stringify({
      resourceType: 'CodeSystem',
      id: 'TRE-R38',
      url: R38,
      title: 'Spécialité ordinale',
      status: 'active',
      content: 'complete',
      concept: [
        { code: 'SM54', display: 'Médecine générale (SM)' },
        { code: 'SM01', display: 'Allergologie (SM)' },
      ],
    }),
  );
  writeFileSync(
    join(folder, 'set.xml'),
    '<ValueSet xmlns="http://hl7.org/fhir"><url value="urn:test:sets"/><status value="active"/><compose>' +
      `<include><valueSet value="${SPECIALTIES}"/></include></compose></ValueSet>`,
  );
  test = await startTestServer({ definitions: [folder] });
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

describe('definitions as resources', () => {
  it('are all valid, found by id and by url, and told by the capability statement', async () => {
    const { validator, profiles } = new Conformance();
    const statement = (await test.request('GET', 'metadata')).json.rest[0];
    const urls = new Set<string>();
    for (const type of DEFINITION_TYPES) {
      const { json } = await test.request('GET', `${type}?_count=1000`);
      const all: Json[] = json.entry.map((entry: Json) => entry.resource);
      expect([type, json.total, all.length > 0]).toEqual([type, all.length, true]);
      for (const definition of all) {
        expect([definition.id, validator.validate(definition).filter(({ severity }) => severity === 'error')]).toEqual([
          definition.id,
          [],
        ]);
        urls.add(definition.url);
      }
      const [some] = all;
      expect((await test.request('GET', `${type}/${some!.id}`)).json).toEqual(some);
      expect((await test.request('GET', `${type}?url=${encodeURIComponent(some!.url)}`)).json.total).toBe(1);
      expect((await test.request('GET', `${type}?url=urn:none`)).json.total).toBe(0);
      expect((await test.request('PUT', `${type}/x`, { resourceType: type, id: 'x' })).status).toBe(405);
    }
    const declared = statement.resource.flatMap((resource: Json) => [
      ...(resource.supportedProfile ?? []),
      ...(resource.searchParam ?? []).map((each: Json) => each.definition),
      ...(resource.operation ?? []).map((each: Json) => each.definition),
    ]);
    // Excerpts of the profiles of others are judged, and left to those who publish them whole.
    const excerpts = [...profiles.values()].filter(({ isExcerpt }) => isExcerpt).map(({ url }) => url);
    expect([excerpts.length > 20, excerpts.filter((url) => urls.has(url))]).toEqual([true, []]);
    expect(
      declared.filter(
        (url: string) =>
          !urls.has(url) &&
          !excerpts.includes(url) &&
          !/^http:\/\/hl7\.org\/fhir\/(uv\/[\w-]+\/)?(Operation|SearchParameter)/.test(url) &&
          !/^https:\/\/interop\.esante\.gouv\.fr\/ig\/fhir\/(gap|sas)\/SearchParameter\//.test(url),
      ),
    ).toEqual([]);
  });

  it('are searched by name, type and status, page by page', async () => {
    const names = async (query: string): Promise<string[]> =>
      (
        (await test.request('GET', `StructureDefinition?${query}`, undefined, { prefer: 'handling=strict' })).json
          .entry ?? []
      ).map((entry: Json) => entry.resource.id);
    expect(await names('name=Gap_fr_sl')).toEqual(['gap-fr-slot']);
    expect(await names('name:contains=FR_SLOT')).toEqual(['gap-fr-slot']);
    expect(await names('type=Extension&url=urn:creneau:fhir:slot-offer')).toEqual(['urn-creneau-fhir-slot-offer']);
    expect(await names('status=draft')).toEqual([]);
    expect(await names('base:missing=true')).toEqual([]);
    const seen: string[] = [];
    let path: string | undefined = 'SearchParameter?_count=50';
    while (path !== undefined) {
      const { json }: { json: Json } = await test.request('GET', path);
      seen.push(...json.entry.map((entry: Json) => entry.resource.id));
      path = json.link.find((link: Json) => link.relation === 'next')?.url.slice(test.base.length + 1);
    }
    expect([new Set(seen).size, seen.includes('Appointment-operator')]).toEqual([seen.length, true]);
    expect(seen.includes('Slot-start'), 'the standard defines it').toBe(false);
  });
});

describe('published files', () => {
  it('take the place of the built-in core, in JSON or XML', async () => {
    const lookup = async (code: string): Promise<number> =>
      (await test.request('GET', `CodeSystem/$lookup?system=${R38}&code=${code}`)).status;
    expect([await lookup('SM54'), await lookup('SM01'), await lookup('SM26')]).toEqual([200, 200, 404]);
    const check = async (code: string, set = SPECIALTIES): Promise<Json> =>
      (await test.request('GET', `ValueSet/$validate-code?url=${set}&system=${R38}&code=${code}`)).json.parameter[0];
    expect(
      [
        await check('SM01'),
        await check('SM26'),
        await check('SM01', 'urn:test:sets'),
        await check('SM26', 'urn:test:sets'),
      ].map((result) => result.valueBoolean),
    ).toEqual([true, false, true, false]);
    const slot = {
      resourceType: 'Slot',
      meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/gap-fr-slot'] },
      schedule: { reference: 'Schedule/x' },
      status: 'free',
      start: '2026-12-01T08:00:00Z',
      end: '2026-12-01T08:15:00Z',
      specialty: [{ coding: [{ system: R38, code: 'SM26' }] }],
    };
    const { json } = await test.request('POST', 'Slot/$validate', slot);
    expect(
      json.issue
        .filter((issue: Json) => issue.severity === 'error')
        .map((issue: Json) => [issue.code, issue.expression]),
    ).toEqual([
      ['code-invalid', ['Slot.specialty[0].coding[0]']],
      ['code-invalid', ['Slot.specialty[0]']],
    ]);
    expect((await test.request('GET', 'CodeSystem/TRE-R38')).json.title).toBe('Spécialité ordinale');
  });
});
