/**
 * Conditional requests: the one resource that a query names, and the versions that `If-Match` and `If-None-Match` ask
 * for. A resource that the caller may not read matches nothing: the answer would tell that it is there.
 * https://hl7.org/fhir/R4/http.html#concurrency, #ccreate
 */
import type { Condition, Context, Stored } from '../../fhir/interaction.ts';
import { FhirError, missing, versionConflict } from '../../fhir/issue.ts';
import { parseQuery, parseSearch } from '../../fhir/search/parse.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import type { ResourceReader } from '../resources/resource-reader.ts';
import type { Unit } from './unit.ts';
import type { WriteRules } from './write-rules.ts';

/** The parts that a conditional request searches with; a `Repository` has them. */
export interface Searching {
  reader: ResourceReader;
  rules: Pick<WriteRules, 'readScope'>;
}

/** The one match of a conditional request; throws `multiple-matches` (412) when there are several. */
export async function singleMatch(
  { reader, rules }: Searching,
  context: Context,
  type: string,
  query: string,
): Promise<Stored | undefined> {
  const readScope = await rules.readScope?.(context);
  const { rows } = await reader.search(type, readCriteria(context, type, query), {
    count: 2,
    total: 'none',
    readScope,
  });
  if (rows.length > 1) throw severalMatches(type, query);
  return rows[0];
}

/** The criteria of a conditional request. Throws `required` (400) when there are none. */
export function readCriteria({ base }: Pick<Context, 'base'>, type: string, query: string): Criterion[] {
  const { criteria } = parseSearch(type, query, { strict: true, base });
  if (criteria.length > 0) return criteria;
  throw missing(
    'A conditional request needs at least one search parameter',
    'Une requête conditionnelle doit porter au moins un critère de recherche.',
  );
}

export function severalMatches(type: string, query: string): FhirError {
  const names = new Set(query.split('&').map((part) => part.split('=')[0]));
  return new FhirError('multiple-matches', `Several ${type} resources match ${[...names].join(', ')}`, {
    text: 'Plusieurs ressources correspondent au critère : précisez-le.',
  });
}

/** The one match; the commit will be stale if another commit was decided by the same criterion meanwhile. */
export async function decidingMatch(
  searching: Searching,
  context: Context,
  type: string,
  query: string,
  unit: Unit,
): Promise<Stored | undefined> {
  const criterion = criterionName(type, query);
  unit.dependOn(criterion, await searching.reader.conditionWrites(criterion));
  return singleMatch(searching, context, type, query);
}

/** The same for `identifier=a%7Cb` and `Identifier=a|b`. Throws `value` (400) for a query that cannot be read. */
export function criterionName(type: string, query: string): string {
  const parts = parseQuery(query).map(({ name, value }) => `${name.toLowerCase()}=${value.replaceAll('\\|', '|')}`);
  return `${type}?${parts.sort().join('&')}`;
}

/** Throws 412 when the living version is not the one that the caller saw, or one that must not be there. */
export function checkVersion(found: { version: number } | undefined, { ifMatch, ifNoneMatch }: Condition): void {
  if (ifMatch !== undefined && found?.version !== ifMatch) throw versionConflict(ifMatch, found?.version);
  if (found === undefined || ifNoneMatch === undefined) return;
  if (ifNoneMatch !== '*' && ifNoneMatch !== found.version) return;
  throw new FhirError('conflict', `If-None-Match: the resource is there, at version ${found.version}`, {
    status: 412,
    expression: 'http.If-None-Match',
    text: 'Cette ressource existe déjà.',
  });
}
