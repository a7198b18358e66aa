/** A profile and its parents, compiled once into a tree by element and slice: what the validator walks. */
import type { ElementRule, ProfileDefinition } from './definition.ts';

export interface PlanNode extends Omit<ElementRule, 'id'> {
  /** Name of the element in its parent: `status`, `value[x]`. */
  name: string;
  children: Map<string, PlanNode>;
  /** In the order of the definition. */
  slices: Map<string, PlanNode>;
}

/** `find` gives the parents; an unknown parent ends the chain. */
export function compilePlan(profile: ProfileDefinition, find: (url: string) => ProfileDefinition | undefined): PlanNode {
  const chain: ProfileDefinition[] = [];
  for (let at: ProfileDefinition | undefined = profile; at !== undefined && !chain.includes(at); at = find(at.base)) chain.unshift(at);
  const root = node(profile.type);
  for (const one of chain) for (const rule of one.elements) overlay(root, rule);
  return root;
}

function node(name: string): PlanNode {
  return { name, children: new Map(), slices: new Map() };
}

/** A child profile's word replaces its parent's, field by field; constraints add up. */
function overlay(root: PlanNode, { id, ...rule }: ElementRule): void {
  let at = root;
  for (const step of id.split('.').slice(1)) {
    const [name = '', slice] = step.split(':');
    at = child(at.children, name);
    // `extension:a/b`: a slice of a slice is one more slice of the same list.
    if (slice !== undefined) at = child(at.slices, slice, name);
  }
  const constraints = [...(at.constraints ?? []), ...(rule.constraints ?? []).filter((one) => !at.constraints?.some((known) => known.key === one.key))];
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
