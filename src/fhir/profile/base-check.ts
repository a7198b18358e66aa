/**
 * What R4 itself says beyond the shape: bindings of concepts, targets of references, constraints. One walk over a
 * resource whose
 * structure is right; contained resources and the entries of a Bundle are walked as resources of their own.
 */
import { type ElementDefinition, elementsOf, isResourceType } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import { namedType } from '../local-reference.ts';
import type { Json, Resource } from '../resource.ts';
import { brokenConstraints, type Roots } from './invariants.ts';
import type { Place } from './place.ts';

export interface BaseTools {
  /** `undefined`: the value set is not known here. */
  inValueSet(valueSet: string, value: Json): boolean | undefined;
}

export function checkBase(resource: Resource, path: string, root: Resource, tools: BaseTools): Issue[] {
  const issues: Issue[] = [];
  walk({ value: resource, type: resource.resourceType, path }, { resource, root }, [], tools, issues);
  return issues;
}

function walk(place: Place, roots: Roots, keys: readonly string[], tools: BaseTools, issues: Issue[]): void {
  const { value, type, path } = place;
  for (const { key, severity, human, bestPractice } of brokenConstraints(place, roots, keys)) {
    issues.push(
      issue(
        bestPractice ? 'warning' : severity,
        'invariant',
        `${key}: ${human}${bestPractice ? ' (best practice)' : ''}`,
        {
          expression: path,
          text: bestPractice ? `Bonne pratique non suivie (${key}).` : `Règle ${key} non respectée.`,
        },
      ),
    );
  }
  if (type === 'Reference') checkTarget(place, undefined, roots, issues);
  const elements = elementsOf(type);
  for (const property of Object.keys(value)) {
    const element = elements.get(property);
    if (element === undefined) continue;
    const held = value[property];
    for (const [i, one] of (Array.isArray(held) ? held : [held]).entries()) {
      const at = `${path}.${property}${element.isList ? `[${i}]` : ''}`;
      if (one === null || typeof one !== 'object' || element.isPrimitive) continue;
      checkBinding(one, element, at, tools, issues);
      if (element.type === 'Reference')
        checkTarget({ value: one, type: 'Reference', path: at }, element.targets, roots, issues);
      if (element.type === 'Resource') {
        if (isResourceType(one.resourceType))
          walk(
            { value: one, type: one.resourceType, path: at },
            { resource: one, root: property === 'contained' ? roots.root : one },
            element.invariants,
            tools,
            issues,
          );
      } else walk({ value: one, type: element.type, path: at }, roots, element.invariants, tools, issues);
    }
  }
}

/** Codes of plain `code` elements are held by the structure check. */
function checkBinding(
  value: Json,
  { binding, type }: ElementDefinition,
  path: string,
  tools: BaseTools,
  issues: Issue[],
): void {
  if (binding === undefined || (type !== 'CodeableConcept' && type !== 'Coding')) return;
  const broken = bindingIssue(value, binding.strength, binding.valueSet, path, tools);
  if (broken !== undefined) issues.push(broken);
}

/** A required binding: an error; an extensible one: a warning when a coding is there and none is of the set. */
export function bindingIssue(
  value: Json,
  strength: string,
  valueSet: string,
  path: string,
  tools: BaseTools,
): Issue | undefined {
  if (strength !== 'required' && strength !== 'extensible') return undefined;
  const isEmpty = typeof value === 'object' && value.code === undefined && (value.coding ?? []).length === 0;
  if (isEmpty && (strength === 'extensible' || value.text === undefined)) return undefined;
  if (!isEmpty && tools.inValueSet(valueSet, value) !== false) return undefined;
  if (isEmpty && tools.inValueSet(valueSet, { coding: [{}] }) === undefined) return undefined;
  const severity = strength === 'required' ? 'error' : 'warning';
  return issue(
    severity,
    'code-invalid',
    isEmpty ? `No code, where one of ${valueSet} is required` : `No code of ${valueSet} (${strength} binding)`,
    {
      expression: path,
      text:
        severity === 'error'
          ? `Code absent du jeu de valeurs imposé (${shortName(valueSet)}).`
          : `Code hors du jeu de valeurs conseillé (${shortName(valueSet)}).`,
    },
  );
}

function shortName(url: string): string {
  return url.split('/').at(-1)!;
}

/** The type that a reference leads to, as far as it tells. */
export function targetType({ reference, type }: Json, root: Resource): string | undefined {
  if (typeof reference === 'string') {
    if (reference.startsWith('#'))
      return ((root['contained'] as Resource[] | undefined) ?? []).find((contained) => `#${contained.id}` === reference)
        ?.resourceType;
    const named = namedType(reference);
    if (named !== undefined) return named;
  }
  return typeof type === 'string' ? type : undefined;
}

function checkTarget(
  { value, path }: Place,
  targets: readonly string[] | undefined,
  { root }: Roots,
  issues: Issue[],
): void {
  if (targets === undefined || targets.includes('Resource')) return;
  const type = targetType(value, root);
  if (type === undefined || targets.includes(type)) return;
  issues.push(
    issue('error', 'value', `The reference leads to ${type}, not to ${targets.join(' | ')}`, {
      expression: `${path}.reference`,
      text: `Cette référence mène à ${type} au lieu de ${targets.join(', ')}.`,
    }),
  );
}
