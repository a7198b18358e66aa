/**
 * `docs/sas-editor.md` typed as it stands, in order: two servers behind mutual TLS, every block of commands, every line
 * of the national gate's checklist.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { startProvider, type TestProvider } from './oidc-provider.ts';
import { ROOT, type ServerProcess, startProcess } from './process.ts';

const PAGE = readFileSync(join(ROOT, 'docs/sas-editor.md'), 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text]) => text!.trim());
const isServer = (block: string): boolean => /^creneau (platform|agenda) /.test(block);
/** Rows of the checklist: what is checked, the command, what it gives. */
const ROWS = PAGE.split('| contrôle | commande | attendu |')[1]!
  .split('\n\n')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map(
    (line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, 3)
        .map((cell) => cell.trim().replaceAll('\\|', '|')) as [string, string],
  )
  .map(([title, cell]) => ({ title, command: /^`(.*)`$/.exec(cell)![1]! }));

const types = (bundle: Json): Record<string, number> => {
  const all: string[] = (bundle.entry ?? []).map((entry: Json) => entry.resource.resourceType);
  return Object.fromEntries([...new Set(all)].map((type) => [type, all.filter((each) => each === type).length]));
};
const slotsOf = (bundle: Json): number => types(bundle)['Slot'] ?? 0;

/**
 * The answer that each line must give; a line of the page that is not here fails, and so does one that is not on the
 * page.
 */
const EXPECTED: Record<string, (out: string, exit: number) => void> = {
  "recherche d'un praticien": (out) => {
    const bundle = JSON.parse(out);
    expect(bundle.total).toBeGreaterThan(0);
    expect(bundle.total).toBe(slotsOf(bundle));
    expect(bundle.link).toHaveLength(1);
    expect(bundle.link[0].url).toMatch(
      /^https:\/\/localhost:\d+\/sas\/Slot\?_include=Slot:schedule&.*%7C810000000011$/,
    );
  },
  "en moins d'une seconde": (out) => expect(Number(out)).toBeGreaterThan(0),
  'un profil SAS par ressource, formats': (out, exit) =>
    expect([exit, out]).toEqual([0, expect.stringContaining('1 valide, 0 en erreur')]),
  'plusieurs praticiens (25 au plus)': (out) => expect(types(JSON.parse(out))['Practitioner']).toBe(1),
  'praticien inconnu': (out) => expect(JSON.parse(out).total).toBe(0),
  'requête fautive': (out) =>
    expect(JSON.parse(out)).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'value' }] }),
  'CPTS (INT_R04)': (out) => {
    const { HealthcareService, Organization, Slot } = types(JSON.parse(out));
    expect([HealthcareService, Organization, Slot! > 0]).toEqual([1, 1, true]);
  },
  'SOS Médecins': (out) => {
    const bundle = JSON.parse(out);
    expect([bundle.total > 0, bundle.total]).toEqual([true, slotsOf(bundle)]);
  },
  "création d'un compte": (out) => expect(out).toMatch(/201$/),
  'compte en double': (out) => expect(out).toMatch(/"duplicate".*422$/s),
  "modification d'un compte": (out) => expect(out).toMatch(/200$/),
  'TLS 1.1': (_out, exit) => expect(exit).toBe(35),
  'sans certificat': (out) => expect(out).toBe('401'),
  'certificat expiré': (out) => expect(out).toBe('401'),
  'certificat révoqué': (out) => expect(out).toBe('401'),
  "certificat d'une autre autorité": (out) => expect(out).toBe('401'),
  'mauvais CN': (out) => expect(out).toBe('403'),
  'mauvaise OU': (out) => expect(out).toBe('403'),
  'réservation sans `origin`': (out) => expect(out).toBe('200'),
  'réservation avec `origin`': (out) => expect(out).toMatch(/^200 http:\/\/127\.0\.0\.1:\d+\//),
  'rendez-vous déclaré': (out) => expect(out).toMatch(/^201\s*sas-platform : 0 en attente .*, 0 refusés .*, 1 remis/),
  'annulation déclarée': (out) => expect(out).toMatch(/^200\s*sas-platform : 0 en attente .*, 0 refusés .*, 2 remis/),
  "journal d'accès": (out) => expect(JSON.parse(out).total).toBeGreaterThan(3),
};

