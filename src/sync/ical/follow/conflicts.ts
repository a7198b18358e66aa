/** Appointments that an import has closed the agenda over: somebody has to call these patients. */
import type { Resource } from '../../../fhir/resource.ts';
import { compileAgenda } from '../../../scheduling/agenda.ts';
import { closures } from '../../../scheduling/availability.ts';
import { type Interval, overlaps, union } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { AgendaReader, AgendaRow, TakenTime } from '../../../store/resources/agenda-reader.ts';

/** As far as appointments are made. */
const AHEAD_MS = 2 * 366 * DAY;

/** Appointments in time that is closed now and was not before, by time. */
export async function conflicts(
  agendas: AgendaReader,
  row: AgendaRow,
  [before, after]: readonly [Resource, Resource],
  now: number,
  defaultDurationMs: number,
): Promise<TakenTime[]> {
  const window = { start: now, end: now + AHEAD_MS };
  const taken = await agendas.taken([`Schedule/${row.schedule}`], window, now);
  if (taken.length === 0) return [];
  const context = { ...(JSON.parse(row.context) as object), defaultDurationMs };
  const closed = (schedule: Resource): Interval[] => union(closures(compileAgenda(schedule, context), window));
  const [closedBefore, closedAfter] = [closed(before), closed(after)];
  return taken
    .filter(({ schedule }) => schedule === row.schedule)
    .filter((time) => meetsAny(time, closedAfter) && !meetsAny(time, closedBefore))
    .sort((a, b) => a.start - b.start);
}

/** The list is sorted and disjoint. */
function meetsAny(time: Interval, list: readonly Interval[]): boolean {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.end <= time.start) low = middle + 1;
    else high = middle;
  }
  return low < list.length && overlaps(list[low]!, time);
}
