/**
 * Another version of the program for tests of upgrades: a copy of the built one, with other search parameters of
 * Appointment and a level of its own. Nothing of it is in the program itself.
 */
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLevels } from '../src/store/engine/level.ts';
import { ROOT } from './process.ts';

/** The level of the program under test. */
export const THIS_LEVEL = readLevels().at(-1)!.level;

export interface Version {
  /** To be given to `startProcess` and `run`. */
  root: string;
  remove(): void;
}

export interface Difference {
  level: number;
  /** The oldest level that works on its schema. */
  oldest?: number;
  /** Search parameters of Appointment that it has as well, as lines of the table. */
  adds?: Record<string, string>;
  /** Those that it lacks. */
  lacks?: readonly string[];
}

export function otherVersion({ level, oldest = THIS_LEVEL, adds = {}, lacks = [] }: Difference): Version {
  const root = mkdtempSync(join(tmpdir(), 'creneau-version-'));
  const isCopied = (file: string): boolean => !/\.(tar|map)$|\/dist\/web$/.test(file);
  cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true, filter: isCopied });
  for (const name of ['bin', 'package.json']) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  for (const name of ['node_modules', 'generated', 'dist/web']) symlinkSync(join(ROOT, name), join(root, name));
  const changes = [
    '', // ends the comment of the compiler
    `Object.assign(schedulingTable.Appointment, ${JSON.stringify(adds)});`,
    ...lacks.map((name) => `delete schedulingTable.Appointment[${JSON.stringify(name)}];`),
  ];
  appendFileSync(join(root, 'dist/fhir/search/tables/scheduling.js'), changes.join('\n'));
  appendFileSync(join(root, 'dist/store/sql/levels.txt'), `${level} copy ${oldest}\n`);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
