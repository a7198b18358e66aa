/**
 * `_include` and `_revinclude`: always iterated (trap H11), each resource once, up to a limit.
 * https://hl7.org/fhir/R4/search.html#include
 */
import type { SearchEntry } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { searchParameters, type SearchParameter, SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import type { Include, SearchRequest } from '../../fhir/search/request.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';

export interface ResourceAtHand {
  type: string;
  id: string;
  body: string;
  /** Its references by search parameter, as far as they are known without a query. */
  references?: Readonly<Record<string, readonly string[]>>;
}

/** Resources at hand, by `Type/id`, so that the usual steps need no query. */
export type AtHand = ReadonlyMap<string, ResourceAtHand>;

/** A resource from which includes start. For a computed slot, which is not stored, `references` names its agenda. */
export type IncludeSource = Pick<ResourceAtHand, 'type' | 'id' | 'references'>;

export async function includeFor(
  reader: ResourceReader,
  request: Pick<SearchRequest, 'includes' | 'revIncludes' | 'readScope'>,
  matches: readonly IncludeSource[],
  limit: number,
  known: AtHand = new Map(),
): Promise<SearchEntry[]> {
  const entries: SearchEntry[] = [];
  if (request.includes.length === 0 && request.revIncludes.length === 0) return entries;
  const seen = new Set(matches.map((match) => `${match.type}/${match.id}`));
  let fresh: readonly IncludeSource[] = matches;
  while (fresh.length > 0) {
    const wanted = new Set<string>();
    for (const include of request.includes)
      for (const reference of await forward(reader, include, fresh)) if (!seen.has(reference)) wanted.add(reference);
    for (const include of request.revIncludes)
      for (const reference of await backward(reader, include, fresh)) if (!seen.has(reference)) wanted.add(reference);
    // Resources that the caller may not read are left out, and their references are not followed.
    if (request.readScope !== undefined)
      for (const reference of await reader.hidden(request.readScope, wanted)) wanted.delete(reference);
    if (entries.length + wanted.size > limit) {
      throw new FhirError('too-costly', `The includes bring more than ${limit} resources; ask for a smaller page`, {
        expression: '_include',
        text: `Trop de ressources incluses (plus de ${limit}) : réduisez la page.`,
      });
    }
    for (const reference of wanted) seen.add(reference);
    const missing = [...wanted].filter((reference) => !known.has(reference));
    const stored = await reader.readReferences(missing);
    const read = new Map(stored.map((resource) => [`${resource.type}/${resource.id}`, resource]));
    const found = [...wanted].flatMap((reference) => known.get(reference) ?? read.get(reference) ?? []);
    for (const { type, id, body } of found) entries.push({ type, id, body: body!, mode: 'include' });
    fresh = found;
  }
  return entries;
}

function parametersOf(include: Include): SearchParameter[] {
  if (include.parameter !== '*') return [include.parameter];
  return [...searchParameters(include.source).values()].filter((parameter) => parameter.kind === 'reference');
}

/** The references in resources of the source type. */
async function forward(reader: ResourceReader, include: Include, from: readonly IncludeSource[]): Promise<string[]> {
  const sources = from.filter(({ type }) => type === include.source);
  if (sources.length === 0) return [];
  // Files are read by their address only (ADR 0031).
  const wanted = (reference: string): boolean =>
    !reference.startsWith('Binary/') && (include.target === undefined || reference.startsWith(`${include.target}/`));
  const found: string[] = [];
  for (const parameter of parametersOf(include)) {
    const unknown: string[] = [];
    for (const { id, references } of sources) {
      const known = references?.[parameter.name];
      if (known === undefined) unknown.push(id);
      else found.push(...known);
    }
    if (unknown.length === 0) continue;
    found.push(...(await reader.referencesOf(include.source, parameter.column, unknown)));
  }
  return found.filter((found) => !found.startsWith('#') && wanted(found));
}

/** The resources of the source type that refer to the given ones. */
async function backward(
  reader: ResourceReader,
  include: Include,
  to: readonly { type: string; id: string }[],
): Promise<string[]> {
  if (!SEARCHED_TYPES.includes(include.source)) return [];
  const found: string[] = [];
  for (const parameter of parametersOf(include)) {
    const targets = to.filter(
      ({ type }) =>
        (parameter.targets.length === 0 || parameter.targets.includes(type)) &&
        (include.target === undefined || include.target === type),
    );
    if (targets.length === 0) continue;
    found.push(
      ...(await reader.referringTo(
        include.source,
        parameter.column,
        targets.map((target) => `${target.type}/${target.id}`),
      )),
    );
  }
  return found;
}
