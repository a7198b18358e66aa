/** The files of the project as the house rules see them: room, imports, packages. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface Source {
  file: string;
  text: string;
  room: string;
  /** Project files that it imports; `typeOnly`: nothing of it remains when it runs. */
  imports: { target: string; typeOnly: boolean }[];
  packages: string[];
}

export function filesIn(folder: string, suffix: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => suffix.test(path) && !path.startsWith('node_modules'))
    .map((path) => `${folder}/${path}`);
}

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function roomOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  return first === 'sas' ? `sas/${second}` : first;
}

function read(file: string): Source {
  const text = textOf(file);
  const imports: Source['imports'] = [];
  const packages: string[] = [];
  for (const [, kind, names = '', from = ''] of text.matchAll(
    /^(?:import|export) (type )?([^'"]*?from )?['"]([^'"]+)['"]/gm,
  )) {
    if (from.startsWith('.'))
      imports.push({ target: normalize(join(dirname(file), from)), typeOnly: kind !== undefined || isAllTypes(names) });
    else if (!from.startsWith('#') && !from.startsWith('node:')) packages.push(from);
  }
  for (const [, from = ''] of text.matchAll(/import\(\s*'([^']+)'\s*\)/g)) {
    if (from.startsWith('.')) imports.push({ target: normalize(join(dirname(file), from)), typeOnly: false });
  }
  return { file, text, room: roomOf(file), imports, packages };
}

/** `{ type A, type B } from` */
function isAllTypes(names: string): boolean {
  const inside = /\{([\s\S]*)\}/.exec(names)?.[1];
  return (
    inside
      ?.split(',')
      .filter((name) => name.trim() !== '')
      .every((name) => name.trim().startsWith('type ')) ?? false
  );
}

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

export const isTest = (file: string): boolean => /\.test(-data)?\.ts$/.test(file);

/** Everything under `src`, the unit tests included. */
export const all = filesIn('src', /\.ts$/).map(read);
/** The code that runs, without its tests. */
export const sources = all.filter(({ file }) => !isTest(file));
export const webSources = filesIn('web', /\.tsx?$/).map(read);
/** Every file of code that people write, tests and tools included. */
export const everything = [
  ...[...all, ...webSources].map(({ file }) => file),
  ...filesIn('test', /\.ts$/),
  ...['tools', 'bench'].flatMap((folder) => filesIn(folder, /\.mjs$/)),
];

/** `src/agenda/rules/x.ts` -> `src/agenda`, `web/app/x.ts` -> `web`: the areas of the allowances. */
export function areaOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'src' ? `src/${second}` : first;
}

/** `Object.groupBy`, which Node 20 lacks. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [key: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups];
}
