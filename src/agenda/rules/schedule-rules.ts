/**
 * The write rule of agendas: the availabilities must be valid, the row that bookings lock follows the Schedule, and an
 * agenda with future appointments cannot be deleted; where its actors change, its appointments occupy the new ones.
 * GAP flows 2 and 3
 */
import type { Context } from '../../fhir/interaction.ts';
import { errorOf, FhirError } from '../../fhir/issue.ts';
import type { Schedule } from '../../fhir/resources.ts';
import { checkAgenda } from '../../scheduling/agenda-check.ts';
import { agendaCode } from '../../scheduling/slot-id.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import { resolveActors } from '../inherited.ts';
import { KEY_RULE } from '../occupied.ts';
import type { RuleServices } from './services.ts';

export async function writeSchedule(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
): Promise<void> {
  const { id, version } = change;
  const { after } = sidesOf(change, 'Schedule');
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
  await setAgenda(services, after, version, unit);
}

/**
 * Checks the agenda and writes its row; returns the resources that it occupies. The commit refuses new resources that
 * others occupy at the time of one of its appointments.
 */
export async function setAgenda(
  services: RuleServices,
  schedule: Schedule,
  version: number,
  unit: Unit,
): Promise<readonly string[]> {
  const { keys, inherited } = await resolveActors(services.reader, unit, schedule);
  const issues = checkAgenda(schedule, { ...inherited, defaultDurationMs: services.settings.defaultDurationMs });
  if (issues.length > 0) throw errorOf(issues, 422);
  const code = agendaCode(schedule.id!);
  unit.setAgenda({
    schedule: schedule.id!,
    code,
    version,
    keys,
    keyRule: KEY_RULE,
    context: inherited,
    deleted: false,
  });
  return keys;
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
  const keys = row?.keys ?? [`Schedule/${id}`];
  unit.setAgenda({ schedule: id, code: agendaCode(id), version, keys, keyRule: KEY_RULE, context: {}, deleted: true });
}
