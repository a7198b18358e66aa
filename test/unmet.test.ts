/**
 * The list of unmet requirements is complete: an interaction that the guides' statements require is offered, or listed.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { startTestPlatform, type TestPlatform } from './platform.ts';
import { REQUIRED, UNMET } from './unmet.ts';

let agenda: TestServer;
let platform: TestPlatform;
beforeAll(async () => {
  agenda = await startTestServer();
  platform = await startTestPlatform({ lrmOrigins: ['TEST-SAMU330'] });
});
afterAll(async () => {
  await agenda.close();
  await platform.close();
});

const offered = ({ rest }: Json): Set<string> =>
  new Set(
    rest[0].resource.flatMap(({ type, interaction = [] }: Json) =>
      interaction.map(({ code }: Json) => `${type} ${code}`),
    ),
  );

it('each required interaction is offered, or listed with its reason', async () => {
  const statements = {
    fhir: (await agenda.request('GET', 'metadata')).json,
    sas: (await agenda.request('GET', '../sas/metadata')).json,
    platform: (await platform.request('GET', 'metadata')).json,
  };
  const missing = Object.entries(REQUIRED).flatMap(([base, required]) => {
    const has = offered(statements[base as 'fhir']);
    return required.filter((interaction) => !has.has(interaction));
  });
  expect([...missing].sort()).toEqual(UNMET.flatMap(({ lacks = [] }) => lacks).sort());
});

it('a dispatch software opens the search at its published address, with its parameters as they are', async () => {
  const query =
    '?origin=TEST-SAMU330&practitioner=urn%3Aoid%3A1.2.250.1.71.4.2.1%7C810000000001' +
    '&streetname=rue+des+Lilas&inseecode=33063';
  const { status, headers } = await platform.request('GET', `../sas/recherche${query}`);
  expect([status, headers['location']]).toEqual([302, `/recherche${query}`]);
  const unknown = await platform.request('GET', '../sas/recherche?origin=TEST-SAMU999&city=Bordeaux');
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('Origine inconnue')]);
  expect((await platform.request('GET', '../sas/recherche?city=Bordeaux')).status).toBe(302);
  const { json } = await agenda.request('GET', `../sas/recherche${query}`);
  expect(json.resourceType).toBe('OperationOutcome');
});

it('a base instantiates only the statements that it meets', async () => {
  const { json } = await agenda.request('GET', '../sas/metadata');
  expect(json.instantiates.map((url: string) => url.split('/').at(-1))).toEqual(['SAS-GestionnaireStructure']);
});
