/** History of an instance, a type or the whole system. https://hl7.org/fhir/R4/http.html#history */
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { parseDate } from '../../fhir/search/value.ts';
import { FRANCE } from '../../fhir/date.ts';
import { type Backend, type HistoryRequest, requireSystem } from '../backend.ts';
import { historyBundleText } from '../bundle-text.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Limits } from '../limits.ts';

export async function history(backend: Backend, exchange: Exchange, path: string, limits: Limits, type?: string, id?: string): Promise<Answer> {
  if (type === undefined) requireSystem(backend, 'history-system');
  const request: HistoryRequest = { ...(type ? { type } : {}), ...(id ? { id } : {}), count: limits.defaultPage };
  for (const { name, value } of parseQuery(exchange.query)) {
    if (name === '_since') request.since = parseDate(value, FRANCE).start;
    else if (name === '_at') request.at = parseDate(value, FRANCE);
    else if (name === '_cursor') request.cursor = value;
    else if (name === '_count') request.count = page(value, limits.maxPage);
    else if (name !== '_format' && name !== '_pretty' && exchange.context.strict) {
      throw new FhirError('not-supported', `Unknown history parameter ${name}`, { expression: name, text: `Paramètre inconnu : « ${name} ».` });
    }
  }
  const result = await backend.history(exchange.context, request);
  const raw = exchange.query;
  const self = `${exchange.context.base}/${path}${raw ? `?${raw}` : ''}`;
  const kept = raw.split('&').filter((pair) => pair !== '' && !pair.startsWith('_cursor='));
  const next = result.cursor && `${exchange.context.base}/${path}?${[...kept, `_cursor=${result.cursor}`].join('&')}`;
  return { status: 200, text: historyBundleText(exchange.context.base, { self, next }, result) };
}

function page(value: string, limit: number): number {
  if (!/^\d{1,9}$/.test(value)) throw new FhirError('value', `_count is a number, not "${value}"`, { expression: '_count', text: '_count doit être un nombre.' });
  return Math.min(Number(value), limit);
}
