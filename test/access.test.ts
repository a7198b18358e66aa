/** `docs/access.md` is the table of the code, and each cell of it is what the server does. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateCaller, findCaller, readCallers, readTokenCallers } from '../src/rest/access/callers-file.ts';
import { proxyList } from '../src/rest/access/proxy.ts';
import { type AccessTable, AGENDA_ACCESS, allowed, PLATFORM_ACCESS, ROLES } from '../src/rest/access/table.ts';
import { PAGE_FILES, PAGE_PATHS } from '../src/rest/html/page-paths.ts';
import { call, startTestServer, type TestServer } from './harness.ts';
import { startTestPlatform } from './platform.ts';
import { client, startTlsServer, type TestPki, testPki, within10s } from './tls.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../docs/access.md'), 'utf8');
const WORDS = { lire: 'read', écrire: 'write' } as Record<string, string>;

/** The documented table under a heading: path, act, then yes or no for each role. */
function documented(heading: string): { path: string; act: string; role: string; answer: string }[] {
  const [head, , ...rows] = PAGE.split('\n## ')
    .find((part) => part.startsWith(heading))!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  return rows.flatMap(([path, act, ...answers]) =>
    answers.map((answer, index) => ({ path: path!, act: WORDS[act!]!, role: head![index + 2]!, answer })),
  );
}

const AGENDA = documented('Chemins et rôles');
const PLATFORM = documented('Sur la plateforme SAS');

it.each([
  [AGENDA, AGENDA_ACCESS],
  [PLATFORM, PLATFORM_ACCESS],
] as const)('the documentation is the table of the code', (cells, table) => {
  const coded = table.flatMap(({ path, act, roles }) =>
    ROLES.map((role) => ({
      path,
      act,
      role,
      answer: roles === 'anybody' ? 'tous' : roles.includes(role) ? 'oui' : 'non',
    })),
  );
  expect(cells).toEqual(coded);
});

/** The pages and their files: the same on both servers. */
const PAGES = Object.fromEntries(
  [...PAGE_PATHS, ...PAGE_FILES].map((path) => [`read ${path}`, [['GET', path]] as const]),
);

