/**
 * Search in a compartment: `Patient/1/Appointment?...`, and `Patient/1/*` for all its types.
 * https://hl7.org/fhir/R4/search.html#compartment
 */
import type { SearchResult } from '../../fhir/interaction.ts';
import { FhirError, wrongValue } from '../../fhir/issue.ts';
import { compartmentTypes, inCompartment, isCompartment } from '../../fhir/search/compartment.ts';
import { parseQuery, parseSearch } from '../../fhir/search/parse.ts';
import { AUDIT_SERVED } from '../audit/audit-resources.ts';
import { type Backend, requireInteraction } from '../backend.ts';
import { searchBundle } from '../bundle-text.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Limits } from '../limits.ts';
import { pageLinks, search, subsetOf } from './search.ts';

export async function searchCompartment(
  backend: Backend,
  exchange: Exchange,
  type: string,
  id: string,
  inner: string,
  limits: Limits,
): Promise<Answer> {
  if (!isCompartment(type)) {
    throw new FhirError('not-supported', `${type} is not a compartment`, {
      status: 404,
      text: `« ${type} » n'est pas un compartiment.`,
    });
  }
  // The compartment of a resource that does not exist is a mistake that the caller should hear about.
  await backend.read(exchange.context, type, id);
  if (inner === '*') return searchAll(backend, exchange, type, id, limits);
  requireInteraction(backend, inner, 'search-type');
  const within = inCompartment(type, id, inner);
  if (within === undefined) {
    throw new FhirError('not-supported', `${inner} is not in the compartment of ${type}`, {
      status: 404,
      text: `« ${inner} » ne fait pas partie du compartiment « ${type} ».`,
    });
  }
  return search(backend, exchange, inner, limits, { within, path: `${type}/${id}/${inner}` });
}

/** Reads one type after the other, or those of `_type`. The cursor is the index of a type and the cursor within it. */
async function searchAll(
  backend: Backend,
  exchange: Exchange,
  type: string,
  id: string,
  limits: Limits,
): Promise<Answer> {
  const { context, query: raw } = exchange;
  const asked = parseQuery(raw)
    .filter(({ name }) => name === '_type')
    .flatMap(({ value }) => value.split(','));
  const types = compartmentTypes(type).filter(
    (inner) =>
      backend.served.get(inner)?.includes('search-type') === true &&
      // Nobody comes to the audit trail by way of something else.
      !AUDIT_SERVED.has(inner) &&
      exchange.isTypeOpen(inner) &&
      (asked.length === 0 || asked.includes(inner)),
  );
  const criteria = raw
    .split('&')
    .filter((pair) => !pair.startsWith('_type='))
    .join('&');
  const whole: SearchResult = { total: 0, entries: [], issues: [] };
  let next: string | undefined;
  for (const [i, innerType] of types.entries()) {
    const request = parseSearch(innerType, criteria, {
      ...{ strict: context.strict, maxValues: limits.orValues, base: context.base },
    });
    const count = Math.min(request.count ?? limits.defaultPage, limits.maxPage);
    const [at = '0', inner = ''] = (request.cursor ?? '0.').split('.');
    if (!/^\d{1,3}$/.test(at))
      throw wrongValue('This is no page of ours', "Cette page n'est pas de ce serveur.", '_cursor');
    const room = i < Number(at) || next !== undefined ? 0 : count - whole.entries.length;
    request.criteria.push(inCompartment(type, id, innerType)!);
    const { cursor: _, ...fresh } = request;
    const result = await backend.search(context, {
      ...fresh,
      count: room,
      ...(i === Number(at) && inner !== '' ? { cursor: inner } : {}),
      total: 'accurate',
    });
    whole.total! += result.total ?? 0;
    if (request.warnings.length > 0 && i === 0) whole.issues!.push(...request.warnings);
    if (room > 0) {
      whole.entries.push(...result.entries);
      if (result.next !== undefined) next = `${i}.${result.next}`;
    } else if (i >= Number(at) && next === undefined && (result.total ?? 0) > 0) next = `${i}.`;
  }
  const path = `${context.base}/${type}/${id}/*`;
  const links = {
    self: `${path}${raw === '' ? '' : `?${raw}`}`,
    ...pageLinks(path, raw, next),
  };
  return { status: 200, text: searchBundle(context.base, links, whole), subset: subsetOf(raw) };
}
