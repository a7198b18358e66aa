/**
 * The entries by which list columns are searched: `extract.ts` writes them, a value of a search asks for them. Matching
 * is then equality of texts, in SQL (`&&`) as in memory (`match.ts`).
 */
import type { SearchParameter } from './parameters.ts';
import type { SearchValue } from './request.ts';
import type { TokenValue } from './value.ts';

/** Stands before and after each value of a text column, so that a prefix is found by `LIKE '%<mark>prefix%'`. */
export const MARK = '\n';

/** `code`, `system|code`, `system|`, `|code`; of `:of-type`, `type:system|code|value`. */
export function tokenEntry({ system, code, value }: TokenValue): string {
  if (value !== undefined) return `type:${system}|${code}|${value}`;
  if (system === undefined) return code!;
  return `${system ?? ''}|${code ?? ''}`;
}

/** `Type/id`, one for each type that an untyped id may mean; `#token` of `:identifier`. */
export function referenceEntries(value: SearchValue, parameter: SearchParameter): string[] {
  if (value.kind === 'token') return [`#${tokenEntry(value)}`];
  if (value.kind !== 'reference') return [];
  const { type, id } = value;
  return type === undefined ? parameter.targets.map((target) => `${target}/${id}`) : [`${type}/${id}`];
}