/** Requests of a row: each must be let through, or refused, alike. */
const AGENDA_REQUESTS: Record<string, readonly (readonly [string, string])[]> = {
  ...PAGES,
  'read /health': [
    ['GET', '/health/live'],
    ['GET', '/health/ready'],
    ['HEAD', '/health/live'],
  ],
  'read /metrics': [['GET', '/metrics']],
  'read /auth': [
    ['GET', '/auth/me'],
    ['GET', '/auth/login'],
  ],
  'write /auth': [['POST', '/auth/logout']],
  'read /ical': [
    ['GET', '/ical/nothing.ics'],
    ['HEAD', '/ical/nothing.ics'],
  ],
  ...{ 'read /notices': [['GET', '/notices/nothing']], 'write /notices': [['POST', '/notices/nothing']] },
  ...{ 'read /mail': [['GET', '/mail/nothing']], 'write /mail': [['POST', '/mail/nothing']] },
  'read /rdv': [
    ['GET', '/rdv?agenda=a'],
    ['GET', '/rdv/&origin=sas'],
  ],
  'write /rdv': [['POST', '/rdv?agenda=a']],
  'read /docs': [
    ['GET', '/docs'],
    ['GET', '/docs/json'],
    ['GET', '/docs/static/index.html'],
  ],
  'read /fhir/metadata': [
    ['GET', '/fhir/metadata'],
    ['GET', '/%66hir/metadata?_format=json'],
  ],
  'read /fhir': [
    ['GET', '/fhir/Schedule'],
    ['GET', '/fhir/Slot'],
    ['HEAD', '/fhir/Patient'],
    ['POST', '/fhir/Patient/_search'],
    ['GET', '/fhir/Patient/a/_history'],
    ['GET', '/fhir/Appointment/a/$validate'],
    ['POST', '/fhir/Appointment/a/$validate'],
    ['POST', '/fhir/Appointment/$find'],
    ['GET', '/fhir/$bulk-publish'],
    ['GET', '/fhir/$bulk-publish/slots-none.ndjson'],
  ],
  'write /fhir': [
    ['POST', '/fhir/Appointment'],
    ['PUT', '/fhir/Schedule/a'],
    ['PUT', '/fhir/Schedule?identifier=a'],
    ['PATCH', '/fhir/Appointment/a'],
    ['DELETE', '/fhir/Patient/a'],
    ['POST', '/fhir/Schedule/$anything'],
    ['POST', '/fhir/Appointment/$hold'],
    ['POST', '/fhir/Schedule/a/$calendar-link'],
    ['POST', '/fhir/Schedule/a/$import-ical'],
    ['POST', '/fhir/_search/a'],
    ['POST', '/fhir'],
  ],
  'read /fhir/_history': [
    ['GET', '/fhir/_history'],
    ['GET', '/fhir/_history?_after=latest'],
  ],
  'read /fhir/$export': [
    ['GET', '/fhir/$export?_type=Device'],
    ['GET', '/fhir/$export/none'],
    ['GET', '/fhir/%24export/none/Device-1.ndjson'],
  ],
  'write /fhir/$export': [
    ['POST', '/fhir/$export?_type=Device'],
    ['DELETE', '/fhir/$export/none'],
  ],
  'read /fhir/$outbox': [
    ['GET', '/fhir/$outbox'],
    ['GET', '/fhir/%24outbox?state=failed'],
  ],
  'write /fhir/$outbox-retry': [['POST', '/fhir/$outbox-retry']],
  'read /fhir/$server-state': [['GET', '/fhir/$server-state']],
  'read /fhir/StructureDefinition': [
    ['GET', '/fhir/StructureDefinition'],
    ['POST', '/fhir/StructureDefinition/_search'],
  ],
  'read /fhir/*/$validate': [
    ['POST', '/fhir/Appointment/$validate'],
    ['POST', '/fhir/Bundle/%24validate?profile=x'],
  ],
  'read /sas': [
    ['GET', '/sas/Slot'],
    ['GET', '/sas/metadata'],
    ['GET', '/sas/Practitioner'],
  ],
  'write /sas': [
    ['POST', '/sas/Practitioner'],
    ['PUT', '/sas/Practitioner?identifier=a'],
  ],
};

const PLATFORM_REQUESTS: typeof AGENDA_REQUESTS = {
  ...PAGES,
  'read /health': [['GET', '/health/ready']],
  'read /metrics': [['GET', '/metrics']],
  'read /auth': [
    ['GET', '/auth/me'],
    ['GET', '/auth/login'],
  ],
  'write /auth': [['POST', '/auth/logout']],
  'read /docs': [['GET', '/docs/json']],
  'read /activity': [['GET', '/activity']],
  'read /fhir/metadata': [['GET', '/fhir/metadata']],
  'read /fhir': [
    ['GET', '/fhir/Endpoint'],
    ['GET', '/fhir/Practitioner/a'],
    ['POST', '/fhir/Organization/_search'],
    ['GET', '/fhir/$partners'],
    ['GET', '/fhir/Practitioner/a/$partners'],
    ['POST', '/fhir/Practitioner/a/$validate'],
  ],
  'write /fhir': [
    ['PUT', '/fhir/Endpoint/a'],
    ['POST', '/fhir/Practitioner'],
    ['POST', '/fhir/Practitioner/a/$announce'],
    ['DELETE', '/fhir/Organization/a'],
    ['POST', '/fhir'],
  ],
  'read /fhir/$outbox': [
    ['GET', '/fhir/$outbox'],
    ['GET', '/fhir/%24outbox?state=failed'],
  ],
  'write /fhir/$outbox-retry': [['POST', '/fhir/$outbox-retry']],
  'read /fhir/Slot': [
    ['GET', '/fhir/Slot'],
    ['POST', '/fhir/Slot/_search'],
  ],
  'read /fhir/Schedule': [['GET', '/fhir/Schedule']],
  'read /fhir/PractitionerRole': [['GET', '/fhir/PractitionerRole']],
  'read /fhir/$places': [['GET', '/fhir/$places?text=x']],
  'read /fhir/$hub-messages': [['GET', '/fhir/$hub-messages']],
  'read /fhir/Appointment': [
    ['GET', '/fhir/Appointment'],
    ['GET', '/fhir/Appointment/a/_history'],
  ],
  'read /fhir/StructureDefinition': [
    ['GET', '/fhir/StructureDefinition'],
    ['POST', '/fhir/StructureDefinition/_search'],
  ],
  'read /fhir/*/$validate': [
    ['POST', '/fhir/Appointment/$validate'],
    ['POST', '/fhir/Bundle/%24validate?profile=x'],
  ],
  'write /fhir/Appointment': [
    ['POST', '/fhir/Appointment'],
    ['PUT', '/fhir/Appointment?identifier=a'],
    ['DELETE', '/fhir/Appointment/a'],
  ],
};

