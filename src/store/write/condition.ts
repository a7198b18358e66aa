/**
 * Conditional requests: the one resource that a query names, and the versions that `If-Match` asks for.
 * https://hl7.org/fhir/R4/http.html#concurrency, #ccreate
 */
import type { Context, Stored } from '../../fhir/interaction.ts';
import { FhirError, missing, versionConflict } from '../../fhir/issue.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { ResourceReader } from '../resources/resource-reader.ts';
import type { Unit } from './unit.ts';

/** The one match of a conditional request; throws `multiple-matches` (412) when there are several. */
export async function singleMatch(
  reader: ResourceReader,
  type: string,
  query: string,
  { base }: Pick<Context, 'base'>,
): Promise<Stored | undefined> {
  const { criteria } = parseSearch(type, query, { strict: true, base });
  if (criteria.length === 0) {
    throw missing(
      'A conditional request needs at least one search parameter',
      'Une requête conditionnelle doit porter au moins un critère de recherche.',
    );
  }
  const { rows } = await reader.search(type, criteria, { count: 2, total: false });
  if (rows.length > 1) {
    const names = new Set(query.split('&').map((part) => part.split('=')[0]));
    throw new FhirError('multiple-matches', `Several ${type} resources match ${[...names].join(', ')}`, {
      text: 'Plusieurs ressources correspondent au critère : précisez-le.',
    });
  }
  return rows[0];
}

/** The one match; the commit will be stale if another commit was decided by the same criterion meanwhile. */
export async function decidingMatch(
  reader: ResourceReader,
  type: string,
  query: string,
  context: Pick<Context, 'base'>,
  unit: Unit,
): Promise<Stored | undefined> {
  const criterion = criterionName(type, query);
  unit.dependOn(criterion, await reader.conditionWrites(criterion));
  return singleMatch(reader, type, query, context);
}

/** The same for `identifier=a%7Cb` and `Identifier=a|b`. */
export function criterionName(type: string, query: string): string {
  const parts = [...new URLSearchParams(query)].map(
    ([name, value]) => `${name.toLowerCase()}=${value.replaceAll('\\|', '|')}`,
  );
  return `${type}?${parts.sort().join('&')}`;
}

/** Throws 412 when the version is not the one that the caller saw. */
export function checkVersion(found: { version: number } | undefined, ifMatch: number | undefined): void {
  if (ifMatch !== undefined && found?.version !== ifMatch) throw versionConflict(ifMatch, found?.version);
}
