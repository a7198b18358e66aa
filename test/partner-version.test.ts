/**
 * Editors of both versions of the SAS guide report to one platform, whatever version the platform speaks. A report that
 * names a version is held to that one.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { SAS_VERSIONS } from '../src/fhir/profile/definitions/sas-names.ts';
import { partnerEntry, startTestPlatform, type TestPlatform } from './platform.ts';

const PROFILE = 'http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS';
const CATEGORY = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-categorie-orientation';
const CATEGORIES = 'https://interop.esante.gouv.fr/ig/fhir/sas/CodeSystem/categorie-orientation-sas-codesystem';
const CALLERS = { ancien: '1.1.0', actuel: '1.2.0', muet: undefined } as const;
const type = { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code: 'IDNPS' }] };
const national = (value: string): Json => ({
  identifier: { type, system: 'urn:oid:1.2.250.1.71.4.2.1', value },
});

const report = ({ profile = PROFILE, status = 'accepted', category = '' } = {}): Json => ({
  resourceType: 'Appointment',
  meta: { profile: [profile] },
  extension: [
    {
      url: 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator',
      valueReference: national('3456780581/1'),
    },
    ...(category === ''
      ? []
      : [{ url: CATEGORY, valueCodeableConcept: { coding: [{ system: CATEGORIES, code: category }] } }]),
  ],
  status: 'booked',
  start: '2026-11-25T14:00:00+01:00',
  end: '2026-11-25T14:15:00+01:00',
  created: '2026-11-24T10:00:00+01:00',
  participant: [{ actor: national('810100050075'), status }],
});

/** A report, and how it is answered: the status, and whether a warning speaks of a profile. */
const CASES: [string, Json, [number, boolean]][] = [
  ['as both versions write it', report(), [201, false]],
  ['with the category of the orientation, of 1.2.0', report({ category: '002' }), [201, false]],
  ['whose professional has not answered, of June 2026', report({ status: 'needs-action' }), [201, false]],
  ['that names 1.1.0', report({ profile: `${PROFILE}|1.1.0` }), [201, false]],
  ['that names 1.2.0', report({ profile: `${PROFILE}|1.2.0`, status: 'needs-action' }), [201, false]],
  ['that names 1.1.0 and breaks it', report({ profile: `${PROFILE}|1.1.0`, status: 'needs-action' }), [201, true]],
  ['with an answer that no version has', report({ status: 'tentative' }), [201, true]],
  ['with a category that no version has', report({ category: '999' }), [422, false]],
];

const folder = mkdtempSync(join(tmpdir(), 'creneau-partner-version-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(SAS_VERSIONS)('on a platform that speaks %s', (sasVersion) => {
  let test: TestPlatform;
  beforeAll(async () => {
    const callers = Object.keys(CALLERS).map((name) => ({
      ...{ name, roles: ['editor', 'operator'] },
      tokenSha256: createHash('sha256').update(name).digest('hex'),
    }));
    writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
    const partners = Object.entries(CALLERS).map(([id, version]) =>
      partnerEntry(id, `https://${id}.example`, version === undefined ? {} : { sasVersion: version }),
    );
    writeFileSync(join(folder, 'partners.json'), JSON.stringify({ partners }));
    test = await startTestPlatform({
      ...{ auth: 'token', callers: join(folder, 'callers.json'), partners: join(folder, 'partners.json'), sasVersion },
    });
  });
  afterAll(() => test.close());
  const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${name}` });

  it.each(Object.entries(CALLERS))('%s, an editor of version %s, reports in both', async (caller) => {
    const answers: [string, number, boolean][] = [];
    for (const [i, [title, resource]] of CASES.entries()) {
      const identifier = [{ system: 'urn:oid:1.2.250.1.999.7', value: `${caller}-${i}` }];
      const { status, headers } = await test.request('POST', 'Appointment', { ...resource, identifier }, as(caller));
      answers.push([title, status, /value set|valueset|pattern|profile/i.test(String(headers['warning'] ?? ''))]);
    }
    expect(answers).toEqual(CASES.map(([title, , answer]) => [title, ...answer]));
  });

  it.each([
    ['1.1.0', 201],
    ['1.2.0', 201],
    ['1.3.0', 422],
  ])('an Endpoint of version %s is answered %i', async (version, status) => {
    const endpoint = (await test.request('GET', 'Endpoint/ancien', undefined, as('actuel'))).json;
    const url = 'urn:creneau:fhir:partner-sas-version';
    expect(endpoint.extension.find((each: Json) => each.url === url).valueString).toBe('1.1.0');
    const id = `v${version.replaceAll('.', '')}`;
    const { meta: _, managingOrganization: __, ...rest } = endpoint;
    const others = endpoint.extension.filter((each: Json) => each.url !== url);
    const written = { ...rest, id, extension: [...others, { url, valueString: version }] };
    expect((await test.request('PUT', `Endpoint/${id}`, written, as('actuel'))).status).toBe(status);
  });
});
