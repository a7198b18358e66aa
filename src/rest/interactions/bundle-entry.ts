/** The entries of a batch or transaction, read as requests. https://hl7.org/fhir/R4/bundle.html#transaction */
import { errorOf, FhirError } from '../../fhir/issue.ts';
import { tooManyEntries } from '../../fhir/refusals.ts';
import { parseReceivedJson } from '../../fhir/json.ts';
import type { Json } from '../../fhir/resource.ts';
import type { BundleEntry } from '../../fhir/foundation.ts';
import { checkStructure } from '../../fhir/structure.ts';
import { asType, list } from '../../fhir/resources.ts';
import { bodyResource, type Exchange } from '../exchange.ts';
import type { Limits } from '../limits.ts';

export interface EntryRequest {
  index: number;
  fullUrl: string | undefined;
  method: EntryMethod;
  /** Below the base, without the query: `Patient`, `Patient/1`. */
  path: string;
  query: string;
  headers: ReadonlyMap<string, string>;
  body: Json | undefined;
}

/**
 * The order in which the standard processes entries: deletions make room, and reads see what was created.
 * https://hl7.org/fhir/R4/http.html#trules
 */
export const ORDER = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET', 'HEAD'] as const;
export type EntryMethod = (typeof ORDER)[number];

export interface BatchRequest {
  type: 'batch' | 'transaction';
  entries: EntryRequest[];
}

/** Throws 400 when the Bundle itself is wrong. The resources inside are checked entry by entry. */
export function readBatch(exchange: Exchange, limits: Limits): BatchRequest {
  // The resources leave the Bundle before it is checked, because a batch fails entry by entry.
  const resources: Json[] = [];
  const bundle = bodyResource(exchange, 'Bundle', (whole) => {
    requireProcessable(whole['type']);
    if (!Array.isArray(whole['entry'])) return;
    if (whole['entry'].length > limits.batchEntries) {
      throw tooManyEntries(whole['entry'].length, limits.batchEntries);
    }
    for (const [i, entry] of whole['entry'].entries()) {
      if (entry === null || typeof entry !== 'object') continue;
      resources[i] = entry.resource;
      delete entry.resource;
    }
  });
  const { type, entry } = asType(bundle, 'Bundle')!;
  const entries = list(entry).map((listed, index) => readEntry(exchange, listed, index, resources[index]));
  const seen = new Set<string>();
  for (const { fullUrl, index } of entries) {
    if (fullUrl === undefined) continue;
    if (seen.has(fullUrl))
      throw new FhirError('invalid', 'Two entries have the same fullUrl', {
        expression: `Bundle.entry[${index}].fullUrl`,
        text: 'Deux entrées portent la même fullUrl.',
      });
    seen.add(fullUrl);
  }
  return { type: type as BatchRequest['type'], entries };
}

function requireProcessable(type: Json): void {
  if (type === 'batch' || type === 'transaction') return;
  throw new FhirError(
    'value',
    `A Bundle of type ${String(type).slice(0, 40)} cannot be processed: send a batch or a transaction`,
    {
      expression: 'Bundle.type',
      text: 'Seuls les lots (batch) et les transactions se traitent ici.',
    },
  );
}

function readEntry(exchange: Exchange, entry: BundleEntry, index: number, resource: Json): EntryRequest {
  const place = `Bundle.entry[${index}].request`;
  const { request, fullUrl } = entry;
  if (request === undefined)
    throw new FhirError('required', `Entry ${index} has no request`, {
      expression: place,
      text: `L'entrée ${index} n'a pas de requête (request).`,
    });
  const method = ORDER.find((known) => known === request.method);
  if (method === undefined)
    throw new FhirError('value', `Entry ${index}: unknown method`, {
      expression: `${place}.method`,
      text: `Méthode inconnue à l'entrée ${index}.`,
    });
  const own = `${exchange.context.base}/`;
  const url = String(request.url);
  if (/^[a-z]+:/i.test(url) && !url.startsWith(own)) {
    throw new FhirError('value', `Entry ${index} is about another server`, {
      expression: `${place}.url`,
      text: `L'entrée ${index} vise un autre serveur.`,
    });
  }
  const [path = '', query = ''] = (url.startsWith(own) ? url.slice(own.length) : url.replace(/^\//, '')).split(
    /\?(.*)/s,
  );
  const headers = new Map<string, string>([['prefer', exchange.header('prefer') ?? '']]);
  for (const [element, header] of [
    ['ifMatch', 'if-match'],
    ['ifNoneMatch', 'if-none-match'],
    ['ifModifiedSince', 'if-modified-since'],
    ['ifNoneExist', 'if-none-exist'],
  ] as const) {
    if (typeof request[element] === 'string') headers.set(header, request[element]);
  }
  const { body, type } = bodyOf(method, resource, index);
  headers.set('content-type', type ?? 'application/fhir+json');
  return { index, fullUrl, method, path, query, headers, body };
}

/** A JSON Patch travels in a Binary. */
function bodyOf(method: string, resource: Json, index: number): { body: Json | undefined; type?: string } {
  if (method !== 'PATCH' || resource?.resourceType !== 'Binary') return { body: resource };
  const faults = checkStructure(resource).filter((issue) => issue.severity === 'error');
  if (faults.length > 0) throw errorOf(faults, 400);
  if (resource.contentType !== 'application/json-patch+json') {
    throw new FhirError('not-supported', 'A patch is a JSON Patch in a Binary, or Parameters', {
      expression: `Bundle.entry[${index}].resource`,
      text: 'Un correctif est un JSON Patch dans un Binary, ou une ressource Parameters.',
    });
  }
  return {
    body: parseReceivedJson(Buffer.from(String(resource.data), 'base64').toString()),
    type: 'application/json-patch+json',
  };
}
