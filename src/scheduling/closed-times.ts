/** The times, of some, that closures of an agenda meet. */
import type { Agenda } from './agenda.ts';
import { closures } from './availability.ts';
import { MAX_SEARCH_MS } from './expansion-cost.ts';
import { type Interval, meetsAny, union } from './interval.ts';

/**
 * Rules are expanded where there are times, never further at once than for the longest search of slots: a caller may
 * give others their turn between the parts.
 */
export function* closedTimes<T extends Interval>(agenda: Agenda, times: readonly T[]): Generator<T[]> {
  const groups: T[][] = [];
  for (const time of [...times].sort((a, b) => a.start - b.start)) {
    const group = groups.at(-1);
    if (group !== undefined && time.end - group[0]!.start <= MAX_SEARCH_MS) group.push(time);
    else groups.push([time]);
  }
  for (const group of groups) {
    const window = { start: group[0]!.start, end: Math.max(...group.map(({ end }) => end)) };
    const closed = union(closures(agenda, window));
    yield group.filter((time) => meetsAny(time, closed));
  }
}
