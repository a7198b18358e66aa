/**
 * The elements that the server computes with have a value. R4 lets any primitive be absent with a reason (`_start` with
 * data-absent-reason instead of `start`), also where it is required; no slot can be computed from a reason.
 */
import { type ElementDefinition, typeDefinition } from '../../fhir/definitions.ts';
import { errorOf, type Issue, issue } from '../../fhir/issue.ts';
import type { Json, Resource } from '../../fhir/resource.ts';

const COMPUTED = new Set(['Schedule', 'Slot', 'Appointment', 'AppointmentResponse', 'Subscription']);

/** Throws `required` (422) with every required primitive that has a reason instead of a value. */
export function requireValues(resource: Resource): void {
  if (!COMPUTED.has(resource.resourceType)) return;
  const issues = absentIn(resource, resource.resourceType, resource.resourceType);
  if (issues.length > 0) throw errorOf(issues, 422);
}

function absentIn(value: Json, type: string, path: string): Issue[] {
  const elements = typeDefinition(type)?.elements ?? new Map<string, ElementDefinition>();
  const issues: Issue[] = [];
  for (const element of elements.values()) {
    const { property, shadow, isPrimitive, min } = element;
    const here = `${path}.${property}`;
    if (isPrimitive && min > 0 && shadow !== undefined && value[property] === undefined && value[shadow] !== undefined)
      issues.push(absent(here));
    // Inline types are part of the resource; what has a type of its own may say less.
    if (!element.type.includes('.') || value[property] === undefined) continue;
    for (const [i, item] of [value[property]].flat().entries())
      issues.push(...absentIn(item, element.type, element.isList ? `${here}[${i}]` : here));
  }
  return issues;
}

function absent(path: string): Issue {
  return issue('error', 'required', `${path} needs a value: a reason for its absence is not enough here`, {
    expression: path,
    text: `« ${path.split('.').at(-1)} » doit avoir une valeur.`,
  });
}
