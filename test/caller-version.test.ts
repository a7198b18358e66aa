/** Two callers of one agenda server, each with the version of the SAS guide that it speaks. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';

const SPEAKS = { ancienne: '1.1.0', actuelle: '1.2.0', reglage: undefined } as const;
const SEARCH =
  '../sas/Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&_include=Slot:service-type-reference' +
  '&_include:iterate=HealthcareService:organization&start=ge2026-11-25&start=le2026-11-26&status=free' +
  '&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810000000145';

let folder: string;
let test: TestServer;
const as = (caller: string): Record<string, string> => ({ authorization: `Bearer ${caller}` });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-callers-'));
  const tokenSha256 = (name: string): string => createHash('sha256').update(name).digest('hex');
  const callers = [
    { name: 'cabinet', roles: ['manager'], tokenSha256: tokenSha256('cabinet') },
    ...Object.entries(SPEAKS).map(([name, sasVersion]) => ({
      ...{ name, roles: ['sas-platform'], tokenSha256: tokenSha256(name) },
      ...(sasVersion === undefined ? {} : { sasVersion }),
    })),
  ];
  writeFileSync(join(folder, 'callers.json'), JSON.stringify({ callers }));
  test = await startTestServer({ auth: 'token', callers: join(folder, 'callers.json'), sasVersion: '1.1.0' });
  const data = readFileSync(join(import.meta.dirname, '../docs/sas-kit.ndjson'), 'utf8')
    .trim()
    .split('\n');
  for (const resource of data.map((line): Json => JSON.parse(line))) {
    const { status, text } = await test.request(
      'PUT',
      `${resource.resourceType}/${resource.id}`,
      resource,
      as('cabinet'),
    );
    expect([resource.id, status, status === 201 ? '' : text]).toEqual([resource.id, 201, '']);
  }
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

it.each([
  ['ancienne', 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type'],
  ['actuelle', 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203'],
  ['reglage', 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type'],
])('%s gets the code system of its version first', async (caller, system) => {
  const { status, json } = await test.request('GET', SEARCH, undefined, as(caller));
  const organizations = json.entry
    .map(({ resource }: Json) => resource)
    .filter((each: Json) => each.resourceType === 'Organization');
  expect([status, organizations.length]).toEqual([200, 2]);
  for (const { identifier } of organizations) expect(identifier[0].type.coding[0].system).toBe(system);
});
