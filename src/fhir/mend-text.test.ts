/** JSON text with forbidden characters becomes readable, and nothing else of it changes. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isText, parseJson } from './json.ts';
import { mendText } from './mend-text.ts';

it.each([
  ['"a\\u0000b"', '"a\uFFFDb"'],
  ['"\\ud83d x"', '"\uFFFD x"'],
  ['"\\ud83d\\u0041"', '"\uFFFD\\u0041"'],
  ['"\\ud83d\\ude00"', '"\\ud83d\\ude00"'],
  ['"\\\\u0000"', '"\\\\u0000"'],
  ['"\\\\\\u0000"', '"\\\\\uFFFD"'],
  ['"\\u0000\\u0000\\u0000"', '"\uFFFD\uFFFD\uFFFD"'],
  ['"\\u0041\\ud83d\\ude00"', '"\\u0041\\ud83d\\ude00"'],
])('%j becomes %j', (before, after) => expect(mendText(before)).toBe(after));

it('makes every text readable, and changes nothing else', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\0', '\ud83d', '\ude00', 'a', '\\', '"', 'u', '\n', '0000') }),
      (text) => {
        const mended = mendText(JSON.stringify(text));
        const expected = text.toWellFormed().replaceAll('\0', '\uFFFD');
        expect(parseJson(mended)).toBe(expected);
        if (isText(text)) expect(mended).toBe(JSON.stringify(text));
      },
    ),
    { numRuns: 2000 },
  );
});
