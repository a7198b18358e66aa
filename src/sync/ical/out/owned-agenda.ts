/** The agendas that a calendar shows, compiled. */
import { parseJson } from '../../../fhir/json.ts';
import type { Reference, Resource } from '../../../fhir/resource.ts';
import { type Agenda, compileAgenda } from '../../../scheduling/agenda.ts';
import type { AgendaReader, AgendaRow } from '../../../store/resources/agenda-reader.ts';
import type { AgendaVersion } from './availability-components.ts';

export interface OwnedAgenda {
  row: AgendaRow;
  agenda: Agenda;
  schedule: Resource;
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
    const schedule = parseJson(body) as Resource;
    const context = { ...(JSON.parse(row.context) as object), defaultDurationMs };
    return [{ row, schedule, agenda: compileAgenda(schedule, context) }];
  });
}

export function versionOf(schedule: Resource, { version }: AgendaRow): AgendaVersion {
  return { at: Date.parse(schedule.meta?.lastUpdated ?? '') || 0, sequence: version - 1 };
}

/** References to the actors of a Schedule. */
export function actorsOf(schedule: Resource): string[] {
  return ((schedule['actor'] as Reference[] | undefined) ?? [])
    .map(({ reference }) => reference)
    .filter((reference) => reference !== undefined);
}
