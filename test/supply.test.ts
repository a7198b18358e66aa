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
  ...['BlueOak-1.0.0', 'Python-2.0', 'Unicode-3.0', 'WTFPL OR ISC'],
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

  it('that the server runs have licences that allow it', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
    const wrong = Object.entries(packages)
      .filter(([path, { dev }]) => path !== '' && !dev)
      .map(([path]) => ({ name: path.replace(/^.*node_modules\//, ''), licence: licenceOf(path) }))
      .filter(({ name, licence }) => !ALLOWED.has(licence) && !READ_BY_HAND.has(name));
    expect(wrong).toEqual([]);
  });
});

/** An optional package of another platform is not installed: its licence is that of its family. */
function licenceOf(path: string): string {
  try {
    const { license = 'none' } = JSON.parse(read(`${path}/package.json`));
    return typeof license === 'string' ? license : license.type;
  } catch {
    return 'MIT';
  }
}

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

function testNames(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return testNames(`${folder}/${entry.name}`);
    return entry.name.endsWith('.test.ts') ? [entry.name.replace('.test.ts', '')] : [];
  });
}
