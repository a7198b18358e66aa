/** The algebra of intervals, held against a list of single instants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, contains, type Interval, overlaps, shareOut, union } from './interval.ts';

const interval = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 8 }))
  .map(([start, length]) => ({ start, end: start + length }));
const intervals = fc.array(interval, { maxLength: 8 });
/** Every instant that a test interval may hold. */
const INSTANTS = Array.from({ length: 40 }, (_, i) => i);

const holds = (interval: Interval, at: number): boolean => interval.start <= at && at < interval.end;
const instantsOf = (interval: Interval): number[] => INSTANTS.filter((at) => holds(interval, at));

describe('two intervals', () => {
  test.each<[string, Interval, Interval, boolean, boolean]>([
    ['the same', { start: 1, end: 5 }, { start: 1, end: 5 }, true, true],
    ['one inside', { start: 1, end: 5 }, { start: 2, end: 4 }, true, true],
    ['across the end', { start: 1, end: 5 }, { start: 4, end: 6 }, true, false],
    ['touching: half-open', { start: 1, end: 5 }, { start: 5, end: 6 }, false, false],
    ['apart', { start: 1, end: 5 }, { start: 7, end: 9 }, false, false],
  ])('%s', (_name, a, b, overlap, contain) => {
    expect(overlaps(a, b)).toBe(overlap);
    expect(overlaps(b, a)).toBe(overlap);
    expect(contains(a, b)).toBe(contain);
  });

  test('agree with their instants', () => {
    const solid = interval.filter((one) => one.end > one.start);
    fc.assert(
      fc.property(solid, solid, (a, b) => {
        const common = instantsOf(a).filter((at) => holds(b, at));
        expect(overlaps(a, b)).toBe(common.length > 0);
        expect(contains(a, b)).toBe(common.length === instantsOf(b).length);
        const clipped = clip(a, b);
        expect(clipped === undefined ? [] : instantsOf(clipped)).toEqual(common);
      }),
    );
  });
});

test('a union is sorted and disjoint, and holds the same instants', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      const before = structuredClone(list);
      const joined = union(list);
      expect(list).toEqual(before);
      for (const [i, one] of joined.entries()) {
        expect(one.end).toBeGreaterThan(one.start);
        if (i > 0) expect(one.start).toBeGreaterThan(joined[i - 1]!.end);
      }
      expect(joined.flatMap(instantsOf)).toEqual(INSTANTS.filter((at) => list.some((one) => holds(one, at))));
    }),
  );
});

test('shareOut gives every instant to the strongest interval that holds it', () => {
  const ranked = fc
    .array(fc.tuple(interval, fc.integer({ min: 0, max: 3 })), { maxLength: 8 })
    .map((list) => list.map(([one, rank], order) => ({ ...one, rank, order })));
  fc.assert(
    fc.property(ranked, (list) => {
      const compare = (a: (typeof list)[number], b: (typeof list)[number]): number =>
        a.rank - b.rank || a.order - b.order;
      const shares = shareOut(list, compare);
      for (const interval of list) {
        const own = INSTANTS.filter((at) => list.filter((other) => holds(other, at)).sort(compare)[0] === interval);
        const regions = shares.get(interval) ?? [];
        expect(regions.flatMap(instantsOf)).toEqual(own);
        expect(regions).toEqual(union(regions));
      }
    }),
    { numRuns: 500 },
  );
});
