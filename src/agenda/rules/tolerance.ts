/**
 * Deviations that callers are known to send, repaired before the structure check with a warning; `Prefer:
 * handling=strict` refuses them. Traps C1, C2 and I14.
 */
import { tolerateAppointment } from '../../fhir/french/tolerance.ts';
import { type Issue, issue } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';

export function tolerate(resource: Resource, strict: boolean): Issue[] {
  if (strict) return [];
  if (resource.resourceType === 'Location') return tolerateHours(resource);
  return resource.resourceType === 'Appointment' ? tolerateAppointment(resource) : [];
}

/** The guide of SOS Médecins writes the days in capitals. */
function tolerateHours(resource: Resource): Issue[] {
  const warnings: Issue[] = [];
  if (!Array.isArray(resource['hoursOfOperation'])) return warnings;
  for (const [i, hours] of resource['hoursOfOperation'].entries()) {
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
