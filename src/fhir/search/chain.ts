/** The question at the end of a chain of reference parameters. */
import { type Criterion, valuesOf } from './request.ts';
import type { TokenValue } from './value.ts';

/**
 * The values of a chain through these parameters that ends at the identifier of a type; `undefined` when it is another
 * chain.
 */
export function tokensAt(criterion: Criterion, path: readonly string[], type: string): TokenValue[] | undefined {
  const [name, ...rest] = path;
  if (name === undefined)
    return criterion.is === 'parameter' && criterion.parameter.name === 'identifier' && criterion.modifier === undefined
      ? valuesOf(criterion, 'token')
      : undefined;
  if (criterion.is !== 'chain' || criterion.parameter.name !== name) return undefined;
  if (rest.length === 0 && criterion.target !== type) return undefined;
  return tokensAt(criterion.of, rest, type);
}
