/** History of an instance, a type or the whole system. https://hl7.org/fhir/R4/http.html#history */
import type { Context, HistoryRequest } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { localId } from '../../fhir/local-reference.ts';
import { startOf } from '../../fhir/search/page-trail.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { parseDate } from '../../fhir/search/value.ts';
import { FRANCE } from '../../fhir/date.ts';
import { type Backend, requireSystem } from '../backend.ts';
import { historyBundleText } from '../bundle-text.ts';
import type { Answer, Exchange } from '../exchange.ts';
import type { Limits } from '../limits.ts';
import { pageLinks } from './search.ts';

/** The parameters of a server whose changes are numbered; other servers have `_since`, `_at` and `_count`. */
export const HISTORY_PARAMETERS = [
  {
    name: '_after',
    description:
      'le dernier numéro traité ; ce qui suit, du plus ancien au plus récent. latest : le numéro d’où partir',
  },
  { name: 'schedule', description: 'Schedule/[id], cet agenda seul' },
  { name: '_since', description: 'une date, au lieu d’un numéro' },
  { name: '_at', description: 'ce qui valait alors' },
  { name: '_count', description: 'entrées par page' },
] as const;

export async function history(
  backend: Backend,
  exchange: Exchange,
  path: string,
  limits: Limits,
  type?: string,
  id?: string,
): Promise<Answer> {
  if (type === undefined) requireSystem(backend, 'history-system');
  const request: HistoryRequest = { ...(type ? { type } : {}), ...(id ? { id } : {}), count: limits.defaultPage };
  for (const { name, value } of parseQuery(exchange.query)) {
    if (name === '_since') request.since = parseDate(value, FRANCE).start;
    else if (name === '_at') request.at = parseDate(value, FRANCE);
    else if (name === '_cursor') request.cursor = startOf(value);
    else if (name === '_after') request.after = value;
    else if (name === 'schedule') request.schedule = readSchedule(value, exchange.context.base);
    else if (name === '_count') request.count = readCount(value, limits.maxPage);
    else if (name !== '_format' && name !== '_pretty' && exchange.context.strict) {
      throw new FhirError('not-supported', `Unknown history parameter ${name}`, {
        expression: name,
        text: `Paramètre inconnu : « ${name} ».`,
      });
    }
  }
  if (request.after !== undefined && (request.since ?? request.at ?? request.cursor) !== undefined) {
    throw new FhirError('invalid', 'Use either _after, which follows numbers, or _since and _at, which follow time', {
      expression: '_after',
      text: 'Choisissez _after (numéros) ou _since, _at (dates).',
    });
  }
  const result = await backend.history(exchange.context, request);
  if (result.rows.length === 0 && type !== undefined && id !== undefined)
    await requireEver(backend, exchange.context, type, id);
  const raw = exchange.query;
  const address = `${exchange.context.base}/${path}`;
  const kept = raw.split('&').filter((pair) => pair !== '' && !pair.startsWith('_after='));
  const at = (value: string): string => `${address}?${[...kept, `_after=${value}`].join('&')}`;
  // A page without entries has no next one: it would be itself.
  const next = request.count === 0 ? undefined : result.cursor;
  const links = {
    self: `${address}${raw ? `?${raw}` : ''}`,
    ...(request.after === undefined ? pageLinks(address, raw, next) : { next: next && at(next) }),
    monitor: result.seen === undefined ? undefined : at(result.seen),
  };
  return { status: 200, text: historyBundleText(exchange.context.base, links, result) };
}

/** Throws `not-found` (404) if the resource never existed: an empty history would say that it has not changed. */
async function requireEver(backend: Backend, context: Context, type: string, id: string): Promise<void> {
  try {
    await backend.read(context, type, id);
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'deleted') throw error;
  }
}

function readSchedule(value: string, base: string): string {
  const id = /^[A-Za-z0-9\-.]{1,64}$/.test(value) ? value : localId({ reference: value }, 'Schedule', base);
  if (id === undefined)
    throw new FhirError('value', `schedule must be Schedule/[id], not "${value.slice(0, 80)}"`, {
      expression: 'schedule',
      text: 'schedule attend Schedule/[id].',
    });
  return id;
}

function readCount(value: string, limit: number): number {
  if (!/^\d{1,9}$/.test(value))
    throw new FhirError('value', `_count must be a number, not "${value.slice(0, 40)}"`, {
      expression: '_count',
      text: '_count doit être un nombre.',
    });
  return Math.min(Number(value), limit);
}
