/**
 * The sources of the pages: one catalogue, whole in both languages; no words outside of it; the addresses that the
 * server knows; files of a readable length.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PAGE_PATHS } from '../src/rest/html/page-paths.ts';

const WEB = join(import.meta.dirname, '../web');
const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter(
  (path) => /\.tsx?$/.test(path) && !path.startsWith('node_modules') && !/\.test\.ts$/.test(path),
);
const read = (file: string): string => readFileSync(join(WEB, file), 'utf8');

type Texts = { [key: string]: string | Texts };
const catalogue = (language: string): Texts => JSON.parse(read(`texts/${language}.json`));
const keysOf = (texts: Texts, above = ''): string[] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${above}${key}`] : keysOf(value, `${above}${key}.`),
  );

/** French has a third plural, of millions; English has not. */
const shared = (language: string): string[] =>
  keysOf(catalogue(language))
    .filter((key) => !key.endsWith('_many'))
    .sort();

it('both catalogues have the same keys, none empty', () => {
  expect(shared('en')).toEqual(shared('fr'));
  expect(keysOf(catalogue('fr')).filter((key) => key.endsWith('_many')).length).toBe(
    keysOf(catalogue('fr')).filter((key) => key.endsWith('_one')).length,
  );
  const empty = (texts: Texts): boolean =>
    Object.values(texts).some((text) => (typeof text === 'string' ? text.trim() === '' : empty(text)));
  expect([empty(catalogue('fr')), empty(catalogue('en'))]).toEqual([false, false]);
});

it('no page holds words of its own', () => {
  const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const wrong = files.flatMap((file) => {
    const text = withoutComments(read(file));
    const accented = [...text.matchAll(/(['"`])(?:(?!\1)[^\n])*[à-öø-ÿœ](?:(?!\1)[^\n])*\1/gi)].map(([one]) => one);
    const attributes = [
      ...text.matchAll(/\b(?:label|title|placeholder|description|aria-label|alt)="([^"]*\p{L}{2}[^"]*)"/gu),
    ].map(([one]) => one);
    const between = file.endsWith('.tsx')
      ? [...text.matchAll(/<[A-Za-z][\w.]*(?: [^<>{}]*)?>\s*([^<>{}\n]*\p{L}{3}[^<>{}\n]*)<\//gu)].map(([, one]) =>
          one!.trim(),
        )
      : [];
    return [...accented, ...attributes, ...between].map((attribute) => `${file}: ${attribute.slice(0, 80)}`);
  });
  expect(wrong).toEqual([]);
});

it('the server knows the address of every page', () => {
  const paths = files
    .filter((file) => file.endsWith('route.ts'))
    .flatMap((file) => [...read(file).matchAll(/path: '(\/[^']*)'/g)].map(([, path]) => path));
  expect(['/', ...paths].sort()).toEqual([...PAGE_PATHS].sort());
});

it('every file says at its top what it is, in at most 300 lines', () => {
  expect(files.filter((file) => !/^(\/\*\*|\/\/)/.test(read(file)) && file !== 'vite-env.d.ts')).toEqual([]);
  expect(files.filter((file) => read(file).split('\n').length > 301)).toEqual([]);
});
