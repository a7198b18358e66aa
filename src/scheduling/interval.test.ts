/** The algebra of intervals, held against a list of single instants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, contains, type Interval, meetsAny, overlaps, shareOut, subtract, union } from './interval.ts';

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
    const solid = interval.filter((candidate) => candidate.end > candidate.start);
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

test('the common part of intervals that only touch is none', () => {
  expect(clip({ start: 1, end: 5 }, { start: 5, end: 9 })).toBeUndefined();
  expect(clip({ start: 5, end: 9 }, { start: 1, end: 5 })).toBeUndefined();
});

test('a union is sorted and disjoint, and holds the same instants', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      const before = structuredClone(list);
      const joined = union(list);
      expect(list).toEqual(before);
      for (const [i, part] of joined.entries()) {
        expect(part.end).toBeGreaterThan(part.start);
        if (i > 0) expect(part.start).toBeGreaterThan(joined[i - 1]!.end);
      }
      expect(joined.flatMap(instantsOf)).toEqual(INSTANTS.filter((at) => list.some((member) => holds(member, at))));
    }),
  );
});

test('an interval meets a list if it overlaps one of its members', () => {
  fc.assert(
    fc.property(intervals, intervals, (list, others) => {
      const disjoint = union(list);
      for (const other of others.filter(({ start, end }) => start < end))
        expect(meetsAny(other, disjoint)).toBe(disjoint.some((member) => overlaps(member, other)));
    }),
  );
});

test('shareOut gives every instant to the strongest interval that holds it', () => {
  const ranked = fc
    .array(fc.tuple(interval, fc.integer({ min: 0, max: 3 })), { maxLength: 8 })
    .map((list) => list.map(([member, rank], order) => ({ ...member, rank, order })));
  fc.assert(
    fc.property(ranked, (list) => {
      const compare = (a: (typeof list)[number], b: (typeof list)[number]): number =>
        a.rank - b.rank || a.order - b.order;
      const shares = shareOut(list, compare);
      expect([...shares.keys()].filter((owner) => !list.includes(owner))).toEqual([]);
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

test.each<[string, number[][], number[][], number[][]]>([
  ['nothing', [[0, 10]], [], [[0, 10]]],
  [
    'a hole in the middle',
    [[0, 10]],
    [[3, 5]],
    [
      [0, 3],
      [5, 10],
    ],
  ],
  ['the beginning', [[0, 10]], [[-2, 4]], [[4, 10]]],
  ['the end', [[0, 10]], [[8, 12]], [[0, 8]]],
  ['everything', [[0, 10]], [[0, 10]], []],
  [
    'what only touches',
    [[5, 10]],
    [
      [0, 5],
      [10, 12],
    ],
    [[5, 10]],
  ],
  [
    'several holes of several intervals',
    [
      [0, 4],
      [6, 10],
    ],
    [
      [1, 2],
      [3, 7],
      [9, 11],
    ],
    [
      [0, 1],
      [2, 3],
      [7, 9],
    ],
  ],
])('subtracts %s', (_name, from, gone, left) => {
  const of = (pairs: number[][]) => pairs.map(([start, end]) => ({ start: start!, end: end! }));
  expect(subtract(of(from), of(gone))).toEqual(of(left));
});
