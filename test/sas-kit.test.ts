/**
 * The checks of the national conformance kit, ported, over mutual TLS with the certificates of `creneau certs` on the
 * data of docs/sas-kit.ndjson: both modes, twice in a row, the accounts deactivated in between. Annex A of the digest
 * (docs/spec/annex-a-kit.md) has the kit's rules.
 */
import { readFileSync } from 'node:fs';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deactivateAll } from '../src/cli/commands/accounts.ts';
import { certs } from '../src/cli/commands/certs.ts';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { NOW, startTestServer, type TestServer } from './harness.ts';
import { type Client, client, type TestPki } from './tls.ts';

const DATA = readFileSync(join(import.meta.dirname, '../docs/sas-kit.ndjson'), 'utf8')
  .trim()
  .split('\n');
const PS = 'urn:oid:1.2.250.1.71.4.2.1';
const [P1, P2, P3, P4] = ['810000000111', '810000000129', '810000000137', '810000000145'];

let folder: string;
let test: TestServer;
let sas: Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-kit-'));
  await certs({ certKeys: 'rsa', certHost: ['host.docker.internal'] }, [join(folder, 'pki')]);
  const at = (name: string): string => join(folder, 'pki', name);
  test = await startTestServer({
    auth: 'mtls',
    callers: at('callers.json'),
    tlsCert: at('server.pem'),
    tlsKey: at('server.key'),
    tlsClientCa: at('ca.pem'),
    tlsCrl: [at('ca-root.crl'), at('ca-clients.crl')],
    editorSystem: 'urn:oid:1.2.250.1.999.1',
  });
  const manager = client(test, kitPki(), 'manager');
  for (const line of DATA) {
    const { resourceType, id } = JSON.parse(line) as Resource;
    const { status, text } = await manager.call('PUT', `/fhir/${resourceType}/${id}`, line);
    expect([id, status, status > 299 ? text : '']).toEqual([id, 201, '']);
  }
  await manager.close();
  sas = client(test, kitPki(), 'sas-platform');
}, 120_000);
afterAll(async () => {
  await sas.close();
  await test.close();
  rmSync(folder, { recursive: true });
});

