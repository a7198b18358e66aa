/** House rules of words (docs/style.md) that a program can check. */
import { describe, expect, it } from 'vitest';
import { DUPLICATE_TYPES, LAMBDAS_WITH_ONE } from './allowances.ts';
import { arrowsWith } from './lambda.ts';
import { areaOf, everything, groupBy, sources, textOf } from './sources.ts';

const MAX_COLUMNS_WITH_ONE = 60;

describe('names', () => {
  it('in arrow functions stand for something, unless the function is short', () => {
    const found = everything.flatMap((file) =>
      arrowsWith('one', textOf(file))
        .filter((arrow) => arrow.length > MAX_COLUMNS_WITH_ONE)
        .map((arrow) => ({ file, arrow })),
    );
    const tooMany = groupBy(found, ({ file }) => areaOf(file)).filter(
      ([area, arrows]) => arrows.length > (LAMBDAS_WITH_ONE[area] ?? 0),
    );
    expect(tooMany).toEqual([]);
  });

  it('of arrow functions are found by the search for them', () => {
    const text = `
      a.filter((it) => it.b === "x, )" && it.c); a.map(it => ({ it }), 2); a.map((item) => item);
      a.some((first, it) => [first, it].every(Boolean)); fn((it: A): B => { return it; });`;
    expect(arrowsWith('it', text)).toEqual([
      '(it) => it.b === "x, )" && it.c',
      'it => ({ it })',
      '(first, it) => [first, it].every(Boolean)',
      '(it: A): B => { return it; }',
    ]);
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