let folder: string;
let provider: TestProvider;
const servers: ServerProcess[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-document-'));
  provider = await startProvider({});
});
afterAll(async () => {
  for (const server of servers) await server.kill('SIGTERM');
  await provider.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Where the servers really listen, for where the page says. */
const ports: [string, string][] = [];
const here = (text: string): string =>
  ports
    .reduce((all, [said, real]) => all.replaceAll(`localhost:${said}`, `localhost:${real}`), text)
    .replaceAll('$PWD', ROOT)
    .replace('mkdir essai-sas && cd essai-sas', '');
const bash = (script: string): Promise<{ stdout: string }> =>
  promisify(execFile)('bash', ['-c', script], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    maxBuffer: 20_000_000,
  });

it('every command of the page gives the answer that the page announces', { timeout: 240_000 }, async () => {
  expect(ROWS.map((row) => row.title)).toEqual(Object.keys(EXPECTED));
  const firstServer = BLOCKS.findIndex(isServer);
  await bash(here(BLOCKS.slice(0, firstServer).join('\n')));
  const variables = Object.fromEntries(
    [...BLOCKS.join('\n').matchAll(/(CRENEAU_(?:AUTH|CALLERS|TLS_\w+|TO_CA))=(\S+)/g)].map(([, name, value]) => [
      name!,
      value!
        .split(',')
        .map((part) => (part.startsWith('pki/') ? join(folder, part) : part))
        .join(),
    ]),
  );
  for (const block of BLOCKS.filter(isServer)) {
    const [command, ...rest] = here(block).split(/\s+/).slice(1);
    const at = rest.indexOf('--port');
    const said = at < 0 ? '8080' : rest.splice(at, 2)[1]!;
    const files = rest.map((word, i) =>
      word.startsWith('pki/') || rest[i - 1] === '--data' ? join(folder, word) : word,
    );
    const login =
      command === 'agenda'
        ? Object.entries(provider.settings()).flatMap(([name, value]) => [
            `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
            String(value),
          ])
        : [];
    const server = await startProcess([command!, ...files, ...login], variables);
    servers.push(server);
    const { port } = new URL(server.url);
    ports.push([said, port]);
    if (command === 'agenda') provider.serve(`https://localhost:${port}`);
  }
  // Another terminal: the variables again, then what comes after the servers.
  const exports = BLOCKS.slice(0, firstServer).flatMap((block) =>
    block.split('\n').filter((line) => line.startsWith('export ')),
  );
  const typed = [...exports, ...BLOCKS.slice(firstServer).filter((block) => !isServer(block))].map(here);
  const rows = ROWS.map(
    ({ command }) => `echo "=== row"; { ${here(command)}; } 2>&1; gave=$?; echo; echo "=== exit $gave"`,
  );
  const { stdout } = await bash(['set -e', ...typed, 'set +e', ...rows].join('\n'));
  const [before = '', ...answers] = stdout.split('=== row\n');
  expect(before).toMatch(/13 ressources chargées, 0 refusées/);
  expect(before).toContain('"visible-count"');
  for (const [i, answer] of answers.entries()) {
    const { title, command } = ROWS[i]!;
    const [, out = '', exit = ''] = /^([\s\S]*)\n=== exit (\d+)\n/.exec(answer) ?? [];
    try {
      EXPECTED[title]!(out.trim(), Number(exit));
    } catch (error) {
      throw new Error(`${title}: ${command}\n${out.slice(0, 1500)}\n${(error as Error).message}`, { cause: error });
    }
  }
  expect(answers).toHaveLength(ROWS.length);
});
