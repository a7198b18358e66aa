/**
 * Repairs known mistakes of callers before the structure check and reports each in a warning. Under
 * `Prefer: handling=strict` they are refused. Traps C1, C2 and I14
 */
import { type Issue, issue } from '../../fhir/issue.ts';
import type { Json, Resource } from '../../fhir/resource.ts';

export function tolerate(resource: Resource, strict: boolean): Issue[] {
  if (strict) return [];
  if (resource.resourceType === 'Location') return tolerateHours(resource);
  return resource.resourceType === 'Appointment' ? tolerateAppointment(resource) : [];
}

function tolerateAppointment(resource: Resource): Issue[] {
  const warnings: Issue[] = [];
  const status: unknown = resource['status'];
  if (typeof status === 'string' && status !== status.toLowerCase()) {
    resource['status'] = status.toLowerCase();
    warnings.push(
      issue('warning', 'value', `Appointment.status is written in lower case: ${status.toLowerCase().slice(0, 30)}`, {
        expression: 'Appointment.status',
      }),
    );
  }
  if (!Array.isArray(resource['participant'])) return warnings;
  for (const [i, participant] of (resource['participant'] as Json[]).entries()) {
    if (participant?.status !== 'refused') continue;
    // The guide's own example of an update says "refused", which is no FHIR code.
    participant.status = 'declined';
    warnings.push(
      issue('warning', 'code-invalid', 'participant.status "refused" is no FHIR code; stored as "declined"', {
        expression: `Appointment.participant[${i}].status`,
        text: 'Statut « refused » enregistré comme « declined ».',
      }),
    );
  }
  return warnings;
}

/** The guide of SOS Médecins writes the days in capitals. */
function tolerateHours(resource: Resource): Issue[] {
  const warnings: Issue[] = [];
  if (!Array.isArray(resource['hoursOfOperation'])) return warnings;
  for (const [i, hours] of (resource['hoursOfOperation'] as Json[]).entries()) {
    const days: unknown = hours?.daysOfWeek;
    if (!Array.isArray(days) || !days.some((day) => typeof day === 'string' && day !== day.toLowerCase())) continue;
    hours.daysOfWeek = days.map((day: unknown) => (typeof day === 'string' ? day.toLowerCase() : day));
    warnings.push(
      issue('warning', 'value', 'daysOfWeek are written in lower case', {
        expression: `Location.hoursOfOperation[${i}].daysOfWeek`,
      }),
    );
  }
  return warnings;
}
