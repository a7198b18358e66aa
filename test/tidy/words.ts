/** House rules of words (docs/style.md) that a program can check. */
import { describe, expect, it } from 'vitest';
import { DUPLICATE_TYPES } from './allowances.ts';
import { countIn, usesOf } from './identifiers.ts';
import { everything, filesIn, groupBy, sources, textOf } from './sources.ts';

describe('names', () => {
  it('stand for something: no variable, parameter or property is called "one"', () => {
    const found = everything.filter((file) => usesOf('one', file) > 0);
    expect(found).toEqual([]);
  });

  it('in functions of the database stand for something too', () => {
    const called = (sql: string): boolean => /^(?!\s*--).*\b(?:one\.\w|FOR one IN|one +record\b)/m.test(sql);
    expect(called('FOR one IN SELECT 1 LOOP')).toBe(true);
    expect(called('  -- siblings of one person. FOR one IN a comment\n  one boolean PRIMARY KEY')).toBe(false);
    expect(filesIn('src', /\.sql$/).filter((file) => called(textOf(file)))).toEqual([]);
  });

  it('are found in code, and in code alone', () => {
    const text = `
      // it, the comment
      const it = 'it'; a.map((it) => it.b); b.map(({ it: c, ...rest }) => c.it); type T = { it: number };
      export const text = <p title="it">it {it}</p>;`;
    expect(countIn(text, 'tsx', 'it')).toBe(7);
    expect(countIn(text, 'tsx', 'item')).toBe(0);
  });

  it('of types mean one thing each', () => {
    const declared = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(([, name]) => ({
        name: name!,
        file,
      })),
    );
    const repeated = groupBy(declared, ({ name }) => name)
      .filter(([name, places]) => places.length > 1 && !DUPLICATE_TYPES.includes(name))
      .map(([name, places]) => `${name}: ${places.map(({ file }) => file).join(', ')}`);
    expect(repeated).toEqual([]);
  });

  it('of limits begin with MAX', () => {
    // Spelled in two halves, so that this line does not find itself.
    const limit = new RegExp(`\\b(?:${'MO' + 'ST'}|${'LONG' + 'EST'})(?:_\\w+)?\\b`, 'g');
    const found = everything.flatMap((file) => [...textOf(file).matchAll(limit)].map(([name]) => `${file}: ${name}`));
    expect(found).toEqual([]);
  });
});
