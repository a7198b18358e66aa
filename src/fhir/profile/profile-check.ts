/**
 * A resource against one compiled profile: cardinality, types, fixed values and patterns, bindings, slices, references,
 * constraints.
 */
import { type Issue, issue } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import { bindingIssue, targetType } from './base-check.ts';
import type { ElementType } from './definition.ts';
import { holds } from './invariants.ts';
import { equals, fits, type LocatedValue, valuesOf } from './located-value.ts';
import type { PlanNode } from './plan.ts';
import { type SliceTools, sliceOf } from './slicing.ts';

export interface ProfileTools extends SliceTools {
  /**
   * The faults of a value that must be of a profile (an extension's, a data type's, an entry's); `undefined`: the
   * profile is not known.
   */
  faults(place: LocatedValue, profile: string): readonly Issue[] | undefined;
  /** Is the literal reference an entry of the same Bundle? */
  isBundled(reference: string): boolean;
  root: Resource;
}

export function checkProfile(place: LocatedValue, plan: PlanNode, tools: ProfileTools): Issue[] {
  const issues: Issue[] = [];
  checkValue(place, plan, place.value, tools, issues);
  return issues;
}

function checkValue(
  place: LocatedValue,
  node: PlanNode,
  resource: Resource,
  tools: ProfileTools,
  issues: Issue[],
): void {
  const { value, path } = place;
  const add = (code: Issue['code'], english: string, french: string): void =>
    void issues.push(issue('error', code, english, { expression: path, text: french }));
  // A primitive without a value has extensions that say why: it breaks no rule about its value.
  const hasValue = value !== null;
  if (hasValue && node.fixed !== undefined && !equals(value, node.fixed))
    add('value', `The value is fixed: ${show(node.fixed)}`, `Valeur imposée : ${show(node.fixed)}.`);
  if (hasValue && node.pattern !== undefined && !fits(value, node.pattern))
    add('value', `The value lacks the pattern ${show(node.pattern)}`, `La valeur doit contenir ${show(node.pattern)}.`);
  if (node.maxLength !== undefined && typeof value === 'string' && value.length > node.maxLength)
    add('too-long', `Longer than ${node.maxLength} characters`, `Plus de ${node.maxLength} caractères.`);
  if (hasValue && node.binding !== undefined) {
    const { strength, valueSet } = node.binding;
    const broken = bindingIssue(value, strength, valueSet, path, tools);
    if (broken !== undefined) issues.push(broken);
  }
  if (node.types !== undefined) checkTypes(place, node.types, tools, issues);
  for (const constraint of node.constraints ?? []) {
    if (holds(constraint.key, constraint.expression, place, { resource, root: tools.root })) continue;
    issues.push(
      issue(constraint.severity, 'invariant', `${constraint.key}: ${constraint.human}`, {
        expression: path,
        text: `Règle ${constraint.key} non respectée : ${constraint.human}`,
      }),
    );
  }
  if (value === null || typeof value !== 'object') return;
  const inner = typeof value.resourceType === 'string' ? value : resource;
  for (const child of node.children.values()) checkElement(place, child, inner, tools, issues);
}

/** All values of one element of an object. */
function checkElement(
  parent: LocatedValue,
  node: PlanNode,
  resource: Resource,
  tools: ProfileTools,
  issues: Issue[],
): void {
  const values = valuesOf(parent, node.name);
  checkCount(values.length, node, parent, node.name, issues);
  for (const value of values) checkValue(value, node, resource, tools, issues);
  if (node.slices.size === 0) return;
  const counts = new Map<string, number>();
  let last = -1;
  const order = [...node.slices.keys()];
  for (const value of values) {
    const name = node.slicing === undefined ? undefined : sliceOf(value, node, tools);
    if (name === undefined) {
      if (node.slicing?.rules === 'closed')
        issues.push(
          issue('error', 'structure', `Fits none of the slices ${order.join(', ')}`, {
            expression: value.path,
            text: `Élément non prévu : attendu ${order.join(', ')}.`,
          }),
        );
      continue;
    }
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (node.slicing?.ordered && order.indexOf(name) < last)
      issues.push(
        issue('error', 'structure', `The slice ${name} is out of order`, {
          expression: value.path,
          text: `Ordre imposé : ${order.join(', ')}.`,
        }),
      );
    last = Math.max(last, order.indexOf(name));
    checkValue(value, node.slices.get(name)!, resource, tools, issues);
  }
  for (const [name, slice] of node.slices)
    checkCount(counts.get(name) ?? 0, slice, parent, `${node.name}:${name}`, issues);
}