function kitPki(): TestPki {
  const at = (name: string): string => join(folder, 'pki', name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const [root = ''] = /-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n/.exec(read('ca.pem')) ?? [];
  return { at, read, root: { certificate: root } } as TestPki;
}

describe('the certificates of the kit (1.1, 1.2)', () => {
  it.each([
    ['inferno-prePROD.pem', 'inferno-prePROD.key'],
    ['invalid_bad_cname_certificate.key.crt.ca.pem', 'invalid_bad_cname.key'],
    ['invalid_bad_ou_certificate.key.crt.ca.pem', 'invalid_bad_ou.key'],
    ['invalid_revoked_certificate.key.crt.ca.pem', 'invalid_revoked_certificate.key'],
  ])('%s is RSA and has its key', (certificate, key) => {
    const read = (name: string): string => kitPki().read(`kit/${name}`);
    expect(createPrivateKey(read(key)).asymmetricKeyType).toBe('rsa');
    expect(new X509Certificate(read(certificate)).checkPrivateKey(createPrivateKey(read(key)))).toBe(true);
  });

  it('are EC by option', async () => {
    await certs({ certKeys: 'ec', certHost: [] }, [join(folder, 'ec')]);
    const key = readFileSync(join(folder, 'ec/server.key'), 'utf8');
    expect(createPrivateKey(key).asymmetricKeyType).toBe('ec');
  });

  it('name the host of a container', () =>
    expect(new X509Certificate(kitPki().read('server.pem')).checkHost('host.docker.internal')).toBeDefined());

  it.each([
    ['sas-platform', 200],
    ['wrong-cn', 403],
    ['wrong-ou', 403],
    ['revoked', 401],
    [undefined, 401],
  ])('%s: %d', async (name, status) => {
    const caller = client(test, kitPki(), name);
    expect((await caller.call('GET', `/sas/Slot?${query([P1!], false)}`)).status).toBe(status);
    await caller.close();
  });
});

/** Paris time labelled +00:00, as the kit writes it. */
function query(people: readonly string[], isCpts: boolean): string {
  const day = (days: number): string => new Date(NOW + days * 86_400_000).toISOString().slice(0, 10);
  const includes = ['_include=Slot:schedule', '_include:iterate=Schedule:actor'];
  if (isCpts) includes.push('_include=Slot:service-type-reference', '_include:iterate=HealthcareService:organization');
  return [
    ...includes,
    'status=free',
    `start=ge${day(0)}T${new Date(NOW).toISOString().slice(11, 19)}.000%2B00:00`,
    `start=le${day(2)}T23:59:59.999%2B00:00`,
    `schedule.actor:Practitioner.identifier=${people.map((value) => `${PS}%7C${value}`).join()}`,
  ].join('&');
}

async function search(people: readonly string[], isCpts: boolean): Promise<{ bundle: Json; path: string }> {
  const path = `/sas/Slot?${query(people, isCpts)}`;
  const { status, json } = await sas.call('GET', path, undefined, { accept: 'application/json+fhir' });
  expect(status).toBe(200);
  return { bundle: json, path };
}

const all = (bundle: Json, type: string): Json[] =>
  bundle.entry.map((entry: Json) => entry.resource).filter((resource: Json) => resource.resourceType === type);

/** The slices by `pattern:$this` have no pattern (trap C32). */
const C32 = /extension:sas-servicetype-r5 is there 0 times/;

describe.each([1, 2])('run %d', (run) => {
  describe.each([
    ['PS', false],
    ['CPTS', true],
  ])('4, searches of %s', (_, isCpts) => {
    it('are valid by the profiles of both versions (4.2.02)', async () => {
      for (const people of [[P1!], [P2!], [P1!, P3!], [P1!, P2!, P3!]]) {
        const { bundle } = await search(people, isCpts);
        for (const version of ['1.1.0', '1.2.0'] as const) {
          const errors = new Conformance([], version).validator
            .validate(bundle)
            .filter(({ severity, diagnostics }) => severity === 'error' && !C32.test(diagnostics));
          expect(errors.map(({ expression, diagnostics }) => `${expression} ${diagnostics}`)).toEqual([]);
        }
      }
    });

    it('have the resources, dates, references, addresses and links that are wanted (4.3)', async () => {
      const { bundle, path } = await search([P1!], isCpts);
      const slots = all(bundle, 'Slot');
      expect([bundle.type, bundle.total]).toEqual(['searchset', slots.length]);
      expect(bundle.link).toEqual([{ relation: 'self', url: `${test.server.url}${path}` }]);
      expect(slots.length).toBeGreaterThan(0);
      const [practitioner, ...others] = all(bundle, 'Practitioner');
      expect([others, practitioner.identifier[0].value]).toEqual([[], P1]);
      for (const slot of slots) {
        expect([slot.status, /^(ROUTINE|WALKIN)$/.test(slot.appointmentType.coding[0].code)]).toEqual(['free', true]);
        expect(slot.comment).toMatch(/^https:\S+\?/);
        expect(slot.start).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
        expect(Date.parse(slot.start)).toBeGreaterThanOrEqual(NOW);
        expect(Date.parse(slot.end)).toBeGreaterThan(Date.parse(slot.start));
        expect(slot.schedule.reference).toBe(`Schedule/${all(bundle, 'Schedule')[0].id}`);
        // 4.7.03: only the declared consultation types, and the code of CPTS.
        for (const { coding = [] } of slot.serviceType) expect(['AMB', '604']).toContain(coding[0]?.code ?? 'AMB');
      }
      expect(all(bundle, 'Schedule')[0].actor.map(({ reference }: Json) => reference)).toEqual([
        'Practitioner/kit-thomas',
        'PractitionerRole/kit-thomas-cabinet',
      ]);
      const [role] = all(bundle, 'PractitionerRole');
      const [place] = role.contained;
      expect([role.location, role.contained.length]).toEqual([[{ reference: `#${place.id}` }], 1]);
      expect([place.address.line.length, place.address.city, /^\d{5}$/.test(place.address.postalCode)]).toEqual([
        1,
        'LYON',
        true,
      ]);
      for (const resource of bundle.entry.map((entry: Json) => entry.resource))
        expect(resource.meta.profile).toHaveLength(1);
    });

    it('show one person with two places (4.4), and two people (4.5)', async () => {
      const { bundle: two } = await search([P2!], isCpts);
      expect(['Practitioner', 'PractitionerRole', 'Schedule'].map((type) => all(two, type).length)).toEqual([1, 2, 2]);
      const { bundle: both } = await search([P1!, P2!], isCpts);
      expect(all(both, 'Practitioner')).toHaveLength(2);
      expect(all(both, 'PractitionerRole').length).toBeGreaterThanOrEqual(2);
    });

    it('name the people, their phones and their structures (4.6)', async () => {
      const { bundle } = await search([P1!, P2!, P3!], isCpts);
      for (const { name, identifier } of all(bundle, 'Practitioner')) {
        expect([/./.test(name[0].family), /./.test(name[0].given[0])]).toEqual([true, true]);
        expect(identifier[0].value).toMatch(/^8\d{11}$/);
      }
      for (const { organization, telecom } of all(bundle, 'PractitionerRole')) {
        expect(organization.identifier.value).toMatch(/^(1\d{9}|3\d{14}|4\d{14})$/);
        expect(telecom[0].value).toMatch(/^\+33\d{9}$/);
      }
    });
  });

  it('4.8 and 4.9: one person for two CPTS, with their names and phones', async () => {
    const { bundle } = await search([P4!], true);
    expect(['HealthcareService', 'Organization'].map((type) => all(bundle, type).length)).toEqual([2, 2]);
    for (const slot of all(bundle, 'Slot')) {
      expect(slot.meta.security.map(({ code }: Json) => code)).toEqual(['CPTS']);
      const named = slot.serviceType.filter(({ extension }: Json) => extension !== undefined);
      expect(named.map(({ coding }: Json) => coding[0].code)).toEqual(['604', '604']);
    }
    for (const { name, telecom, identifier } of all(bundle, 'Organization'))
      expect([/./.test(name), telecom[0].value, /^1\d{9}$/.test(identifier[0].value)]).toEqual([
        true,
        '+33472000001',
        true,
      ]);
    expect(bundle.entry.every(({ fullUrl }: Json) => /^https:/.test(fullUrl))).toBe(true);
    const { status, json } = await sas.call('GET', `/sas/Slot?${query([P4!], false)}`);
    expect([status, json.total]).toEqual([200, 0]);
  });

  it('5: the accounts of regulators, step by step', async () => {
    const [national, next, uuid] = ['3456780581/11242343', '3456780581/99', '0b6fdf4f-2b2c-4a9e-9a52-6a9e7f1d2c11'];
    const PLATFORM = 'urn:oid:1.2.250.1.213.3.6';
    const account = (code: string, value: string, more: object = {}): string =>
      JSON.stringify({
        resourceType: 'Practitioner',
        meta: {
          profile: ['https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul'],
          source: PLATFORM,
        },
        identifier: [
          {
            type: { coding: [{ system: 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203', code }] },
            system: code === 'IDNPS' ? PS : PLATFORM,
            value,
          },
        ],
        active: true,
        name: [{ family: 'REGUL', given: ['Max'] }],
        telecom: [{ system: 'email', value: `${code}@samu.test` }],
        ...more,
      });
    const post = async (body: string): Promise<number> => (await sas.call('POST', '/sas/Practitioner', body)).status;
    const put = async (token: string, body: string): Promise<number> =>
      (await sas.call('PUT', `/sas/Practitioner?identifier=${encodeURIComponent(token)}`, body)).status;
    const steps = [
      await post(account('IDNPS', national!)),
      await post(account('INTRN', uuid!)),
      await post(account('IDNPS', national!)),
      await post(account('IDNPS', '3456780581/5', { name: [{ given: ['Max'] }] })),
      await put(`${PS}|${national}`, account('IDNPS', national!, { active: false })),
      await put(`${PS}|${national}`, account('IDNPS', national!)),
      await put(
        `${PS}|${national}`,
        account('IDNPS', national!, { telecom: [{ system: 'email', value: 'new@samu.test' }] }),
      ),
      await put(`${PS}|${national}`, account('IDNPS', next!)),
      await put(
        `${PLATFORM}|${uuid}`,
        account('IDNPS', '3456780581/7', { telecom: [{ system: 'email', value: 'u@samu.test' }] }),
      ),
      await put(`${PS}|${next}`, account('IDNPS', next!, { name: [{ family: 'AUTRE', given: ['Max'] }] })),
      await put(`${PS}|${next}`, account('IDNPS', next!, { name: [{ family: 'AUTRE' }] })),
      await put(
        `${PS}|3456780581/8`,
        account('IDNPS', '3456780581/8', { telecom: [{ system: 'email', value: 'p@samu.test' }] }),
      ),
    ];
    const expected = [run, 201, 201, 422, 400, 200, 200, 200, 200, 200, 200, 400];
    // The second time, the identifier finds the account that had it before.
    expect([run, ...steps]).toEqual([...expected, run === 1 ? 201 : 200]);
  });

  it('again needs the accounts deactivated', async () => {
    const ask = async (method: string, path: string, body?: string): Promise<Json> =>
      (await sas.call(method, `/sas/${path}`, body)).json;
    expect(await deactivateAll({ ask })).toBe(3);
    expect(await deactivateAll({ ask })).toBe(0);
  });
});
