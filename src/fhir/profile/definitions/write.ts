/** How our profile definitions are written: a line per element, `path: 'min..max' or rule`. */
import { type ElementRule, type ProfileDefinition, R4_BASE } from '../definition.ts';

export type Line = string | (Omit<ElementRule, 'id'> & { card?: string });

/**
 * `parent`: the URL of another profile; absent: the R4 type. Paths are below the type:
 * `serviceType:mode.coding.system`.
 */
export function profile(
  url: string,
  type: string,
  parent: string | undefined,
  lines: Record<string, Line>,
): ProfileDefinition {
  return {
    url,
    name: url.split('/').at(-1)!.replaceAll(':', '-'),
    type,
    base: parent ?? R4_BASE + type,
    elements: Object.entries(lines).map(([path, line]) => {
      const { card, ...rule } = typeof line === 'string' ? { card: line } : line;
      return { id: path === '' ? type : `${type}.${path}`, ...cardinality(card), ...rule };
    }),
  };
}

function cardinality(card: string | undefined): Pick<ElementRule, 'min' | 'max'> {
  if (card === undefined) return {};
  const [min = '0', max = '*'] = card.split('..');
  return { min: Number(min), max: max === '*' ? Number.POSITIVE_INFINITY : Number(max) };
}

export const required = (valueSet: string): Pick<ElementRule, 'binding'> => ({
  binding: { strength: 'required', valueSet },
});
export const extensible = (valueSet: string): Pick<ElementRule, 'binding'> => ({
  binding: { strength: 'extensible', valueSet },
});
export const reference = (targets: string[], aggregation?: string[]): Pick<ElementRule, 'types'> => ({
  types: [{ code: 'Reference', targetProfile: targets, ...(aggregation ? { aggregation } : {}) }],
});
/** An extension slice: its URL is that of its own definition. */
export const extension = (url: string): Pick<ElementRule, 'types'> => ({
  types: [{ code: 'Extension', profile: [url] }],
});
export const slicedBy = (
  type: 'value' | 'pattern' | 'type' | 'profile' | 'exists',
  path: string,
): Pick<ElementRule, 'slicing'> => ({ slicing: { discriminator: [{ type, path }], rules: 'open' } });
export const coded = (system: string, code: string): Pick<ElementRule, 'pattern'> => ({
  pattern: { coding: [{ system, code }] },
});
