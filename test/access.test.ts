/** `docs/access.md` is the table of the code, and each cell of it is what the server does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateCaller, findCaller, readCallers } from '../src/rest/access/callers-file.ts';
import { proxyList } from '../src/rest/access/proxy.ts';
import { type AccessTable, AGENDA_ACCESS, allowed, ROLES } from '../src/rest/access/table.ts';
import type { TestServer } from './harness.ts';
import { client, startTlsServer, type TestPki, testPki } from './tls.ts';

/** The documented table: path, act, then yes or no for each role. */
const [head, , ...rows] = readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(0, AGENDA_ACCESS.length + 2)
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim().replaceAll('`', '')));
const WORDS = { lire: 'read', écrire: 'write' } as Record<string, string>;
const cells = rows.flatMap(([path, act, ...answers]) => answers.map((answer, index) => ({ path: path!, act: WORDS[act!]!, role: head![index + 2]!, answer })));

it('the documentation is the table of the code', () => {
  expect(head!.slice(2)).toEqual(ROLES);
  const coded = AGENDA_ACCESS.flatMap(({ path, act, roles }) => ROLES.map((role) => ({ path, act, role, answer: roles !== 'anybody' && roles.includes(role) ? 'oui' : 'non' })));
  expect(cells).toEqual(coded);
});

/** Requests of a row: each must be let through, or refused, alike. */
const REQUESTS: Record<string, readonly (readonly [string, string])[]> = {
  'read /health': [['GET', '/health/live'], ['GET', '/health/ready'], ['HEAD', '/health/live']],
  'read /metrics': [['GET', '/metrics']],
  'read /docs': [['GET', '/docs'], ['GET', '/docs/json'], ['GET', '/docs/static/index.html']],
  'read /fhir/metadata': [['GET', '/fhir/metadata'], ['GET', '/%66hir/metadata?_format=json']],
  'read /fhir': [['GET', '/fhir/Schedule'], ['GET', '/fhir/Slot'], ['HEAD', '/fhir/Patient'], ['POST', '/fhir/Patient/_search'], ['GET', '/fhir/Patient/a/_history'], ['GET', '/fhir/_history'], ['POST', '/fhir/Appointment/$validate']],
  'write /fhir': [['POST', '/fhir/Appointment'], ['PUT', '/fhir/Schedule/a'], ['PUT', '/fhir/Schedule?identifier=a'], ['PATCH', '/fhir/Appointment/a'], ['DELETE', '/fhir/Patient/a'], ['POST', '/fhir/Schedule/$anything'], ['POST', '/fhir/_search/a'], ['POST', '/fhir']],
  'read /sas': [['GET', '/sas/Slot'], ['GET', '/sas/metadata'], ['GET', '/sas/Practitioner']],
  'write /sas': [['POST', '/sas/Practitioner'], ['PUT', '/sas/Practitioner?identifier=a']],
};

describe('each cell is what the server does', () => {
  let pki: TestPki;
  let test: TestServer;
  beforeAll(async () => {
    pki = await testPki();
    test = await startTlsServer(pki);
  });
  afterAll(async () => {
    await test.close();
    pki.remove();
  });

  it.each(cells)('$act $path by $role: $answer', async ({ path, act, role, answer }) => {
    const one = client(test, pki, role);
    for (const [method, address] of REQUESTS[`${act} ${path}`]!) {
      const { status } = await one.call(method, address, ['GET', 'HEAD', 'DELETE'].includes(method) ? undefined : '{}');
      expect([role, method, address, status === 401 || status === 403 ? 'non' : 'oui']).toEqual([role, method, address, answer]);
    }
    await one.close();
  });
});

it('the paths of a caller narrow what the roles open', async () => {
  const pki = await testPki();
  const { callers } = JSON.parse(pki.read('callers.json'));
  pki.write({ 'callers.json': JSON.stringify({ callers: callers.map((one: object) => ({ ...one, paths: ['/fhir/metadata', '/health'] })) }) });
  const test = await startTlsServer(pki);
  const one = client(test, pki, 'manager');
  try {
    const asked = await Promise.all(['/fhir/metadata', '/health/live', '/fhir/Schedule', '/docs', '/metrics'].map(async (path) => (await one.call('GET', path)).status));
    expect(asked).toEqual([200, 200, 403, 403, 403]);
  } finally {
    await one.close();
    await test.close();
    pki.remove();
  }
});

describe('the table', () => {
  const table: AccessTable = [
    { path: '/a', act: 'read', roles: ['reader'] },
    { path: '/a/b', act: 'read', roles: 'anybody' },
    { path: '/a/b/c', act: 'read', roles: ['operator'] },
  ];
  it.each([
    ['GET', '/a', ['reader']],
    ['GET', '/a/x', ['reader']],
    ['GET', '/ab', []],
    ['GET', '/a/b', 'anybody'],
    ['GET', '/a/bc', ['reader']],
    ['GET', '/a/b/c/d', ['operator']],
    ['POST', '/a/b', []],
    ['POST', '/a/_search', ['reader']],
    ['DELETE', '/a/_search', []],
    ['GET', '/', []],
  ])('%s %s', (method, path, roles) => expect(allowed(table, method, path)).toEqual(roles));
});

describe('the callers file', () => {
  const entry = { name: 'a', commonName: 'a.test', organizationalUnit: '1', roles: ['reader'] };
  const read = (...callers: unknown[]): CertificateCaller[] => readCallers(Buffer.from(JSON.stringify({ callers })));

  it('finds by both names, exactly', () => {
    const callers = read(entry, { ...entry, name: 'b', organizationalUnit: '2' }, { name: 'token', roles: ['anything'], tokenSha256: '00' });
    const find = (commonName: string | undefined, ...organizationalUnits: string[]): string | undefined => findCaller(callers, { commonName, organizationalUnits })?.name;
    expect([find('a.test', '1'), find('a.test', '9', '2'), find('a.test'), find('a.test', '3'), find('A.test', '1'), find(undefined, '1'), find('a.test ', '1')]).toEqual(['a', 'b', undefined, undefined, undefined, undefined, undefined]);
  });

  it.each([
    [[{ ...entry, roles: ['*'] }], 'has the role "*"'],
    [[{ ...entry, roles: 'reader' }], 'roles of "a" is not a list'],
    [[{ ...entry, organizationalUnit: undefined }], 'no organizationalUnit'],
    [[{ ...entry, organizationalUnit: '' }], 'no organizationalUnit'],
    [[{ ...entry, commonName: undefined }], 'no commonName'],
    [[{ ...entry, paths: '/fhir' }], 'paths of "a" is not a list'],
    [[entry, { ...entry, name: 'b' }], '"b" and "a" have the same'],
  ])('refuses %j', (callers, message) => expect(() => read(...callers)).toThrow(message));
});

it('the list of proxies knows addresses and networks of both families', () => {
  const isProxy = proxyList(['10.1.2.3', '192.168.0.0/16', 'fd00::/8', '::1']);
  const asked = ['10.1.2.3', '::ffff:10.1.2.3', '192.168.7.9', 'fd12::1', '::1', '10.1.2.4', '192.169.0.1', 'fe80::1', '::ffff:10.1.2.4', undefined];
  expect(asked.map(isProxy)).toEqual([true, true, true, true, true, false, false, false, false, false]);
});
