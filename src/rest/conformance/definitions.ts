/**
 * The definitions that a server publishes of itself, as resources that can be read and searched: its profiles and
 * extensions, its search
 * parameters, its operations, its code systems and value sets. Made from the same tables as what they describe; never
 * stored.
 */
import type { Existing, SearchEntry, SearchResult } from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { matches } from '../../fhir/search/match.ts';
import { DEFINITION_TYPES } from '../../fhir/search/tables/definitions.ts';
import type { SearchRequest } from '../../fhir/search/request.ts';
import type { Backend, Interaction } from '../backend.ts';
import type { Limits } from '../limits.ts';
import { STATEMENT_DATE } from '../capability.ts';
import {
  codeSystemResource,
  idOf,
  operationResources,
  profileResource,
  searchParameterResources,
  valueSetResource,
} from './definition-resources.ts';

/** They change with the software, not with the clock. */
const UPDATED_AT = Date.parse(STATEMENT_DATE);
const META = { versionId: '1', lastUpdated: new Date(UPDATED_AT).toISOString() };

const DEFINED: readonly Interaction[] = ['read', 'search-type'];

/** What is offered for each type of definition. */
export const DEFINITIONS_SERVED: readonly (readonly [string, readonly Interaction[]])[] = DEFINITION_TYPES.map(
  (type) => [type, DEFINED],
);

export class Definitions {
  private readonly byType = new Map<string, Map<string, Resource>>();
  private readonly urls = new Set<string>();

  constructor(conformance: Conformance, backend: Pick<Backend, 'served' | 'operations'>) {
    for (const type of DEFINITION_TYPES) this.byType.set(type, new Map());
    for (const one of conformance.published) this.add(one);
    for (const profile of conformance.profiles.values()) this.add(profileResource(profile));
    for (const system of conformance.terminology.codeSystems()) this.add(codeSystemResource(system));
    for (const set of conformance.terminology.valueSets()) this.add(valueSetResource(set));
    for (const resource of searchParameterResources(backend)) this.add(resource);
    for (const resource of operationResources(backend)) this.add(resource);
  }

  /** The first of a URL stays: what was published comes before what we say of it. */
  private add(resource: Resource): void {
    const all = this.byType.get(resource.resourceType)!;
    const url = `${resource.resourceType} ${resource['url']}`;
    if (this.urls.has(url)) return;
    this.urls.add(url);
    let id = resource.id ?? idOf(String(resource['url']));
    for (let n = 2, first = id; all.has(id); n++) id = `${first}-${n}`;
    const { resourceType, id: _, meta, ...rest } = resource;
    all.set(id, { resourceType, id, meta: { ...META, ...(meta?.profile ? { profile: meta.profile } : {}) }, ...rest });
  }

  holds(type: string): boolean {
    return this.byType.has(type);
  }

  /** Throws `not-found`. */
  get(type: string, id: string): Resource {
    const found = this.byType.get(type)?.get(id);
    if (found === undefined)
      throw new FhirError('not-found', `There is no ${type}/${id}`, {
        text: `La ressource ${type}/${id} n'existe pas.`,
      });
    return found;
  }

  read(type: string, id: string): Existing {
    return { type, id, version: 1, updatedAt: UPDATED_AT, body: stringifyJson(this.get(type, id)) };
  }

  /** Sorted by id whatever is asked; a cursor is the number of the first. */
  search(request: SearchRequest, { defaultPage, maxPage }: Limits): SearchResult {
    const { type, criteria } = request;
    const all = [...this.byType.get(type)!.values()]
      .filter((definition) => criteria.every((criterion) => matches(criterion, definition)))
      .sort((a, b) => (a.id! < b.id! ? -1 : 1));
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? defaultPage, maxPage);
    const first = firstOf(request.cursor);
    const entries = all
      .slice(first, first + count)
      .map((one): SearchEntry => ({ type, id: one.id!, body: stringifyJson(one), mode: 'match' }));
    const isMore = count > 0 && first + count < all.length;
    return {
      total: request.total === 'none' ? undefined : all.length,
      entries,
      ...(isMore ? { next: String(first + count) } : {}),
    };
  }
}

function firstOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (!/^\d{1,6}$/.test(cursor))
    throw new FhirError('value', 'This cursor is not one of ours', {
      expression: '_cursor',
      text: 'Page inconnue : reprenez la recherche.',
    });
  return Number(cursor);
}
