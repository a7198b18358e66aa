/**
 * The constraints of R4 and of profiles, in FHIRPath. Those that the structure check holds are left out; those that every resource
 * meets are answered without FHIRPath, because they are asked thousands of times. https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
import { invariantOf, typeDefinition } from '../definitions.ts';
import { evaluate } from '../fhirpath.ts';
import type { Json, Resource } from '../resource.ts';
import type { Place } from './place.ts';

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
export function brokenConstraints(place: Place, roots: Roots, element: readonly string[] = []): BrokenConstraint[] {
  const broken: BrokenConstraint[] = [];
  for (const key of [...(typeDefinition(place.type)?.invariants ?? []), ...element]) {
    const constraint = invariantOf(key);
    if (constraint === undefined || holds(key, constraint.expression, place, roots)) continue;
    broken.push({ key, severity: constraint.severity, human: constraint.human, bestPractice: constraint.bestPractice === true });
  }
  return broken;
}

/** A constraint that cannot be evaluated is taken for held: a fault of the rule is no fault of the resource. */
export function holds(key: string, expression: string, { value, type }: Place, { resource, root }: Roots): boolean {
  const quick = QUICK[key];
  if (quick !== undefined) return quick(value, root);
  try {
    const base = value === resource ? undefined : type;
    const result = evaluate(expression, value, base, { resource, rootResource: root, context: value, ucum: 'http://unitsofmeasure.org', sct: 'http://snomed.info/sct', loinc: 'http://loinc.org' });
    return result.length === 0 || result[0] === true;
  } catch {
    return true;
  }
}

const contained = (value: Json): Resource[] => (Array.isArray(value?.contained) ? value.contained : []);

/** What FHIRPath says of them, said in code. */
const QUICK: Record<string, (value: Json, root: Resource) => boolean> = {
  'dom-2': (value) => contained(value).every((one) => contained(one).length === 0),
  'dom-3': (value) => {
    if (contained(value).length === 0) return true;
    const { contained: inside, ...rest } = value;
    const used = references(rest);
    const inner = contained(value).map((one) => [one.id, references(one)] as const);
    return contained({ contained: inside }).every((one) => used.has(`#${one.id}`) || used.has('#') || inner.some(([id, refs]) => id !== one.id && refs.has(`#${one.id}`)) || references(one).has('#'));
  },
  'dom-4': (value) => contained(value).every((one) => one.meta?.versionId === undefined && one.meta?.lastUpdated === undefined),
  'dom-5': (value) => contained(value).every((one) => one.meta?.security === undefined),
  'dom-6': (value) => value?.text?.div !== undefined,
  'ref-1': (value, root) => {
    const reference: unknown = value?.reference;
    if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return true;
    return contained(root).some((one) => `#${one.id}` === reference) || `#${root.id}` === reference;
  },
};

function references(value: Json, found = new Set<string>()): Set<string> {
  if (value === null || typeof value !== 'object') return found;
  if (!Array.isArray(value)) {
    for (const key of ['reference', 'valueCanonical', 'valueUri', 'valueUrl', 'valueUuid', 'valueOid', 'url']) if (typeof value[key] === 'string') found.add(value[key]);
  }
  for (const one of Object.values(value)) references(one, found);
  return found;
}
