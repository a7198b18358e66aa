/**
 * The definitions that a server publishes of itself, as resources to read and search: its profiles and extensions, its
 * search parameters, its operations, its code systems and value sets. They are made from the tables that they describe,
 * and never stored.
 */
import type { Existing, SearchEntry, SearchResult } from '../../fhir/interaction.ts';
import type { Conformance } from '../../fhir/conformance.ts';
import { FhirError, notFound } from '../../fhir/issue.ts';
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

/** Definitions change with the software, not with the clock. */
const UPDATED_AT = Date.parse(STATEMENT_DATE);
const META = { versionId: '1', lastUpdated: new Date(UPDATED_AT).toISOString() };

const DEFINED: readonly Interaction[] = ['read', 'search-type'];

/** The interactions with each type of definition. */
export const DEFINITIONS_SERVED: readonly (readonly [string, readonly Interaction[]])[] = DEFINITION_TYPES.map(
  (type) => [type, DEFINED],
);

export class Definitions {
  /** By type and id. */
  private readonly fixed: ReadonlyMap<string, ReadonlyMap<string, Resource>>;
  private readonly backend: Pick<Backend, 'served' | 'operations'>;

  /** `backend`: asked anew each time for its types and operations, which may still become more. */
  constructor({ published, profiles, terminology }: Conformance, backend: Pick<Backend, 'served' | 'operations'>) {
    this.backend = backend;
    const all = [
      ...published,
      ...[...profiles.values()].filter(({ isExcerpt }) => !isExcerpt).map(profileResource),
      ...terminology.codeSystems().map(codeSystemResource),
      ...terminology.valueSets().map(valueSetResource),
    ];
    this.fixed = new Map(
      DEFINITION_TYPES.map((type) => [type, byId(all.filter((resource) => resource.resourceType === type))]),
    );
  }

  private ofType(type: string): ReadonlyMap<string, Resource> {
    const fixed = this.fixed.get(type) ?? new Map<string, Resource>();
    if (type === 'SearchParameter') return byId([...fixed.values(), ...searchParameterResources(this.backend)]);
    if (type === 'OperationDefinition') return byId([...fixed.values(), ...operationResources(this.backend)]);
    return fixed;
  }

  holds(type: string): boolean {
    return this.fixed.has(type);
  }

  /** Throws `not-found`. */
  get(type: string, id: string): Resource {
    const found = this.ofType(type).get(id);
    if (found === undefined) throw notFound(type, id);
    return found;
  }

  read(type: string, id: string): Existing {
    return { type, id, version: 1, updatedAt: UPDATED_AT, body: stringifyJson(this.get(type, id)) };
  }

  /** Always sorted by id; a cursor is the number of the first result of a page. */
  search(request: SearchRequest, { defaultPage, maxPage }: Limits): SearchResult {
    const { type, criteria } = request;
    const all = [...this.ofType(type).values()]
      .filter((definition) => criteria.every((criterion) => matches(criterion, definition)))
      .sort((a, b) => (a.id! < b.id! ? -1 : 1));
    const count = request.summary === 'count' ? 0 : Math.min(request.count ?? defaultPage, maxPage);
    const first = firstOf(request.cursor);
    const entries = all
      .slice(first, first + count)
      .map((resource): SearchEntry => ({ type, id: resource.id!, body: stringifyJson(resource), mode: 'match' }));
    const isMore = count > 0 && first + count < all.length;
    return {
      total: request.total === 'none' ? undefined : all.length,
      entries,
      ...(isMore ? { next: String(first + count) } : {}),
    };
  }
}

/** The first resource of a URL stays, so that published definitions win over those made here. Ids are made unique. */
function byId(resources: readonly Resource[]): Map<string, Resource> {
  const found = new Map<string, Resource>();
  const urls = new Set<unknown>();
  for (const resource of resources) {
    const { resourceType, id: ownId, meta, ...rest } = resource;
    if (urls.has(resource['url'])) continue;
    urls.add(resource['url']);
    const name = ownId ?? idOf(String(resource['url']));
    let id = name;
    for (let n = 2; found.has(id); n++) id = `${name}-${n}`;
    const profiles = meta?.profile ? { profile: meta.profile } : {};
    found.set(id, { resourceType, id, meta: { ...META, ...profiles }, ...rest });
  }
  return found;
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
