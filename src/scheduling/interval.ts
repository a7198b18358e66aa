/**
 * Half-open intervals of epoch milliseconds, `[start, end)`, and the algebra of lists of them. No clock is read here.
 */

export interface Interval {
  start: number;
  end: number;
}

export function overlaps(a: Interval, b: Interval): boolean {
  return a.start < b.end && b.start < a.end;
}

export function contains(outer: Interval, inner: Interval): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The common part of two intervals, if any. */
export function clip(interval: Interval, to: Interval): Interval | undefined {
  const start = Math.max(interval.start, to.start);
  const end = Math.min(interval.end, to.end);
  return start < end ? { start, end } : undefined;
}

/** Sorted and disjoint; touching intervals become one, empty ones vanish. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((interval) => interval.end > interval.start).sort((a, b) => a.start - b.start);
  const result: Interval[] = [];
  for (const { start, end } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

/** Does an interval meet any of these? They are sorted and disjoint. */
export function meetsAny(interval: Interval, list: readonly Interval[]): boolean {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.end <= interval.start) low = middle + 1;
    else high = middle;
  }
  return low < list.length && overlaps(list[low]!, interval);
}

/** The parts of some intervals that others do not cover; sorted and disjoint. */
export function subtract(intervals: readonly Interval[], gone: readonly Interval[]): Interval[] {
  const holes = union(gone);
  return union(intervals).flatMap((interval) => {
    const left: Interval[] = [];
    let { start } = interval;
    for (const hole of holes) {
      if (hole.end <= start) continue;
      if (hole.start >= interval.end) break;
      if (hole.start > start) left.push({ start, end: hole.start });
      start = hole.end;
    }
    if (start < interval.end) left.push({ start, end: interval.end });
    return left;
  });
}

/**
 * Shares time out among intervals that overlap: each instant goes to the first interval in the order `compare` (total:
 * no two are equal). Returns the regions of each interval that keeps any, sorted and disjoint. O(n log n) comparisons.
 */
export function shareOut<T extends Interval>(
  intervals: readonly T[],
  compare: (a: T, b: T) => number,
): Map<T, Interval[]> {
  const waiting = intervals.filter((interval) => interval.end > interval.start).sort((a, b) => a.start - b.start);
  const regions = new Map<T, Interval[]>();
  /** Started and perhaps ended; the strongest is last. */
  const started: T[] = [];
  let next = 0;
  let now = Number.NEGATIVE_INFINITY;
  while (next < waiting.length || started.length > 0) {
    while (started.length > 0 && started.at(-1)!.end <= now) started.pop();
    const strongest = started.at(-1);
    const until = Math.min(
      strongest?.end ?? Number.POSITIVE_INFINITY,
      waiting[next]?.start ?? Number.POSITIVE_INFINITY,
    );
    if (strongest !== undefined && until > now) give(regions, strongest, now, until);
    now = until;
    for (; waiting[next] !== undefined && waiting[next]!.start <= now; next++) insert(started, waiting[next]!, compare);
  }
  return regions;
}

function give<T>(regions: Map<T, Interval[]>, owner: T, start: number, end: number): void {
  const own = regions.get(owner);
  const last = own?.at(-1);
  if (own === undefined) regions.set(owner, [{ start, end }]);
  else if (last!.end === start) last!.end = end;
  else own.push({ start, end });
}

/** Keeps the list sorted, strongest last. */
function insert<T>(list: T[], item: T, compare: (a: T, b: T) => number): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle]!, item) > 0) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, item);
}
