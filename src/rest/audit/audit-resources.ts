/**
 * AuditEvent, as it is read: an own kind of resource, because it is made of the facts of the trail and lies in no table
 * of resources. Only the role `audit` reads it, on every way: directly, in a batch, in a compartment.
 */
import { auditEventOf } from '../../fhir/audit/balp.ts';
import type { AuditFact } from '../../fhir/audit/fact.ts';
import type { Context, Existing, SearchResult } from '../../fhir/interaction.ts';
import { FhirError, notFound, unsupported } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import type { Criterion, Include, SearchRequest, SortKey } from '../../fhir/search/request.ts';
import type { Interaction, Searchable } from '../backend.ts';
import type { Limits } from '../limits.ts';

export interface FactReader {
  read(id: string): Promise<AuditFact | undefined>;
  search(query: {
    criteria: readonly Criterion[];
    count: number;
    cursor?: string | undefined;
    withTotal: boolean;
    isAscending?: boolean;
    about?: { type: 'Schedule' | 'Patient'; id: string };
  }): Promise<{ total: number | undefined; facts: AuditFact[]; cursor: string | undefined }>;
}

const TYPE = 'AuditEvent';
export const AUDIT_SERVED: ReadonlyMap<string, readonly Interaction[]> = new Map([[TYPE, ['read', 'search-type']]]);
const PARAMETERS = '_id _lastUpdated date type subtype action outcome agent agent-name patient entity'.split(' ');
export const AUDIT_SEARCHABLE: ReadonlyMap<string, Searchable> = new Map([
  [TYPE, { parameters: PARAMETERS, includes: [], revIncludes: [] }],
]);

export class AuditResources {
  private readonly facts: FactReader;

  constructor(facts: FactReader) {
    this.facts = facts;
  }

  holds(type: string): boolean {
    return type === TYPE;
  }

  async read(context: Context, id: string): Promise<Existing> {
    requireAuditor(context);
    const fact = await this.facts.read(id);
    if (fact === undefined) throw notFound(TYPE, id);
    return { type: TYPE, id, version: 1, updatedAt: Date.parse(fact.at), body: textOf(fact) };
  }

  async search(context: Context, { criteria, ...request }: SearchRequest, limits: Limits): Promise<SearchResult> {
    requireAuditor(context);
    const { total, facts, cursor } = await this.facts.search({
      criteria,
      count: request.summary === 'count' ? 0 : Math.min(request.count ?? limits.defaultPage, limits.maxPage),
      cursor: request.cursor,
      withTotal: request.total !== 'none',
      isAscending: isAscending(request.sort),
    });
    const entries = facts.map((fact) => ({ type: TYPE, id: fact.id, body: textOf(fact), mode: 'match' as const }));
    return { total, entries, next: cursor };
  }
}

/** By instant only. Throws `not-supported` (400). */
function isAscending(sort: readonly SortKey[]): boolean {
  const [key, ...more] = sort;
  if (key === undefined) return false;
  if (more.length === 0 && (key.parameter.name === 'date' || key.parameter.name === '_lastUpdated'))
    return !key.descending;
  throw unsupported('AuditEvent is sorted by date only', "Le journal d'accès se trie par date seulement.", '_sort');
}

/** No search of another type leads into the trail: `*` leaves it out. Throws `not-supported` (400) when it is named. */
export function withoutTrail(request: SearchRequest): SearchRequest {
  const { criteria, includes, revIncludes } = request;
  const leadsThere = (criterion: Criterion): boolean => {
    if (criterion.is === 'parameter') return false;
    if (criterion.is === 'any') return criterion.of.some(leadsThere);
    return (criterion.is === 'has' ? criterion.type : criterion.target) === TYPE || leadsThere(criterion.of);
  };
  const isTrail = ({ source, target }: Include): boolean => source === TYPE || target === TYPE;
  const isNamed = [...includes, ...revIncludes].some((include) => include.parameter !== '*' && isTrail(include));
  if (!isNamed && !criteria.some(leadsThere))
    return { ...request, revIncludes: revIncludes.filter((include) => !isTrail(include)) };
  throw unsupported('AuditEvent is searched by itself', "Le journal d'accès se cherche seul.", TYPE);
}

function requireAuditor({ roles }: Context): void {
  if (roles.includes('audit') || roles.includes('*')) return;
  throw new FhirError('forbidden', 'Only the role audit reads AuditEvent', {
    text: "Seul le rôle « audit » lit le journal d'accès.",
  });
}

function textOf(fact: AuditFact): string {
  return stringifyJson(auditEventOf(fact));
}
