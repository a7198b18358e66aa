/** Pages lead back the way that a caller came. */
import { expect, it } from 'vitest';
import { following, preceding, startOf } from './page-trail.ts';

it('leads forth and back through every page', () => {
  const pages: (string | undefined)[] = [undefined];
  for (const start of ['a', 'b', 'c']) pages.push(following(pages.at(-1), start));
  expect(pages.slice(1).map((page) => startOf(page!))).toEqual(['a', 'b', 'c']);
  expect(preceding(pages[3]!)).toBe(pages[2]);
  expect(preceding(pages[2]!)).toBe(pages[1]);
  expect(preceding(pages[1]!)).toBe('first');
});

it('of a long way knows the last pages, and does not take another one for the first', () => {
  let page: string | undefined;
  for (let i = 1; i <= 100; i++) page = following(page, `page${i}`);
  expect(page!.length).toBeLessThan(200);
  const seen: (string | undefined)[] = [];
  for (let at = page; at !== undefined && at !== 'first'; at = preceding(at)) seen.push(startOf(at));
  expect(seen).toEqual(Array.from({ length: 19 }, (_, i) => `page${100 - i}`));
});

it.each(['', '~', '~~', 'a~', '~a', 'a~~b'])('whatever a caller writes (%j), it ends', (written) => {
  let at: string | undefined = written;
  for (let steps = 0; at !== undefined && at !== 'first'; steps++) {
    expect(steps).toBeLessThan(5);
    at = preceding(at);
  }
});