describe('each cell is what the server does', () => {
  let pki: TestPki;
  const servers: Record<string, { server: { url: string }; close(): Promise<unknown> }> = {};
  beforeAll(async () => {
    pki = await testPki();
    servers['agenda'] = await startTlsServer(pki);
    servers['platform'] = await startTestPlatform(pki.settings());
  });
  afterAll(async () => {
    for (const server of Object.values(servers)) await server.close();
    pki.remove();
  });

  const all = [
    ...AGENDA.map((one) => ({ server: 'agenda', requests: AGENDA_REQUESTS, ...one })),
    ...PLATFORM.map((one) => ({ server: 'platform', requests: PLATFORM_REQUESTS, ...one })),
  ];
  it.each(all)('$server: $act $path by $role: $answer', async ({ server, requests, path, act, role, answer }) => {
    const one = client(servers[server]!, pki, role);
    for (const [method, address] of requests[`${act} ${path}`]!) {
      const { status } = await one.call(method, address, ['GET', 'HEAD', 'DELETE'].includes(method) ? undefined : '{}');
      expect([role, method, address, status === 401 || status === 403 ? 'non' : 'oui']).toEqual([
        role,
        method,
        address,
        answer === 'tous' ? 'oui' : answer,
      ]);
    }
    await one.close();
  });
});

describe('by token', () => {
  let folder: string;
  let test: TestServer;
  /** The token of each is its name. */
  const write = (...callers: { name: string; roles: readonly string[] }[]): void =>
    writeFileSync(
      join(folder, 'callers.json'),
      JSON.stringify({
        callers: callers.map((caller) => ({
          tokenSha256: createHash('sha256').update(caller.name).digest('hex'),
          ...caller,
        })),
      }),
    );
  const everybody = [
    ...ROLES.map((role) => ({ name: role, roles: [role] })),
    { name: 'all', roles: ['*'] },
    { name: 'narrow', roles: ['manager'], paths: ['/fhir/metadata'] },
  ];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'creneau-callers-'));
    write(...everybody);
    test = await startTestServer({ auth: 'token', callers: join(folder, 'callers.json') });
  });
  afterAll(async () => {
    await test.close();
    rmSync(folder, { recursive: true });
  });
  const status = async (token: string | undefined, method: string, path: string): Promise<number> =>
    (
      await call(
        test.server.url + path,
        method,
        ['GET', 'HEAD', 'DELETE'].includes(method) ? undefined : '{}',
        token === undefined ? {} : { authorization: `Bearer ${token}` },
      )
    ).status;

  it.each(ROLES)('%s may do what the same cells say', async (role) => {
    for (const { path, act, answer } of AGENDA.filter((one) => one.role === role)) {
      for (const [method, address] of AGENDA_REQUESTS[`${act} ${path}`]!) {
        expect([method, address, [401, 403].includes(await status(role, method, address)) ? 'non' : 'oui']).toEqual([
          method,
          address,
          answer === 'tous' ? 'oui' : answer,
        ]);
      }
    }
  });

  it('nobody may do what is not for all; `*` every thing; paths narrow what the roles open; the probes of health need no token', async () => {
    const paths = ['/fhir/Schedule', '/fhir/metadata', '/metrics', '/sas/metadata', '/rdv?agenda=a', '/health/live'];
    const of = (token?: string): Promise<number[]> => Promise.all(paths.map((path) => status(token, 'GET', path)));
    expect(await of()).toEqual([401, 401, 401, 401, expect.any(Number), 200]);
    expect(await of('unknown')).toEqual([401, 401, 401, 401, expect.any(Number), 200]);
    expect(await of('all')).toEqual([200, 200, 200, 200, expect.any(Number), 200]);
    expect(await of('narrow')).toEqual([403, 200, 403, 403, expect.any(Number), 200]);
  });

  it('callers are read again; a file with a fault leaves those before', async () => {
    write(...everybody.filter((one) => one.name !== 'reader'));
    expect(
      await within10s(
        () => status('reader', 'GET', '/fhir/Schedule'),
        (one) => one === 401,
      ),
    ).toBe(401);
    write({ name: 'manager', roles: ['magician'] });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect([await status('manager', 'GET', '/fhir/Schedule'), await status('reader', 'GET', '/fhir/Schedule')]).toEqual(
      [200, 401],
    );
  });
});

