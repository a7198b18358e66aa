/**
 * Writing an agenda: its availabilities make sense, its row follows, it is not taken from under its appointments. GAP
 * flows 2 and 3.
 */
import type { Context } from '../../fhir/interaction.ts';
import { errorOf, FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { agendaCode } from '../../scheduling/slot-id.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { RuleServices } from './services.ts';

export async function writeSchedule(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<void> {
  const { after, before, id, version } = change;
  if (after === undefined) {
    await removeAgenda(services, context, id, version, unit);
    return;
  }
  if (context.strict && after['serviceType'] !== undefined) {
    throw new FhirError(
      'business-rule',
      'Schedule.serviceType is forbidden by FR Core: use the extension serviceTypeDuration',
      {
        expression: 'Schedule.serviceType',
        text: 'Schedule.serviceType est interdit : utilisez l’extension serviceTypeDuration.',
      },
    );
  }
  await setAgenda(services, context, after, version, unit, before !== undefined);
}

/** Checks the agenda and writes its row. Whom it occupies cannot change while it has future appointments. */
export async function setAgenda(
  services: RuleServices,
  context: Context,
  schedule: Resource,
  version: number,
  unit: Unit,
  existed: boolean,
): Promise<void> {
  const { keys, context: actors } = await services.agendas.resolveActors(schedule);
  const issues = checkAgenda(schedule, { ...actors, defaultDurationMs: services.settings.defaultDurationMs });
  if (issues.length > 0) throw errorOf(issues, 422);
  const [row] = existed ? await services.agendas.stored.rows([schedule.id!]) : [];
  if (row !== undefined && row.keys.join() !== keys.join()) unit.requireIdle(schedule.id!, context.now);
  unit.setAgenda(schedule.id!, agendaCode(schedule.id!), version, keys, actors, false);
}

/** The agenda's row goes with it; refused while it has future appointments. */
export async function removeAgenda(
  services: RuleServices,
  context: Context,
  id: string,
  version: number,
  unit: Unit,
): Promise<void> {
  const [row] = await services.agendas.stored.rows([id]);
  unit.requireIdle(id, context.now);
  unit.setAgenda(id, agendaCode(id), version, row?.keys ?? [`Schedule/${id}`], {}, true);
}
