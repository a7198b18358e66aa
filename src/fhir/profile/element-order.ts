/**
 * The order of the elements of a differential, and the type of each: tools that make snapshots read a differential in
 * the order of the standard, an element before its slices and each slice with all that is below it.
 * https://hl7.org/fhir/R4/elementdefinition.html
 */
import { type ElementDefinition, elementsOf } from '../definitions.ts';
import type { ElementRule } from './definition.ts';

/** `type`: the R4 type that the profile is about. */
export function inOrder(type: string, rules: readonly ElementRule[]): ElementRule[] {
  const slices = new FirstSeen();
  const keyed = rules.map((rule) => ({ rule, key: keyOf(type, rule.id, slices) }));
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ rule }) => rule);
}

/**
 * The R4 type of an element; `undefined` for a choice, and where the path leads nowhere. Below a choice it is that of
 * the only possible path: `value[x].identifier` is the Identifier of a Reference.
 */
export function typeOf(type: string, id: string): string | undefined {
  let at = [type];
  for (const { name } of stepsOf(id))
    at = at.flatMap((owner) => elementsAt(owner, name).map((element) => element.type));
  const [only, ...others] = new Set(at);
  return others.length === 0 ? only : undefined;
}

interface Step {
  name: string;
  slice: string | undefined;
  /** The id as far as this step. */
  path: string;
}

function stepsOf(id: string): Step[] {
  const parts = id.split('.').slice(1);
  return parts.map((part, i) => {
    const [name = '', slice] = part.split(':');
    return { name, slice, path: parts.slice(0, i + 1).join('.') };
  });
}

/** Several of a choice: one for each of its types. */
function elementsAt(type: string, name: string): ElementDefinition[] {
  const bare = name.replace('[x]', '');
  const own = elementsOf(type).get(bare);
  return own === undefined ? [...elementsOf(type).values()].filter((element) => element.name === bare) : [own];
}

/** Numbers texts from 1, in the order in which they come. */
class FirstSeen {
  private readonly numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.numbers.get(text) ?? this.numbers.size + 1;
    this.numbers.set(text, known);
    return known;
  }
}

/** After every place among siblings that the standard knows: below a choice, nobody says of which type. */
const UNKNOWN = 1000;

/** Two numbers a step: the place among the siblings, and the slice in the order of its first rule. */
function keyOf(type: string, id: string, seen: FirstSeen): number[] {
  const key: number[] = [];
  let at: string | undefined = type;
  for (const { name, slice, path } of stepsOf(id)) {
    const element: ElementDefinition | undefined = at === undefined ? undefined : elementsAt(at, name)[0];
    key.push(element?.order ?? UNKNOWN + seen.numberOf(path), slice === undefined ? 0 : seen.numberOf(path));
    at = name.endsWith('[x]') ? undefined : element?.type;
  }
  return key;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, part] of a.entries()) {
    const difference = part - (b[i] ?? Number.NEGATIVE_INFINITY);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
