/** Search of one type, by GET or by POST `_search`. https://hl7.org/fhir/R4/http.html#search */
import { spend } from '../../fhir/budgets.ts';
import { forbidden, issue } from '../../fhir/issue.ts';
import { wrongMediaType } from '../../fhir/refusals.ts';
import { parseQuery, parseSearch } from '../../fhir/search/parse.ts';
import { following, preceding } from '../../fhir/search/page-trail.ts';
import type { Criterion } from '../../fhir/search/request.ts';
import type { Subset } from '../../fhir/subset.ts';
import type { Backend } from '../backend.ts';
import { searchBundle } from '../bundle-text.ts';
import { type Answer, bodyText, type Exchange, refuseEvents } from '../exchange.ts';
import type { Limits } from '../limits.ts';

/** `raw`: the query, when it is not only that of the URL; `within`: a compartment, whose address is `path`. */
export interface SearchOptions {
  raw?: string;
  within?: Criterion;
  path?: string;
}

export async function search(
  backend: Backend,
  exchange: Exchange,
  type: string,
  limits: Limits,
  { raw = exchange.query, within, path = type }: SearchOptions = {},
): Promise<Answer> {
  const { context } = exchange;
  const request = parseSearch(type, raw, {
    ...{ strict: context.strict, maxValues: limits.orValues, base: context.base },
  });
  requireTypeOpen(exchange, type);
  requireTypesOpen(exchange, request.criteria);
  if (within !== undefined) request.criteria.push(within);
  if (exchange.asEvents && backend.searchEvents !== undefined)
    return { status: 200, events: await backend.searchEvents(context, request) };
  refuseEvents(exchange);
  const result = await backend.search(context, request);
  const tooMany =
    request.count !== undefined && request.count > limits.maxPage ? [pageIssue(request.count, limits.maxPage)] : [];
  // A contract that allows no other entries gets none.
  const issues = result.selfOnly ? [] : [...request.warnings, ...tooMany, ...(result.issues ?? [])];
  const self = `${context.base}/${path}${raw === '' ? '' : `?${raw}`}`;
  const around = result.selfOnly ? {} : pageLinks(`${context.base}/${path}`, raw, result.next);
  const entries = request.summary === 'count' ? [] : result.entries.filter((entry) => exchange.isTypeOpen(entry.type));
  const wanted = { ...result, entries };
  return {
    status: 200,
    text: searchBundle(context.base, { self, ...around }, { ...wanted, issues }),
    subset: subsetOf(raw),
  };
}

/** A chain reads the resources that it leads through. Throws `forbidden` (403). */
function requireTypesOpen(exchange: Exchange, criteria: readonly Criterion[]): void {
  for (const criterion of criteria) {
    if (criterion.is === 'parameter') continue;
    if (criterion.is === 'any') {
      requireTypesOpen(exchange, criterion.of);
      continue;
    }
    const type = criterion.is === 'chain' ? criterion.target : criterion.type;
    requireTypeOpen(exchange, type);
    requireTypesOpen(exchange, [criterion.of]);
  }
}

function requireTypeOpen(exchange: Exchange, type: string): void {
  if (exchange.isTypeOpen(type)) return;
  throw forbidden(
    `The paths or scopes of this caller do not include ${type}`,
    `Vos droits n'ouvrent pas ${type} : la recherche ne peut pas y passer.`,
  );
}

/** POST `[type]/_search`: the parameters of the body join those of the URL. */
export async function searchByPost(
  backend: Backend,
  exchange: Exchange,
  type: string,
  limits: Limits,
): Promise<Answer> {
  const media = exchange.header('content-type') ?? '';
  const isForm = media.startsWith('application/x-www-form-urlencoded');
  if (!isForm && exchange.body !== undefined && exchange.body.length > 0) {
    throw wrongMediaType(
      'A _search body is application/x-www-form-urlencoded',
      'Les critères de _search s’envoient en application/x-www-form-urlencoded.',
    );
  }
  if (isForm) spend('searchBytes', exchange.body?.length ?? 0);
  const form = isForm && exchange.body !== undefined && exchange.body.length > 0 ? bodyText(exchange) : '';
  return search(backend, exchange, type, limits, { raw: [exchange.query, form].filter(Boolean).join('&') });
}

/** The pages around that of a query. `next`: where the following one starts. */
export function pageLinks(
  address: string,
  raw: string,
  next: string | undefined,
): { next?: string | undefined; previous?: string | undefined } {
  const kept = raw.split('&').filter((pair) => pair !== '' && !pair.startsWith('_cursor='));
  const trail = parseQuery(raw).findLast(({ name }) => name === '_cursor')?.value;
  const at = (cursor: string | undefined): string => {
    const query = [...kept, ...(cursor === undefined ? [] : [`_cursor=${encodeURIComponent(cursor)}`])].join('&');
    return query === '' ? address : `${address}?${query}`;
  };
  const before = trail === undefined ? undefined : preceding(trail);
  return {
    next: next === undefined ? undefined : at(following(trail, next)),
    previous: before === undefined ? undefined : at(before === 'first' ? undefined : before),
  };
}

/** `_summary` and `_elements` of a query, if they leave anything out. */
export function subsetOf(raw: string): Subset | undefined {
  if (!raw.includes('_summary') && !raw.includes('_elements')) return undefined;
  const pairs = new Map(parseQuery(raw).map(({ name, value }) => [name, value]));
  const elements = pairs
    .get('_elements')
    ?.split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (elements !== undefined && elements.length > 0) return { elements };
  const summary = pairs.get('_summary');
  return summary === 'true' || summary === 'text' || summary === 'data' ? { summary } : undefined;
}

/** Warns the caller of a page that is smaller than asked. */
function pageIssue(asked: number, limit: number) {
  return issue('information', 'informational', `_count=${asked} is above the limit: pages of ${limit}`, {
    expression: '_count',
    text: `Pages limitées à ${limit} résultats.`,
  });
}
