/** A profile and its parents, compiled once into the tree of elements and slices that the validator walks. */
import { typeDefinition } from '../definitions.ts';
import type { ElementRule, ProfileDefinition } from './definition.ts';

export interface PlanNode extends Omit<ElementRule, 'id'> {
  /** Name of the element in its parent: `status`, `value[x]`. */
  name: string;
  children: Map<string, PlanNode>;
  /** In the order of the definition. */
  slices: Map<string, PlanNode>;
}

/** `find` gives the parents; an unknown parent ends the chain. */
export function compilePlan(
  profile: ProfileDefinition,
  find: (url: string) => ProfileDefinition | undefined,
): PlanNode {
  const chain: ProfileDefinition[] = [];
  for (let at: ProfileDefinition | undefined = profile; at !== undefined && !chain.includes(at); at = find(at.base))
    chain.unshift(at);
  const root = node(profile.type);
  for (const { elements } of chain) for (const rule of elements) overlay(root, rule);
  sliceAsR4(root);
  return root;
}

/**
 * Adds the slicings of R4 itself, which a differential need not state: extensions by their URL, a choice by its type
 * (`value[x]:valueReference`).
 */
function sliceAsR4(at: PlanNode): void {
  if (at.slices.size > 0 && at.slicing === undefined) {
    if (/^(modifierE|e)xtension$/.test(at.name))
      at.slicing = { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' };
    else if (at.name.endsWith('[x]')) {
      at.slicing = { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' };
      for (const [name, slice] of at.slices) slice.types ??= [{ code: typeOfChoice(name.slice(at.name.length - 3)) }];
    }
  }
  for (const child of [...at.children.values(), ...at.slices.values()]) sliceAsR4(child);
}

/** `Reference` of `valueReference`, `string` of `valueString`. */
function typeOfChoice(suffix: string): string {
  return typeDefinition(suffix) === undefined ? suffix[0]!.toLowerCase() + suffix.slice(1) : suffix;
}

function node(name: string): PlanNode {
  return { name, children: new Map(), slices: new Map() };
}

/** A rule of a child profile replaces its parent's, field by field; constraints add up. */
function overlay(root: PlanNode, { id, ...rule }: ElementRule): void {
  let at = root;
  for (const step of id.split('.').slice(1)) {
    const [name = '', slice] = step.split(':');
    at = child(at.children, name);
    // `extension:a/b`: a slice of a slice is one more slice of the same list.
    if (slice !== undefined) at = child(at.slices, slice, name);
  }
  const constraints = [
    ...(at.constraints ?? []),
    ...(rule.constraints ?? []).filter((constraint) => !at.constraints?.some((known) => known.key === constraint.key)),
  ];
  Object.assign(at, rule, constraints.length > 0 ? { constraints } : {});
}

function child(map: Map<string, PlanNode>, key: string, name = key): PlanNode {
  let found = map.get(key);
  if (found === undefined) {
    found = node(name);
    map.set(key, found);
  }
  return found;
}
