/** Regulator accounts at the partners (INT_R02): sent at login, changed at the next, deactivated at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPartner } from '../src/sas/simulator/simulated-partner.ts';
import type { Json } from '../src/fhir/resource.ts';
import { CURRENT } from '../src/sas/contract/contract.ts';
import { RegulatorLogin } from '../src/sas/platform/reports/regulator-login.ts';
import { partnerEntry, startTestPlatform, type TestPlatform } from './platform.ts';

describe('regulator accounts at partners (INT_R02)', () => {
  const TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
  const technical = {
    type: { coding: [{ system: TYPE, code: 'INTRN' }] },
    system: 'urn:oid:1.2.250.1.213.3.6',
    value: 'u-1',
  };
  const national = {
    type: { coding: [{ system: TYPE, code: 'IDNPS' }] },
    system: 'urn:oid:1.2.250.1.71.4.2.1',
    value: '3456780581/11242343',
  };
  const account = (more: object = {}): Json => ({
    ...{
      resourceType: 'Practitioner',
      id: 'r',
      meta: { profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul'] },
      active: true,
    },
    ...{
      identifier: [technical],
      name: [{ family: 'Vasseur', given: ['Camille', 'Anne'] }],
      telecom: [{ system: 'email', value: 'c.vasseur@samu.example' }],
    },
    ...more,
  });
  const received: { method: string; path: string; body: Json }[] = [];
  let isDown = false;
  const flaky = createServer((request, response) => {
    let text = '';
    request
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        if (isDown) return void response.writeHead(503).end();
        received.push({ method: request.method!, path: decodeURIComponent(request.url!), body: JSON.parse(text) });
        response.writeHead(201, { location: '/Practitioner/1' }).end();
      });
  });
  const folder = mkdtempSync(join(tmpdir(), 'creneau-accounts-'));
  let test: TestPlatform;
  let good: Awaited<ReturnType<typeof startPartner>>;
  beforeAll(async () => {
    good = await startPartner({ mood: 'good', port: 0, host: '127.0.0.1', seed: 1 }, Date.now);
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(flaky.address() as AddressInfo).port}`;
    const file = join(folder, 'partners.json');
    writeFileSync(file, JSON.stringify({ partners: [partnerEntry('flaky', address), partnerEntry('good', good.url)] }));
    test = await startTestPlatform({ partners: file });
  });
  afterAll(async () => {
    await test.close();
    rmSync(folder, { recursive: true });
    await good.close();
    flaky.closeAllConnections();
    flaky.close();
  });

  const states = (json: Json): Record<string, string> =>
    Object.fromEntries(
      (json.parameter ?? []).map((parameter: Json) => [
        parameter.part[0].valueString,
        parameter.part.find((part: Json) => part.name === 'state').valueCode,
      ]),
    );
  const settled = async (wanted: object): Promise<void> => {
    await expect
      .poll(async () => states((await test.request('GET', 'Practitioner/r/$partners')).json), {
        timeout: 30_000,
        interval: 100,
      })
      .toEqual(wanted);
  };
  const announce = () => test.request('POST', 'Practitioner/r/$announce');

  it('are sent once, at login and not before', async () => {
    expect((await test.request('PUT', 'Practitioner/r', account())).status).toBe(201);
    expect(states((await test.request('GET', 'Practitioner/r/$partners')).json)).toEqual({});
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    expect(received).toEqual([
      {
        method: 'POST',
        path: '/Practitioner',
        body: {
          resourceType: 'Practitioner',
          meta: { source: 'urn:oid:1.2.250.1.213.3.6', profile: account().meta.profile },
          identifier: [technical],
          active: true,
          name: [{ family: 'Vasseur', given: ['Camille Anne'] }],
          telecom: [{ system: 'email', value: 'c.vasseur@samu.example' }],
        },
      },
    ]);
    expect([...good.accounts.keys()]).toEqual(['urn:oid:1.2.250.1.213.3.6|u-1']);
  });

  it('are changed at the next login, under the identifier that the partner knows', async () => {
    received.length = 0;
    await test.request('PUT', 'Practitioner/r', account({ identifier: [national, technical] }));
    await settled({ flaky: 'outdated', good: 'outdated' });
    await announce();
    await settled({ flaky: 'current', good: 'current' });
    expect(received.map(({ method, path, body }) => [method, path, body.identifier])).toEqual([
      ['PUT', '/Practitioner?identifier=urn:oid:1.2.250.1.213.3.6|u-1', [national]],
    ]);
    expect([...good.accounts.keys()]).toEqual(['urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343']);
  });

  it('are announced when a regulator logs in, by national identifier or by e-mail', async () => {
    const { backend, log } = test.server;
    const login = new RegulatorLogin(backend.repository, backend.announcer, CURRENT, log);
    const identity = { name: 'Camille', issuer: 'x', subject: 'x', fromSas: false };
    expect(await login.of({ ...identity, subjectNameId: '3456780581/99' })).toBeUndefined();
    expect(await login.of({ ...identity, email: 'vasseur@samu.example' })).toBeUndefined();
    await test.request(
      'PUT',
      'Practitioner/r',
      account({ identifier: [national, technical], name: [{ family: 'Vasseur', given: ['Anne'] }] }),
    );
    await settled({ flaky: 'outdated', good: 'outdated' });
    const person = {
      roles: ['regulator'],
      agendas: [],
      places: [],
      regulator: { account: 'Practitioner/r', operator: { identifier: national } },
    };
    expect(await login.of({ ...identity, subjectNameId: national.value })).toEqual(person);
    await settled({ flaky: 'current', good: 'current' });
    expect(await login.of({ ...identity, email: 'C.Vasseur@samu.example' })).toEqual(person);
  });

  it('are deactivated at once, with attempts until the message arrives', async () => {
    received.length = 0;
    isDown = true;
    await test.request('PUT', 'Practitioner/r', account({ identifier: [national, technical], active: false }));
    await settled({ flaky: 'waiting', good: 'current' });
    expect(good.accounts.get('urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343')!['active']).toBe(false);
    await expect
      .poll(async () => JSON.stringify((await test.request('GET', 'Practitioner/r/$partners')).json), {
        timeout: 20_000,
      })
      .toContain('Éditeur flaky answered 503');
    isDown = false;
    await settled({ flaky: 'current', good: 'current' });
    expect(received.map(({ method, path, body }) => [method, path, body.active])).toEqual([
      ['PUT', '/Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1|3456780581/11242343', false],
    ]);
  });
});