it('the paths of a caller narrow what the roles open', async () => {
  const pki = await testPki();
  const { callers } = JSON.parse(pki.read('callers.json'));
  pki.write({
    'callers.json': JSON.stringify({
      callers: callers.map((caller: object) => ({ ...caller, paths: ['/fhir/metadata', '/health'] })),
    }),
  });
  const test = await startTlsServer(pki);
  const one = client(test, pki, 'manager');
  try {
    const asked = await Promise.all(
      ['/fhir/metadata', '/health/live', '/fhir/Schedule', '/docs', '/metrics'].map(
        async (path) => (await one.call('GET', path)).status,
      ),
    );
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
    { path: '/a/*/$validate', act: 'read', roles: ['editor'] },
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
    ['POST', '/a/long-enough-to-be-longer/$validate', ['editor']],
    ['POST', '/a/b/$validate', ['editor']],
    ['POST', '/a//$validate', ['reader']],
    ['POST', '/a/x/1/$validate', ['reader']],
    ['POST', '/a/$validate', ['reader']],
    ['GET', '//a/x/$validate', []],
    ['DELETE', '/a/_search', []],
    ['GET', '/', []],
  ])('%s %s', (method, path, roles) => expect(allowed(table, method, path)).toEqual(roles));
});

describe('the callers file', () => {
  const entry = { name: 'a', commonName: 'a.test', organizationalUnit: '1', roles: ['reader'] };
  const read = (...callers: unknown[]): CertificateCaller[] => readCallers(Buffer.from(JSON.stringify({ callers })));

  it('finds by both names, exactly', () => {
    const callers = read(
      entry,
      { ...entry, name: 'b', organizationalUnit: '2' },
      { name: 'token', roles: ['anything'], tokenSha256: '00' },
    );
    const find = (commonName: string | undefined, ...organizationalUnits: string[]): string | undefined =>
      findCaller(callers, { commonName, organizationalUnits })?.name;
    expect([
      find('a.test', '1'),
      find('a.test', '9', '2'),
      find('a.test'),
      find('a.test', '3'),
      find('A.test', '1'),
      find(undefined, '1'),
      find('a.test ', '1'),
    ]).toEqual(['a', 'b', undefined, undefined, undefined, undefined, undefined]);
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

  it.each([
    [[{ name: 'a', roles: ['magician'], tokenSha256: '0'.repeat(64) }], 'has the role "magician"'],
    [[{ name: 'a', roles: ['reader'], tokenSha256: 'secret' }], '64 hexadecimal digits'],
    [
      [
        { name: 'a', roles: ['reader'], tokenSha256: 'a'.repeat(64) },
        { name: 'b', roles: ['reader'], tokenSha256: 'A'.repeat(64) },
      ],
      '"b" and "a" have the same tokenSha256',
    ],
  ])('refuses the token of %j', (callers, message) =>
    expect(() => readTokenCallers(Buffer.from(JSON.stringify({ callers })))).toThrow(message),
  );
});

it('the list of proxies knows addresses and networks of both families', () => {
  const isProxy = proxyList(['10.1.2.3', '192.168.0.0/16', 'fd00::/8', '::1']);
  const asked = [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '192.168.7.9',
    'fd12::1',
    '::1',
    '10.1.2.4',
    '192.169.0.1',
    'fe80::1',
    '::ffff:10.1.2.4',
    undefined,
  ];
  expect(asked.map(isProxy)).toEqual([true, true, true, true, true, false, false, false, false, false]);
});
