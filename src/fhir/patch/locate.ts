/** Finds the elements that the path of a patch names. The work grows with the resource times the steps of the path. */
import { isDecimal, numberOf } from '../json.ts';
import type { Json, Resource } from '../resource.ts';
import { type PathCondition, readPath, type Step } from './read-path.ts';
import { childrenOf, heldBy } from './whole-elements.ts';

/** A found element with its place in the JSON: properties and indexes from the resource down. */
export interface FoundElement {
  value: Json;
  place: (string | number)[];
}

interface Node extends FoundElement {
  /** FHIR type. */
  type: string;
}

/** Throws 400 for a path that cannot be read. */
export function locate(path: string, resource: Resource): FoundElement[] {
  const [first, ...steps] = readPath(path);
  const root: Node = { value: resource, place: [], type: resource.resourceType };
  const isRoot = first?.is === 'name' && first.name === resource.resourceType;
  return follow([root], isRoot ? steps : [first!, ...steps]).map(({ value, place }) => ({ value, place }));
}

function follow(nodes: readonly Node[], steps: readonly Step[]): Node[] {
  return steps.reduce<Node[]>((found, step) => next(found, step), [...nodes]);
}

function next(nodes: Node[], step: Step): Node[] {
  switch (step.is) {
    case 'name':
      return nodes.flatMap((node) => children(node, step.name));
    case 'index':
      return nodes.slice(step.index, step.index + 1);
    case 'first':
      return nodes.slice(0, 1);
    case 'last':
      return nodes.slice(-1);
    case 'where':
      return nodes.filter((node) => satisfies(node, step.condition));
    case 'extension':
      return nodes
        .flatMap((node) => children(node, 'extension'))
        .filter(({ value }) => heldBy(value?.url) === step.url);
    case 'type':
      return nodes.filter(({ type, value }) => type === step.type || value?.resourceType === step.type);
  }
}

/** Of a choice (`deceased`), the property that carries its type (`deceasedBoolean`). */
function children({ value, place, type }: Node, name: string): Node[] {
  if (value === null || typeof value !== 'object') return [];
  const elements = childrenOf(type);
  const property = Object.hasOwn(value, name)
    ? name
    : Object.keys(value).find((key) => elements.get(key)?.name.replace('[x]', '') === name && elements.has(key));
  if (property === undefined) return [];
  const declared = elements.get(property)?.type ?? type;
  const made = (held: Json, at: (string | number)[]): Node => ({
    value: held,
    place: at,
    type: declared === 'Resource' && typeof held?.resourceType === 'string' ? held.resourceType : declared,
  });
  const held = value[property];
  if (!Array.isArray(held)) return [made(held, [...place, property])];
  return held.map((item, i) => made(item, [...place, property, i]));
}

function satisfies(node: Node, condition: PathCondition): boolean {
  switch (condition.is) {
    case 'all':
      return condition.of.every((part) => satisfies(node, part));
    case 'any':
      return condition.of.some((part) => satisfies(node, part));
    case 'exists':
      return follow([node], condition.path).length > 0;
    default: {
      const [found, ...more] = follow([node], condition.path);
      if (found === undefined || more.length > 0) return false;
      return isSame(heldBy(found.value), condition.literal) === (condition.is === 'equal');
    }
  }
}

function isSame(value: Json, literal: string | number | boolean): boolean {
  return typeof literal === 'number' ? isDecimal(value) && numberOf(value) === literal : value === literal;
}
