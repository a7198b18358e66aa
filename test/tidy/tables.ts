/**
 * House rule of tables: one that is looked up by a text that a caller may choose is a Map. A plain object finds
 * `constructor` and `__proto__` in it, whoever asks for them.
 */
import { describe, expect, it } from 'vitest';
import { TEXT_TABLES } from './allowances.ts';
import { type Source, sources } from './sources.ts';

const TABLE = /^(?:export )?const (\w+): (?:Readonly<|Partial<)*Record<string, /gm;

function textTables({ file, text }: Pick<Source, 'file' | 'text'>): string[] {
  return [...text.matchAll(TABLE)].map(([, name]) => `${file} ${name}`);
}

describe('tables', () => {
  it('that texts are looked up in are Maps, unless their keys are known to be ours', () => {
    const found = sources
      .filter(({ file }) => file.startsWith('src/') && !/\.(test|test-data)\.ts$/.test(file))
      .flatMap(textTables);
    expect(found.filter((table) => !TEXT_TABLES.includes(table))).toEqual([]);
    expect(TEXT_TABLES.filter((table) => !found.includes(table))).toEqual([]);
  });

  it.each([
    ["const A: Record<string, string> = { a: 'b' };", 1],
    ['export const B: Readonly<Record<string, () => void>> = {};', 1],
    ['const C: Partial<Record<string, number>> = {};', 1],
    ['const D: ReadonlyMap<string, string> = new Map();', 0],
    ["const E: Record<'a' | 'b', string> = { a: '', b: '' };", 0],
  ])('%s: %i', (text, count) => {
    expect(textTables({ file: 'x.ts', text })).toHaveLength(count);
  });
});
