/** Appointments that an import has closed the agenda over: somebody has to call these patients. */
import { setImmediate } from 'node:timers/promises';
import { compileAgenda } from '../../../scheduling/agenda.ts';
import { closedTimes } from '../../../scheduling/closed-times.ts';
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
  const closed = async (schedule: Schedule, times: readonly TakenTime[]): Promise<TakenTime[]> => {
    const found: TakenTime[] = [];
    for (const part of closedTimes(compileAgenda(schedule, context), times)) {
      found.push(...part);
      await setImmediate();
    }
    return found;
  };
  const own = taken.filter(({ schedule }) => schedule === row.schedule);
  const closedAfter = await closed(after, own);
  if (closedAfter.length === 0) return [];
  const closedBefore = new Set(await closed(before, closedAfter));
  return closedAfter.filter((time) => !closedBefore.has(time)).sort((a, b) => a.start - b.start);
}
