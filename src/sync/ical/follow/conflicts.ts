/** Appointments that an import has closed the agenda over: somebody has to call these patients. */
import { compileAgenda } from '../../../scheduling/agenda.ts';
import { closures } from '../../../scheduling/availability.ts';
import { type Interval, meetsAny, union } from '../../../scheduling/interval.ts';
import { DAY } from '../../../scheduling/zone.ts';
import type { AgendaReader, AgendaRow, TakenTime } from '../../../store/resources/agenda-reader.ts';
import type { Schedule } from '../../../fhir/resources.ts';

/** As far as appointments are made. */
const AHEAD_MS = 2 * 366 * DAY;

/** Appointments in time that is closed now and was not before, by time. */
export async function conflicts(
  agendas: AgendaReader,
  row: AgendaRow,
  [before, after]: readonly [Schedule, Schedule],
  now: number,
  defaultDurationMs: number,
): Promise<TakenTime[]> {
  const window = { start: now, end: now + AHEAD_MS };
  const taken = await agendas.taken([`Schedule/${row.schedule}`], window, now);
  if (taken.length === 0) return [];
  const context = { ...(JSON.parse(row.context) as object), defaultDurationMs };
  const closed = (schedule: Schedule): Interval[] => union(closures(compileAgenda(schedule, context), window));
  const [closedBefore, closedAfter] = [closed(before), closed(after)];
  return taken
    .filter(({ schedule }) => schedule === row.schedule)
    .filter((time) => meetsAny(time, closedAfter) && !meetsAny(time, closedBefore))
    .sort((a, b) => a.start - b.start);
}
