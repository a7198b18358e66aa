/**
 * The security pages keep their word: each dependency has a reason and a known licence, each threat a test that exists.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './process.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
const page = read('docs/dependances.md');

const ALLOWED = new Set([
  ...['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0'],
  ...['BlueOak-1.0.0', 'Python-2.0', 'Unicode-3.0', 'WTFPL OR ISC', 'Unlicense'],
  ...['(MIT OR CC0-1.0)', 'MIT AND ISC AND BSD-3-Clause'],
]);
/** Licences that a person has read, because their package does not name one of the list. */
const READ_BY_HAND = new Set(['fhirpath', '@lhncbc/ucum-lhc', 'emitter-component']);

describe('dependencies', () => {
  it('have a reason in docs/dependances.md, and no other package has', () => {
    const [server = '', build = ''] = page.split('## Only the build');
    const named = (text: string): string[] =>
      [...text.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
        [...cell!.matchAll(/`([^`]+)`/g)].map(([, n]) => n!),
      );
    expect(named(server).sort()).toEqual(Object.keys(dependencies!).sort());
    const groups = named(build);
    const isNamed = (name: string): boolean =>
      groups.some((group) => (group.endsWith('*') ? name.startsWith(group.slice(0, -1)) : name === group));
    expect(Object.keys(devDependencies!).filter((name) => !isNamed(name))).toEqual([]);
    const known = Object.keys(devDependencies!);
    expect(groups.filter((group) => !known.some((name) => name.startsWith(group.replace('*', ''))))).toEqual([]);
  });

  it('that are distributed have licences that allow it, and docs/licences.md names each', async () => {
    const { distributedPackages, licencePage } = await import('../tools/licences.mjs' as string);
    const all = distributedPackages() as { name: string; licence: string }[];
    const wrong = all.filter(({ name, licence }) => !ALLOWED.has(licence) && !READ_BY_HAND.has(name));
    expect(wrong).toEqual([]);
    expect(all.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['fastify', 'react', '@mantine/core', 'leaflet']),
    );
    expect(read('docs/licences.md')).toBe(licencePage());
  });
});

describe('docs/menaces.md', () => {
  it('names tests that exist', () => {
    const rows = read('docs/menaces.md').split('## Menaces et parades')[1]!.split('## ')[0]!;
    const cells = [...rows.matchAll(/\| ([^|]+) \|$/gm)].slice(1).map(([, cell]) => cell!);
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
    const existing = new Set(testNames('src').concat(testNames('test')));
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !existing.has(name))).toEqual([]);
  });
});

describe('docs/asvs.md', () => {
  it('names a state and an evidence for each requirement, and tests that exist', () => {
    const rows = [...read('docs/asvs.md').matchAll(/^\| ([\d.]+[^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(200);
    const existing = new Set(testNames('src').concat(testNames('test')));
    for (const [, number, , state, evidence] of rows) {
      expect(['tenu', 'en partie', 'non', 'exploitant', 'sans objet'], number).toContain(state);
      expect(evidence!.length, number).toBeGreaterThan(2);
      const named = [...evidence!.matchAll(/`([a-z][a-z-]+)`/g)].map(([, name]) => name!);
      expect([number, named.filter((name) => !existing.has(name) && !NO_TESTS.has(name))]).toEqual([number, []]);
    }
  });
});

/** Words of the same form that name something else. */
const NO_TESTS = new Set(['nosniff', 'acr', 'no-store']);

function testNames(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return testNames(`${folder}/${entry.name}`);
    return entry.name.endsWith('.test.ts') ? [entry.name.replace('.test.ts', '')] : [];
  });
}
