/**
 * The right to declare: what really happened is accepted although nobody could have booked it. Past and after-hours
 * appointments, free lengths and any change of status pass with a warning that has the reason; time that is taken is
 * still refused. The role `declare` has the right, so do roles that the operator lists, and the delegates of all
 * agendas of the appointment. Spec: 6.7, ADR 0024
 */
import { factOf } from '../../fhir/audit/fact.ts';
import { randomUUID } from 'node:crypto';
import { readDelegations } from '../../fhir/french/delegation.ts';
import type { Context } from '../../fhir/interaction.ts';
import type { Issue } from '../../fhir/issue.ts';
import type { Unit } from '../../store/write/unit.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { LoadedAgenda } from '../agendas.ts';
import { isExclusive } from '../occupied.ts';
import type { AgendaSettings } from '../settings.ts';
import type { Objection } from './booking-time.ts';
import { agendasOf } from './occupation.ts';
import type { RuleServices } from './services.ts';

/**
 * Lets the change pass if it has no faults, or if its caller may declare it: then each fault becomes a warning, and the
 * declaration is recorded. Throws a fault otherwise.
 */
export async function declareOrRefuse(
  services: RuleServices,
  context: Context,
  change: Change,
  unit: Unit,
  faults: readonly Objection[],
): Promise<void> {
  const [first] = faults;
  if (first === undefined) return;
  const agendas = new Map<string, LoadedAgenda>();
  const { id } = change;
  const { before, after } = sidesOf(change, 'Appointment');
  for (const appointment of [before, after])
    for (const loaded of appointment === undefined ? [] : await agendasOf(services, appointment))
      if (isExclusive(loaded)) agendas.set(loaded.schedule, loaded);
  if (!mayDeclare(services.settings, context, [...agendas.values()])) throw first.error;
  const refused = faults.find(({ isDeclarable }) => !isDeclarable);
  if (refused !== undefined) throw refused.error;
  const appointment = `Appointment/${id}`;
  for (const { error } of faults) for (const issue of error.issues) unit.warn(appointment, declared(issue));
  const schedules = [...agendas.keys()].map((schedule) => `Schedule/${schedule}`);
  unit.audit(factOf(context, randomUUID(), ['declaration'], 'E', [appointment, ...schedules]));
}

/** `*` is not enough: a right that turns refusals into warnings is given by its name. */
function mayDeclare({ declaringRoles }: AgendaSettings, context: Context, agendas: readonly LoadedAgenda[]): boolean {
  if (context.roles.some((role) => role === 'declare' || declaringRoles.includes(role))) return true;
  return agendas.length > 0 && agendas.every(({ resource }) => keepsAppointments(context, resource));
}

function keepsAppointments({ caller }: Context, schedule: LoadedAgenda['resource']): boolean {
  return readDelegations(schedule).some(
    (delegation) => delegation.caller === caller && delegation.scope !== 'availabilities',
  );
}

function declared({ text, ...issue }: Issue): Issue {
  return {
    ...issue,
    severity: 'warning',
    diagnostics: `Accepted as declared: ${issue.diagnostics}`,
    ...(text === undefined ? {} : { text: `Déclaré, et enregistré tel quel : ${text}` }),
  };
}
