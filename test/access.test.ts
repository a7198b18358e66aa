/** The server does what each cell of the table in `docs/access.md` says. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowed } from '../src/rest/access/decision.ts';
import { type AccessTable, type Act, AGENDA_ACCESS, PLATFORM_ACCESS, ROLES } from '../src/rest/access/table.ts';
import { AGENDA_REQUESTS, PLATFORM_REQUESTS } from './access-requests.ts';
import { call, startTestServer, type TestServer } from './harness.ts';
import { startTestPlatform } from './platform.ts';
import { client, startTlsServer, type TestPki, testPki, within10s } from './tls.ts';

const FILE = join(import.meta.dirname, '../docs/access.md');
const PAGE = readFileSync(FILE, 'utf8');
const WORDS = { read: 'lire', write: 'écrire', call: 'appeler' };

interface Cell {
  path: string;
  act: Act;
  role: string;
  answer: string;
}

/** The lines of the documented table under a heading. */
function documented(heading: string): string[] {
  return PAGE.split('\n## ')
    .find((part) => part.startsWith(heading))!
    .split('\n')
    .filter((line) => line.startsWith('|'));
}

function cellsOf(table: AccessTable): Cell[] {
  return table.flatMap(({ path, act, roles }) =>
    ROLES.map((role) => ({
      path,
      act,
      role,
      answer: roles === 'anybody' ? 'tous' : roles.includes(role) ? 'oui' : 'non',
    })),
  );
}

function tableText(table: AccessTable): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cells = cellsOf(table);
  return [
    line(['chemin', 'action', ...ROLES]),
    `|${'---|'.repeat(ROLES.length + 2)}`,
    ...table.map(({ path, act }, row) =>
      line([
        `\`${path}\``,
        WORDS[act],
        ...cells.slice(row * ROLES.length, (row + 1) * ROLES.length).map((cell) => cell.answer),
      ]),
    ),
  ];
}

it.each([
  ['Chemins et rôles', AGENDA_ACCESS],
  ['Sur la plateforme SAS', PLATFORM_ACCESS],
] as const)('the documentation is the table of the code: %s', (heading, table) => {
  if (process.env['UPDATE_DOCS'] === '1') {
    const page = readFileSync(FILE, 'utf8');
    writeFileSync(
      FILE,
      page.replace(documented(heading).join('\n'), () => tableText(table).join('\n')),
    );
  } else expect(documented(heading)).toEqual(tableText(table));
});

describe('the server does what each cell says', () => {
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

  it.each([
    ['agenda', AGENDA_ACCESS],
    ['platform', PLATFORM_ACCESS],
  ] as const)('%s: a row names every operation that the server offers', async (server, table) => {
    const asker = client(servers[server]!, pki, 'operator');
    const { json } = await asker.call('GET', '/docs/json');
    await asker.close();
    const operations = Object.keys(json.paths).filter((path) => path.includes('$'));
    expect(operations.length).toBeGreaterThan(10);
    const unnamed = operations.filter((path) => allowed(table, 'POST', path.replace(/\{\w+\}/g, 'a')).length === 0);
    expect(unnamed).toEqual([]);
  });

  it('an entry of a batch has the rights of a single request', async () => {
    for (const role of ['manager', 'practitioner', 'secretary'] as const) {
      const asker = client(servers['agenda']!, pki, role);
      const cells = cellsOf(AGENDA_ACCESS).filter((cell) => cell.role === role && cell.path.startsWith('/fhir/'));
      for (const { path, act, answer } of cells) {
        const [method, address] = AGENDA_REQUESTS[`${act} ${path}`]![0]!;
        const entry = [{ request: { method, url: address.slice('/fhir/'.length) } }];
        const batch = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry });
        const { json } = await asker.call('POST', '/fhir', batch);
        const isRefused = json.entry[0].response.status === '403';
        const expected = answer === 'tous' ? 'oui' : answer;
        expect([role, method, address, isRefused ? 'non' : 'oui']).toEqual([role, method, address, expected]);
      }
      await asker.close();
    }
  });

  const all = [
    ...cellsOf(AGENDA_ACCESS).map((cell) => ({ server: 'agenda', requests: AGENDA_REQUESTS, ...cell })),
    ...cellsOf(PLATFORM_ACCESS).map((cell) => ({ server: 'platform', requests: PLATFORM_REQUESTS, ...cell })),
  ];
  it.each(all)('$server: $act $path by $role: $answer', async ({ server, requests, path, act, role, answer }) => {
    const caller = client(servers[server]!, pki, role);
    for (const [method, address] of requests[`${act} ${path}`]!) {
      const { status } = await caller.call(
        method,
        address,
        ['GET', 'HEAD', 'DELETE'].includes(method) ? undefined : '{}',
      );
      expect([role, method, address, status === 401 || status === 403 ? 'non' : 'oui']).toEqual([
        role,
        method,
        address,
        answer === 'tous' ? 'oui' : answer,
      ]);
    }
    await caller.close();
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
    for (const { path, act, answer } of cellsOf(AGENDA_ACCESS).filter((cell) => cell.role === role)) {
      for (const [method, address] of AGENDA_REQUESTS[`${act} ${path}`]!) {
        expect([method, address, [401, 403].includes(await status(role, method, address)) ? 'non' : 'oui']).toEqual([
          method,
          address,
          answer === 'tous' ? 'oui' : answer,
        ]);
      }
    }
  });

  it('a role opens the cells that it names, `*` every cell; paths narrow them; probes need no token', async () => {
    const paths = ['/fhir/Schedule', '/fhir/metadata', '/metrics', '/sas/metadata', '/rdv?agenda=a', '/health/live'];
    const of = (token?: string): Promise<number[]> => Promise.all(paths.map((path) => status(token, 'GET', path)));
    expect(await of()).toEqual([401, 401, 401, 401, expect.any(Number), 200]);
    expect(await of('unknown')).toEqual([401, 401, 401, 401, expect.any(Number), 200]);
    expect(await of('all')).toEqual([200, 200, 200, 200, expect.any(Number), 200]);
    expect(await of('narrow')).toEqual([403, 200, 403, 403, expect.any(Number), 200]);
  });

  it('the file of callers is read again; a faulty file leaves the callers as they were', async () => {
    write(...everybody.filter((caller) => caller.name !== 'reader'));
    expect(
      await within10s(
        () => status('reader', 'GET', '/fhir/Schedule'),
        (code) => code === 401,
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
  const manager = client(test, pki, 'manager');
  try {
    const asked = await Promise.all(
      ['/fhir/metadata', '/health/live', '/fhir/Schedule', '/docs', '/metrics'].map(
        async (path) => (await manager.call('GET', path)).status,
      ),
    );
    expect(asked).toEqual([200, 200, 403, 403, 403]);
  } finally {
    await manager.close();
    await test.close();
    pki.remove();
  }
});
