/**
 * The write rule of agendas: the availabilities must be valid, the row that bookings lock follows the Schedule, and an
 * agenda with future appointments can neither be deleted nor occupy other resources. GAP flows 2 and 3
 */
import type { Context } from '../../fhir/interaction.ts';
import { errorOf, FhirError } from '../../fhir/issue.ts';
import type { Schedule } from '../../fhir/resources.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { agendaCode } from '../../scheduling/slot-id.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import { resolveActors } from '../inherited.ts';
import type { RuleServices } from './services.ts';

export async function writeSchedule(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<void> {
  const { before, id, version } = change;
  const after = change.after as Schedule | undefined;
  if (after === undefined) {
    await removeAgenda(services, context, id, version, unit);
    return;
  }
  if (context.strict && after.serviceType !== undefined) {
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

/** Checks the agenda and writes its row. The occupied resources cannot change while it has future appointments. */
export async function setAgenda(
  services: RuleServices,
  context: Context,
  schedule: Schedule,
  version: number,
  unit: Unit,
  existed: boolean,
): Promise<void> {
  const { keys, inherited } = await resolveActors(services.reader, schedule);
  const issues = checkAgenda(schedule, { ...inherited, defaultDurationMs: services.settings.defaultDurationMs });
  if (issues.length > 0) throw errorOf(issues, 422);
  const [row] = existed ? await services.agendas.stored.rows([schedule.id!]) : [];
  if (row !== undefined && row.keys.join() !== keys.join()) unit.requireIdle(schedule.id!, context.now);
  unit.setAgenda(schedule.id!, agendaCode(schedule.id!), version, keys, inherited, false);
}

/** Removes the row of the agenda; the commit refuses it while the agenda has future appointments. */
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
