/** The regulator whom a report names. Spec: 6.5 */
import type { Context } from '../../../fhir/interaction.ts';
import { errorOf, type Issue, issue } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { tokenOf } from '../../contract/identifier.ts';
import { operatorOf } from './report.ts';

/**
 * An unknown regulator is a warning: no appointment is lost because an account comes late. Under `handling=strict` it
 * is refused (422).
 */
export async function regulatorIssues(reader: ResourceReader, context: Context, report: Resource): Promise<Issue[]> {
  const operator = operatorOf(report);
  if (operator === undefined || (await isKnown(reader, operator.system ?? '', operator.value))) return [];
  const unknown = issue('warning', 'not-found', 'The regulator of this appointment is not known to the platform', {
    expression: 'Appointment.extension',
    text: 'Régulateur inconnu de la plateforme.',
  });
  if (context.strict) throw errorOf([{ ...unknown, severity: 'error' }], 422);
  return [unknown];
}

async function isKnown(reader: ResourceReader, system: string, value: string | undefined): Promise<boolean> {
  if (value === undefined) return false;
  const found = await reader.byIdentifier(['Practitioner'], [tokenOf({ system, value })], 2);
  return found.length > 0;
}