function checkCount(
  count: number,
  { min = 0, max = Number.POSITIVE_INFINITY }: PlanNode,
  { path }: LocatedValue,
  name: string,
  issues: Issue[],
): void {
  if (count < min)
    issues.push(
      issue('error', 'required', `${name} is there ${count} times, at least ${min} wanted`, {
        expression: path,
        text: `« ${name} » : ${count} présent(s), ${min} attendu(s) au moins.`,
      }),
    );
  if (count > max)
    issues.push(
      issue('error', 'structure', `${name} is there ${count} times, at most ${max} wanted`, {
        expression: `${path}.${name.split(':')[0]}`,
        text: max === 0 ? `« ${name} » est interdit ici.` : `« ${name} » : ${count} présents, ${max} au plus.`,
      }),
    );
}

function checkTypes(place: LocatedValue, types: readonly ElementType[], tools: ProfileTools, issues: Issue[]): void {
  const { value, type, path } = place;
  const own = types.filter(
    ({ code }) =>
      code === type ||
      code.startsWith('http://hl7.org/fhirpath/') ||
      (code === 'Resource' && typeof value?.resourceType === 'string') ||
      code === 'BackboneElement' ||
      code === 'Element',
  );
  if (own.length === 0) {
    issues.push(
      issue('error', 'structure', `The type is ${type}, not ${types.map(({ code }) => code).join(' | ')}`, {
        expression: path,
        text: `Type ${type} au lieu de ${types.map(({ code }) => code).join(', ')}.`,
      }),
    );
    return;
  }
  if (type === 'Reference') checkReference(place, own, tools, issues);
  const profiles = own.flatMap(({ profile }) => profile ?? []);
  const faults = profiles.map(
    (profile) => tools.faults(place, profile)?.filter((fault) => fault.severity === 'error') ?? [],
  );
  // One profile of the list is enough; one that is not known here may be it.
  if (faults.length > 0 && faults.every((list) => list.length > 0)) issues.push(...faults[0]!);
}

function checkReference(
  { value, path }: LocatedValue,
  types: readonly ElementType[],
  tools: ProfileTools,
  issues: Issue[],
): void {
  const targets = tools.targets(types);
  const found = targetType(value, tools.root);
  if (targets !== undefined && found !== undefined && !targets.has(found) && !targets.has('Resource')) {
    const wanted = [...targets];
    issues.push(
      issue('error', 'value', `The reference leads to ${found}, not to ${wanted.join(' | ')}`, {
        expression: `${path}.reference`,
        text: `Cette référence mène à ${found} au lieu de ${wanted.join(', ')}.`,
      }),
    );
  }
  const aggregation = types.flatMap((type) => type.aggregation ?? []);
  const reference: unknown = value?.reference;
  if (aggregation.length === 0 || typeof reference !== 'string') return;
  const how = reference.startsWith('#') ? 'contained' : tools.isBundled(reference) ? 'bundled' : 'referenced';
  if (!aggregation.includes(how)) {
    issues.push(
      issue('error', 'value', `The reference is ${how}; it must be ${aggregation.join(' or ')}`, {
        expression: `${path}.reference`,
        text:
          how === 'contained' || !aggregation.includes('contained')
            ? 'Cette ressource ne doit pas être incluse (contained).'
            : 'Cette ressource doit être incluse (contained).',
      }),
    );
  }
}

function show(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value).slice(0, 200) : String(value);
}
