/**
 * The published example Bundles of the SAS guide: their resources are loaded into an agenda, and the SAS search gives
 * the same Bundles
 * back, entry for entry, but for what the contract wants otherwise: `search.mode`, Paris offsets, a `comment` on every
 * slot.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';

const FOLDER = join(
  process.env['CRENEAU_IG'] ?? join(import.meta.dirname, '../../shared/ig'),
  'ans.fhir.fr.sas-1.1.0/examples',
);
const ORDER = ['Organization', 'Location', 'Practitioner', 'HealthcareService', 'PractitionerRole', 'Schedule', 'Slot'];
const PERIOD = 'start=ge2021-11-04T00:00:00Z&start=le2021-11-06T23:59:59Z';

describe.skipIf(!existsSync(FOLDER))('published examples', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer();
  });
  afterAll(() => test.close());
  beforeEach(() => test.reset());

  const cases: [string, string, string][] = [
    [
      'Bundle-ExampleBundlePSIndiv.json',
      '2021-11-04T00:00:00Z',
      `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&status=free&${PERIOD}&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810002673899,urn:oid:1.2.250.1.71.4.2.1%7C810100050075`,
    ],
    [
      'Bundle-ExampleBundleCPTS.json',
      '2024-06-12T00:00:00Z',
      'Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge2024-06-12T16:20:00.000%2B02:00&start=le2024-06-12T17:20:00.000%2B02:00&schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C810002909371&status=free&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization',
    ],
    [
      'Bundle-ExampleBundleAgregateurSOS.json',
      '2023-08-18T00:00:00Z',
      'Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization&_has:Slot:schedule:start=ge2023-08-18T09:00:00%2B02:00&_has:Slot:schedule:start=le2023-08-20T08:00:00%2B02:00&_has:Slot:schedule:status=free&actor:Location.organization.identifier=urn:oid:1.2.250.1.71.4.2.2%7C334173748400020,urn:oid:1.2.250.1.71.4.2.2%7C392080466300010',
    ],
  ];

  it.each(cases)('%s', async (file, now, query) => {
    test.clock.now = Date.parse(now);
    const published = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
    const resources: Json[] = published.entry.map((entry: Json) => entry.resource);
    for (const resource of [...resources].sort(
      (a, b) => ORDER.indexOf(a.resourceType) - ORDER.indexOf(b.resourceType),
    )) {
      const reply = await test.request('PUT', `${resource.resourceType}/${resource.id}`, resource);
      expect([`${resource.resourceType}/${resource.id}`, reply.status, reply.status > 299 ? reply.text : '']).toEqual([
        `${resource.resourceType}/${resource.id}`,
        201,
        '',
      ]);
    }
    const { status, json } = await test.request('GET', `../sas/${query}`);
    expect(status).toBe(200);
    expect(json.meta.profile).toEqual(published.meta.profile);
    expect(json.total).toBe(published.total);
    expect(json.link).toEqual([{ relation: 'self', url: `${test.base.replace(/fhir$/, 'sas')}/${query}` }]);
    expect(byId(json.entry.map((entry: Json) => entry.resource))).toEqual(byId(resources));
  });
});

function byId(resources: Json[]): Record<string, Json> {
  return Object.fromEntries(
    resources.map((resource) => [`${resource.resourceType}/${resource.id}`, normal(resource)]).sort(),
  );
}

/** Instants as such, whatever their offset; the text of a comment only where there is one of the caller's. */
function normal(resource: Json): Json {
  if (resource.resourceType !== 'Slot') return resource;
  const comment = String(resource.comment ?? '');
  const url = comment === '' || comment.includes('/rdv?agenda=') ? 'ours' : comment.split('?')[0];
  return { ...resource, start: Date.parse(resource.start), end: Date.parse(resource.end), comment: url };
}
