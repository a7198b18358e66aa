/**
 * The rules of R4 itself beyond the shape: bindings of concepts, targets of references, constraints. One walk over a
 * resource whose structure is right; contained resources and the entries of a Bundle are walked as resources of their
 * own.
 */
import { type ElementDefinition, elementsOf, isResourceType } from '../definitions.ts';
import { type Issue, issue } from '../issue.ts';
import { namedType } from '../local-reference.ts';
import type { Json, Resource } from '../resource.ts';
import { list } from '../resources.ts';
import { brokenConstraints, type Roots } from './invariants.ts';
import type { LocatedValue } from './located-value.ts';
import {
  containedIssues,
  extensionIssue,
  fullUrlIssues,
  isAbsolute,
  labelIssues,
  primitiveIssue,
  referenceIssue,
  relativeSystem,
} from './value-rules.ts';

export interface BaseTools {
  /** `undefined`: the value set is not known here. */
  inValueSet(valueSet: string, value: Json): boolean | undefined;
  /** Has the code system the code? `undefined`: not all of its codes are known here. */
  inSystem(system: string, code: string | undefined): boolean | undefined;
  /** Called for every element; throws when the validation has taken too long. */
  spend?: (() => void) | undefined;
}

export function checkBase(resource: Resource, path: string, root: Resource, tools: BaseTools): Issue[] {
  const issues: Issue[] = [];
  walk({ value: resource, type: resource.resourceType, path }, { resource, root }, [], tools, issues);
  return issues;
}

function walk(place: LocatedValue, roots: Roots, keys: readonly string[], tools: BaseTools, issues: Issue[]): void {
  const { value, type, path } = place;
  tools.spend?.();
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
  if (value.contained !== undefined) issues.push(...containedIssues(value, path));
  if (type === 'Bundle') issues.push(...fullUrlIssues(value));
  if (type === 'Meta') issues.push(...labelIssues(value, path));
  const elements = elementsOf(type);
  for (const property of Object.keys(value)) {
    const element = elements.get(property);
    if (element === undefined) {
      push(issues, emptyCodeIssue(value, property, type, path));
      continue;
    }
    const held = value[property];
    for (const [i, item] of (Array.isArray(held) ? held : [held]).entries()) {
      const at = `${path}.${property}${element.isList ? `[${i}]` : ''}`;
      if (element.isPrimitive) push(issues, primitiveIssue(item, element.type, type, property, at));
      if (item === null || typeof item !== 'object' || element.isPrimitive) continue;
      if (element.type === 'Extension') push(issues, extensionIssue(item, type === 'Extension', at));
      if (element.type === 'Reference') push(issues, referenceIssue(item, at));
      if (element.type === 'Coding') push(issues, codingIssue(item, type === 'CodeableConcept', at, tools));
      checkBinding(item, element, at, tools, issues);
      if (element.type === 'Reference')
        checkTarget({ value: item, type: 'Reference', path: at }, element.targets, roots, issues);
      if (element.type === 'Resource') {
        if (isResourceType(item.resourceType))
          walk(
            { value: item, type: item.resourceType, path: at },
            { resource: item, root: property === 'contained' ? roots.root : item },
            element.invariants,
            tools,
            issues,
          );
      } else walk({ value: item, type: element.type, path: at }, roots, element.invariants, tools, issues);
    }
  }
}

function push(issues: Issue[], found: Issue | undefined): void {
  if (found !== undefined) issues.push(found);
}

/** A code of a required binding cannot be left out in favour of a reason why: only the codes of the set are allowed. */
function emptyCodeIssue(value: Json, property: string, type: string, path: string): Issue | undefined {
  if (!property.startsWith('_') || value[property.slice(1)] !== undefined) return undefined;
  const element = elementsOf(type).get(property.slice(1));
  if (element?.type !== 'code' || element.binding?.strength !== 'required') return undefined;
  return issue('error', 'code-invalid', `No code, where one of ${element.binding.valueSet} is required`, {
    expression: `${path}.${property.slice(1)}`,
    text: `Code absent du jeu de valeurs imposé (${shortName(element.binding.valueSet)}).`,
  });
}

/** `isPart`: of a concept, which has no meaning without a code; a Coding by itself may be a system alone. */
function codingIssue({ system, code }: Json, isPart: boolean, path: string, tools: BaseTools): Issue | undefined {
  if (typeof system !== 'string' || (code === undefined && !isPart)) return undefined;
  if (!isPart && !isAbsolute(system)) return relativeSystem(system, path);
  if (tools.inSystem(system, code) !== false) return undefined;
  return issue('error', 'code-invalid', `${system} has no code ${code ?? ''}`.trimEnd(), {
    expression: path,
    text: `Code inconnu de sa nomenclature (${shortName(system)}).`,
  });
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
  const isEmpty = typeof value === 'object' && value.code === undefined && list(value.coding).length === 0;
  if (isEmpty && (strength === 'extensible' || value.text === undefined)) return undefined;
  const isIn = isEmpty ? false : tools.inValueSet(valueSet, value);
  if (isIn === undefined && strength === 'required')
    return notJudged(`the codes of ${valueSet}`, `codes de ${shortName(valueSet)}`, path);
  if (isIn !== false) return undefined;
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

/** Silence would mean "valid". */
export function notJudged(english: string, french: string, expression: string): Issue {
  return issue('information', 'informational', `not judged: ${english}`, { expression, text: `Non jugé : ${french}.` });
}

function shortName(url: string): string {
  return url.split('/').at(-1)!;
}

/** The type that a reference leads to, where the reference says it. */
export function targetType({ reference, type }: Json, root: Resource): string | undefined {
  if (typeof reference === 'string') {
    if (reference.startsWith('#'))
      return list(root.contained).find((contained) => `#${contained.id}` === reference)?.resourceType;
    const named = namedType(reference);
    if (named !== undefined) return named;
  }
  return typeof type === 'string' ? type : undefined;
}

function checkTarget(
  { value, path }: LocatedValue,
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
