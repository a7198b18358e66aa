/** House rules of types: a resource is narrowed by a reader (`isType`, `asType`, `parseResource`), never by a cast. */
import { describe, expect, it } from 'vitest';
import { type Node, treeOf, visit } from './identifiers.ts';
import { sources, textOf, webSources } from './sources.ts';

const SHAPES = ['src/fhir/resource.ts', 'src/fhir/resources.ts', 'src/fhir/foundation.ts'];

/** Resource types and data types of FHIR. `Json` is any value: naming it narrows nothing. */
const FHIR_TYPES = new Set(
  SHAPES.flatMap((file) => [...textOf(file).matchAll(/^export interface (\w+)/gm)].map(([, name]) => name!)),
);

function namesFhir(annotation: Node): boolean {
  let isFound = false;
  visit(annotation, ({ type, name }) => {
    if (type === 'Identifier' && FHIR_TYPES.has(String(name))) isFound = true;
  });
  return isFound;
}

/** `resource['participant']` as anything, however it is wrapped: `(resource?.['participant'] ?? [])`. */
function readsElement(node: Node): boolean {
  if (node['type'] === 'MemberExpression') return node['computed'] === true && isText(node['property'] as Node);
  const inner = (node['expression'] ?? node['left']) as Node | undefined;
  return inner !== undefined && readsElement(inner);
}

const isText = ({ type, value }: Node): boolean => type === 'Literal' && typeof value === 'string';

/** The casts of a text that the rule refuses, each as its code. Pages read named values of answers, and React's own. */
export function castsIn(text: string, lang: 'ts' | 'tsx' = 'ts'): string[] {
  const found: string[] = [];
  visit(treeOf(text, lang), (node) => {
    if (node['type'] !== 'TSAsExpression' && node['type'] !== 'TSTypeAssertion') return;
    const annotation = node['typeAnnotation'] as Node;
    if (namesFhir(annotation) || (lang === 'ts' && readsElement(node['expression'] as Node)))
      found.push(text.slice(node['start'] as number, node['end'] as number));
  });
  return found;
}

describe('casts', () => {
  it.each([
    ["(resource['participant'] as Json[] | undefined) ?? []", 1],
    ["(a?.['b'] ?? c) as string", 1],
    ['parse(text) as Resource', 1],
    ['answer as readonly Slot[]', 1],
    ['change.after as unknown as Appointment', 1],
    ["has('Location') ? (['SOS'] as const) : []", 0],
    ['(error as Error).message', 0],
    ["row['a']!.length", 0],
  ])('are found: %s: %d', (code, count) => expect(castsIn(code)).toHaveLength(count));

  it('of resources and of their elements are nowhere in the code that runs', () => {
    const casts = [...sources, ...webSources].flatMap(({ file, text }) =>
      castsIn(text, file.endsWith('x') ? 'tsx' : 'ts').map((cast) => `${file}: ${cast}`),
    );
    expect(casts).toEqual([]);
  });

  it('are not needed, since an element that no interface names is unknown', () => {
    const open = SHAPES.flatMap((file) =>
      [...textOf(file).matchAll(/^ *\[\w+: string\]: (\w+);/gm)].map(([, type]) => type),
    );
    expect(new Set(open)).toEqual(new Set(['unknown']));
  });
});
