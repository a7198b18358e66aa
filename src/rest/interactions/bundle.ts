/**
 * Batch and transaction: `POST [base]`. A batch answers entry by entry; a transaction is all or nothing.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import type { WriteMethod } from '../../fhir/interaction.ts';
import { inEntry, toOperationOutcome } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import { type Backend, requireSystem } from '../backend.ts';
import { toFhirError } from '../error-response.ts';
import { type Answer, type Exchange, render, versionHeaders } from '../exchange.ts';
import type { Limits } from '../limits.ts';
import { type EntryRequest, ORDER, readBatch } from './bundle-entry.ts';
import { entryWrite } from './write.ts';

/** Answers one entry by the same routes as a request of its own. */
export type Dispatch = (exchange: Exchange, path: string) => Promise<Answer>;

function isWrite(entry: EntryRequest): entry is EntryRequest & { method: WriteMethod } {
  return entry.method !== 'GET' && entry.method !== 'HEAD';
}

export async function processBundle(
  backend: Backend,
  exchange: Exchange,
  limits: Limits,
  dispatch: Dispatch,
): Promise<Answer> {
  const { type, entries } = readBatch(exchange, limits);
  requireSystem(backend, type);
  const answers =
    type === 'batch'
      ? await batch(exchange, entries, dispatch)
      : await transaction(backend, exchange, entries, dispatch);
  const texts = entries.map((_, i) => entryText(exchange, answers[i]!));
  const entry = texts.length === 0 ? '' : `,"entry":[${texts.join(',')}]`;
  return { status: 200, text: `{"resourceType":"Bundle","type":"${type}-response"${entry}}` };
}

/** Answers the entries in the standard's order, each on its own: a failure does not affect the others. */
async function batch(exchange: Exchange, entries: readonly EntryRequest[], dispatch: Dispatch): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const entry of inOrder(entries)) {
    try {
      answers[entry.index] = await dispatch(entryExchange(exchange, entry), entry.path);
    } catch (thrown) {
      const error = toFhirError(thrown);
      answers[entry.index] = { status: error.status, outcome: toOperationOutcome(error.issues) };
    }
  }
  return answers;
}

async function transaction(
  backend: Backend,
  exchange: Exchange,
  entries: readonly EntryRequest[],
  dispatch: Dispatch,
): Promise<Answer[]> {
  const reads = entries.filter((entry) => !isWrite(entry));
  const writes = entries.filter(isWrite);
  for (const write of writes) await atEntry(write, async () => exchange.requireOpen(write.method, write.path));
  const planned = writes.map((write) => entryWrite(backend, entryExchange(exchange, write), write));
  // A read that fails must fail before anything is written. Reads of resources that this transaction writes come after.
  const written = new Set(planned.map(({ type, id }) => `${type}/${id ?? ''}`));
  for (const read of reads)
    if (!written.has(read.path)) await atEntry(read, () => dispatch(entryExchange(exchange, read), read.path));
  const answers: Answer[] = [];
  const results = planned.length === 0 ? [] : await backend.transact(exchange.context, planned);
  for (const [i, { index, method }] of writes.entries()) {
    const { stored, created: isNew, deleted } = results[i]!;
    answers[index] =
      method === 'DELETE'
        ? { status: 204, headers: deleted && stored ? versionHeaders(stored) : {} }
        : {
            status: isNew ? 201 : 200,
            headers: {
              ...versionHeaders(stored),
              Location: `${exchange.context.base}/${stored.type}/${stored.id}/_history/${stored.version}`,
            },
            ...(exchange.returns === 'representation' ? { text: stored.body! } : {}),
          };
  }
  for (const read of reads)
    answers[read.index] = await atEntry(read, () => dispatch(entryExchange(exchange, read), read.path));
  return answers;
}

async function atEntry<T>({ index }: EntryRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw inEntry(toFhirError(thrown), index);
  }
}

function inOrder(entries: readonly EntryRequest[]): EntryRequest[] {
  return [...entries].sort((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || a.index - b.index);
}

function entryExchange(outer: Exchange, { method, query, headers, body }: EntryRequest): Exchange {
  return {
    context: outer.context,
    requireOpen: outer.requireOpen,
    method,
    query,
    header: (name) => headers.get(name),
    body: undefined,
    ...(body === undefined ? {} : { json: body }),
    format: 'json',
    asEvents: false,
    pretty: false,
    returns: outer.returns,
  };
}

function entryText({ context }: Exchange, answer: Answer): string {
  const { status, headers = {}, outcome } = answer;
  const text = answer.text === undefined ? undefined : render({ format: 'json', pretty: false }, answer).text;
  const response = {
    status: String(status),
    ...(headers['Location'] ? { location: headers['Location'] } : {}),
    ...(headers['ETag'] ? { etag: headers['ETag'] } : {}),
    ...(headers['Last-Modified'] ? { lastModified: new Date(headers['Last-Modified']).toISOString() } : {}),
    ...(outcome ? { outcome } : {}),
  };
  const written = headers['Location']?.replace(/\/_history\/\d+$/, '');
  const fullUrl = written?.startsWith(`${context.base}/`) ? `"fullUrl":${JSON.stringify(written)},` : '';
  return `{${fullUrl}${text === undefined ? '' : `"resource":${text},`}"response":${stringifyJson(response)}}`;
}
