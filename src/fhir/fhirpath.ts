/**
 * FHIRPath on R4 resources: the only door to the `fhirpath` package. Expressions are compiled once. They are those of
 * definitions; the paths of a caller have a grammar of their own (`patch/read-path.ts`).
 * http://hl7.org/fhirpath/N1/
 */
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import type { Json } from './resource.ts';

type Compiled = (resource: Json, variables: object) => unknown[];
const compiled = new Map<string, Compiled>();
const MAX_KEPT = 2_000;

function compile(expression: string, base?: string): Compiled {
  const key = `${base ?? ''}|${expression}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const path = base === undefined ? expression : { base, expression };
  const options = { traceFn: () => {} };
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
  return compile(expression, base)(context, variables);
}
