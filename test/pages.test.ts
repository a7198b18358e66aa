/**
 * The pages against what lies outside of them: one catalogue, complete in both languages, no words outside of it, the
 * addresses that the server knows.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PAGE_PATHS } from '../src/rest/html/page-paths.ts';
import { FIRST_SECTIONS } from '../web/vite.config.ts';

const WEB = join(import.meta.dirname, '../web');
const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.startsWith('node_modules') && !/\.test\.ts$/.test(file),
);
const read = (file: string): string => readFileSync(join(WEB, file), 'utf8');

type Texts = { [key: string]: string | Texts };
const catalogue = (language: string): Texts => JSON.parse(read(`texts/${language}.json`));
const keysOf = (texts: Texts, above = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${above}${key}`] : keysOf(value, `${above}${key}.`),
  );

/** Without the third plural of French, that of millions, which English lacks. */
const shared = (language: string): string[] =>
  keysOf(catalogue(language))
    .filter((key) => !key.endsWith('_many'))
    .sort();

it('both catalogues have the same keys, and no empty text', () => {
  expect(shared('en')).toEqual(shared('fr'));
  expect(keysOf(catalogue('fr')).filter((key) => key.endsWith('_many')).length).toBe(
    keysOf(catalogue('fr')).filter((key) => key.endsWith('_one')).length,
  );
  const empty = (texts: Texts): boolean =>
    Object.values(texts).some((text) => (typeof text === 'string' ? text.trim() === '' : empty(text)));
  expect([empty(catalogue('fr')), empty(catalogue('en'))]).toEqual([false, false]);
});

it('every text of the pages comes from the catalogue', () => {
  const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const wrong = files.flatMap((file) => {
    const text = withoutComments(read(file));
    const accented = [...text.matchAll(/(['"`])(?:(?!\1)[^\n])*[à-öø-ÿœ](?:(?!\1)[^\n])*\1/gi)].map(
      ([quoted]) => quoted,
    );
    const attributes = [
      ...text.matchAll(/\b(?:label|title|placeholder|description|aria-label|alt)="([^"]*\p{L}{2}[^"]*)"/gu),
    ].map(([attribute]) => attribute);
    const between = file.endsWith('.tsx')
      ? [...text.matchAll(/<[A-Za-z][\w.]*(?: [^<>{}]*)?>\s*([^<>{}\n]*\p{L}{3}[^<>{}\n]*)<\//gu)].map(([, words]) =>
          words!.trim(),
        )
      : [];
    return [...accented, ...attributes, ...between].map((words) => `${file}: ${words.slice(0, 80)}`);
  });
  expect(wrong).toEqual([]);
});

it('the server knows the address of every page', () => {
  const paths = [...read('app/pages.ts').matchAll(/path: '(\/[^']*)'/g)].map(([, path]) => path);
  const [, agenda] = /AGENDA_PATH = '([^']+)'/.exec(read('schedule/agenda-params.ts'))!;
  expect(['/', agenda, ...paths].sort()).toEqual([...PAGE_PATHS].sort());
});

/** The files that a file brings along at once, itself included. */
function broughtBy(file: string, known = new Set<string>()): Set<string> {
  if (known.has(file)) return known;
  known.add(file);
  for (const [, target] of read(file).matchAll(/^(?:import|export) (?!type\b)[^;]*? from '(\.[^']*\.tsx?)';/gms))
    if (existsSync(join(WEB, dirname(file), target!))) broughtBy(join(dirname(file), target!), known);
  return known;
}

it('the first screen has its texts without waiting for the others', () => {
  const keys = keysOf(catalogue('fr')).map((key) => key.replace(/_(one|many|other)$/, ''));
  const isLate = (key: string): boolean => !FIRST_SECTIONS.includes(key.split('.')[0]!) && !key.endsWith('.title');
  const late = ['app/main.tsx', 'features/agenda/page.tsx'].flatMap((start) =>
    [...broughtBy(start)].flatMap((file) => {
      const text = read(file);
      const named = (key: string): boolean => text.includes(`'${key}'`) || text.includes(`\`${key.split('.')[0]!}.\${`);
      return keys.filter((key) => isLate(key) && named(key)).map((key) => `${file}: ${key}`);
    }),
  );
  expect(late).toEqual([]);
});
