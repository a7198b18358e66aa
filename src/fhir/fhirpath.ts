/**
 * FHIRPath on R4 resources: the only door to the `fhirpath` package. Expressions are compiled once.
 * http://hl7.org/fhirpath/N1/
 */
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { FhirError } from './issue.ts';
import type { Json } from './resource.ts';

/** A found element with its place in the JSON: properties and indexes from the resource down. */
export interface FoundElement {
  value: Json;
  place: (string | number)[];
}

interface ResourceNode {
  data: Json;
  parentResNode: ResourceNode | null;
  propName: string | null;
  index: number | null;
}

type Compiled = (resource: Json, variables: object) => unknown[];
const compiled = new Map<string, Compiled>();
const MAX_KEPT = 2_000;
const MAX_LENGTH = 2_000;

function compile(expression: string, raw: boolean, base?: string): Compiled {
  const key = `${raw}|${base ?? ''}|${expression}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const path = base === undefined ? expression : { base, expression };
  const options = { traceFn: () => {}, ...(raw ? { resolveInternalTypes: false } : {}) };
  const made = fhirpath.compile(path as string, r4, options as object) as unknown as Compiled;
  if (compiled.size >= MAX_KEPT) compiled.clear();
  compiled.set(key, made);
  return made;
}

/** Values of an expression of ours; `base` is the type when the context is a fragment, `variables` are `%name`. */
export function evaluate(
  expression: string,
  context: Json,
  base?: string,
  variables: Record<string, Json> = {},
): Json[] {
  return compile(expression, false, base)(context, variables);
}

/** Elements that a caller's path names. Throws 400 for a path that cannot be read or could run for ever. */
export function locate(expression: string, resource: Json): FoundElement[] {
  if (expression.length > MAX_LENGTH) throw unusable(`it is longer than ${MAX_LENGTH} characters`);
  // A caller's regular expression could run for ever; no patch needs one.
  if (/\b(matches|matchesFull|replaceMatches|repeat|trace|resolve|memberOf)\s*\(/.test(expression)) {
    throw unusable('matches, replaceMatches, repeat, trace, resolve and memberOf are not allowed here');
  }
  let nodes: unknown[];
  try {
    nodes = compile(expression, true)(resource, {});
  } catch (cause) {
    throw unusable('it is not valid FHIRPath', cause);
  }
  return nodes.map((node) => {
    const place: (string | number)[] = [];
    const found = node as ResourceNode;
    if (found === null || typeof found !== 'object' || !('parentResNode' in found))
      throw unusable('it gives a computed value, not an element');
    for (let at: ResourceNode | null = found; at?.parentResNode; at = at.parentResNode) {
      if (at.index !== null && at.index !== undefined) place.unshift(at.index);
      place.unshift(propertyOf(at));
    }
    return { value: found.data, place };
  });
}

/** The JSON property: of a choice (`deceased`), the one that carries its type (`deceasedBoolean`). */
function propertyOf({ propName, parentResNode }: ResourceNode): string {
  const name = propName!;
  const parent = parentResNode!.data;
  if (parent === null || typeof parent !== 'object' || Object.hasOwn(parent, name)) return name;
  return Object.keys(parent).find((key) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length))) ?? name;
}

function unusable(reason: string, cause?: unknown): FhirError {
  return new FhirError('value', `The path cannot be used: ${reason}`, { cause, text: 'Chemin FHIRPath inutilisable.' });
}
