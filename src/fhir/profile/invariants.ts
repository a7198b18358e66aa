/**
 * The constraints of R4 and of profiles, in FHIRPath. Those that the structure check holds are left out; those that
 * every resource meets are answered without FHIRPath (`quick-invariants.ts`), because they are asked thousands of
 * times.
 * https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
import { invariantOf, typeDefinition } from '../definitions.ts';
import { evaluate } from '../fhirpath.ts';
import type { Resource } from '../resource.ts';
import type { LocatedValue } from './located-value.ts';
import { QUICK } from './quick-invariants.ts';

export interface BrokenConstraint {
  key: string;
  severity: 'error' | 'warning';
  human: string;
  bestPractice: boolean;
}

export interface Roots {
  /** The resource that holds the element, and the outermost one (a contained resource has both). */
  resource: Resource;
  root: Resource;
}

/** The broken constraints of the value's own type; `element`: keys stated on the element that holds it. */
export function brokenConstraints(
  place: LocatedValue,
  roots: Roots,
  element: readonly string[] = [],
): BrokenConstraint[] {
  const broken: BrokenConstraint[] = [];
  for (const key of [...(typeDefinition(place.type)?.invariants ?? []), ...element]) {
    const constraint = invariantOf(key);
    if (constraint === undefined || holds(key, constraint.expression, place, roots)) continue;
    broken.push({
      key,
      severity: constraint.severity,
      human: constraint.human,
      bestPractice: constraint.bestPractice === true,
    });
  }
  return broken;
}

/** A constraint that cannot be evaluated counts as met: the rule is at fault then, not the resource. */
export function holds(
  key: string,
  expression: string,
  { value, type }: LocatedValue,
  { resource, root }: Roots,
): boolean {
  const quick = QUICK[key];
  if (quick !== undefined) return quick(value, root);
  try {
    const base = value === resource ? undefined : type;
    const result = evaluate(expression, value, base, {
      resource,
      rootResource: root,
      context: value,
      ucum: 'http://unitsofmeasure.org',
      sct: 'http://snomed.info/sct',
      loinc: 'http://loinc.org',
    });
    return result.length === 0 || result[0] === true;
  } catch {
    return true;
  }
}
