/** The agendas that a calendar shows, compiled. */
import { parseResource } from '../../../fhir/json.ts';
import type { Schedule } from '../../../fhir/resources.ts';
import { type Agenda, compileAgenda } from '../../../scheduling/agenda.ts';
import type { AgendaReader, AgendaRow } from '../../../store/resources/agenda-reader.ts';
import type { AgendaVersion } from './availability-components.ts';

export interface OwnedAgenda {
  row: AgendaRow;
  agenda: Agenda;
  schedule: Schedule;
}

export async function loadAgendas(
  agendas: AgendaReader,
  rows: readonly AgendaRow[],
  defaultDurationMs: number,
): Promise<OwnedAgenda[]> {
  const stored = await agendas.schedules(rows.map((row) => row.schedule));
  const bodies = new Map(stored.map(({ id, body }) => [id, body]));
  return rows.flatMap((row) => {
    const body = bodies.get(row.schedule);
    if (body === undefined) return [];
    const schedule = parseResource('Schedule', body);
    const context = { ...(JSON.parse(row.context) as object), defaultDurationMs };
    return [{ row, schedule, agenda: compileAgenda(schedule, context) }];
  });
}

export function versionOf(schedule: Schedule, { version }: AgendaRow): AgendaVersion {
  return { at: Date.parse(schedule.meta?.lastUpdated ?? '') || 0, sequence: version - 1 };
}
