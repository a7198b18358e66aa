/**
 * Batch and transaction: `POST [base]`. A batch answers entry by entry; a transaction is all or nothing.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import type { EntryWrite, WriteMethod } from '../../fhir/interaction.ts';
import { BUDGETS, spend } from '../../fhir/budgets.ts';
import { inEntry, toOperationOutcome } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import { checkShaping } from '../../fhir/search/parse.ts';
import { type Backend, requireSystem } from '../backend.ts';
import { toFhirError } from '../error-response.ts';
import { type Answer, type Exchange, render, versionHeaders } from '../exchange.ts';
import type { Limits } from '../limits.ts';
import { BatchBudget } from './batch-budget.ts';
import { type EntryRequest, ORDER, readBatch } from './bundle-entry.ts';
import { entryWrite, writtenAt } from './write.ts';

/** Answers one entry by the same routes as a request of its own. */
export type Dispatch = (exchange: Exchange, path: string) => Promise<Answer>;

/** Work whose result can be left out: a read, or an operation. */
function kindOf(entry: EntryRequest): 'batchReadMs' | 'batchWriteMs' {
  return isWrite(entry) && !entry.path.includes('$') ? 'batchWriteMs' : 'batchReadMs';
}

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
  // The address is the same for both: only the body says which it is.
  exchange.parts[0]!.interaction = type;
  exchange.meter.charge(entries.map(({ method, path }) => [method, `/fhir/${path}`]));
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
  const budget = new BatchBudget(exchange.meter);
  let bytes = 0;
  for (const entry of inOrder(entries)) {
    try {
      if (!isWrite(entry)) spend('batchBytes', bytes);
      const answer = await budget.run(kindOf(entry), () => dispatch(entryExchange(exchange, entry), entry.path));
      bytes += answer.text?.length ?? 0;
      if (!isWrite(entry)) spend('batchBytes', bytes);
      answers[entry.index] = afterWrite(answer, bytes);
    } catch (thrown) {
      const error = toFhirError(thrown);
      answers[entry.index] = { status: error.status, outcome: toOperationOutcome(error.issues) };
    }
  }
  return answers;
}

/** A write cannot be left out once it is done; its resource is, where the answers are long enough without it. */
function afterWrite({ text, ...answer }: Answer, bytes: number): Answer {
  return text === undefined || bytes > BUDGETS.batchBytes.most ? answer : { ...answer, text };
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
  const budget = new BatchBudget(exchange.meter);
  const planned: EntryWrite[] = [];
  for (const write of writes)
    planned.push(
      await atEntry(write, () =>
        budget.run('batchWriteMs', () => entryWrite(backend, entryExchange(exchange, write), write)),
      ),
    );
  const read = (entry: EntryRequest, within: BatchBudget): Promise<Answer> =>
    within.run('batchReadMs', () => dispatch(entryExchange(exchange, entry), entry.path));
  // A read that fails, or is too much, must fail before anything is written. Reads of resources that this transaction
  // writes come after.
  const written = new Set(planned.map(({ type, id }) => `${type}/${id ?? ''}`));
  const before = new Map<number, Answer>();
  let bytes = 0;
  for (const entry of reads)
    if (!written.has(entry.path))
      await atEntry(entry, async () => {
        const answer = await read(entry, budget);
        bytes += answer.text?.length ?? 0;
        spend('batchBytes', bytes);
        if (writes.length === 0) before.set(entry.index, answer);
      });
  const answers: Answer[] = [];
  bytes = 0;
  const results = planned.length === 0 ? [] : await backend.transact(exchange.context, planned);
  for (const [i, { index, method }] of writes.entries()) {
    const { stored, created: isNew, deleted, ...more } = results[i]!;
    const issues = [...(planned[i]!.warnings ?? []), ...(more.issues ?? [])];
    bytes += exchange.returns === 'representation' ? (stored?.body?.length ?? 0) : 0;
    answers[index] =
      method === 'DELETE'
        ? { status: 204, headers: deleted && stored ? versionHeaders(stored) : {} }
        : {
            status: isNew ? 201 : 200,
            headers: {
              ...versionHeaders(stored),
              Location: writtenAt(backend, exchange, stored),
            },
            ...(exchange.returns === 'representation' && bytes <= BUDGETS.batchBytes.most
              ? { text: stored.body! }
              : {}),
            ...(issues.length > 0 ? { outcome: toOperationOutcome(issues) } : {}),
          };
  }
  const again = new BatchBudget(exchange.meter);
  for (const entry of reads)
    answers[entry.index] =
      before.get(entry.index) ??
      (await readAfter(entry, async () => {
        const answer = await read(entry, again);
        bytes += answer.text?.length ?? 0;
        spend('batchBytes', bytes);
        return answer;
      }));
  return answers;
}

/** The writes of the transaction are done: a read that would be too much is left out. */
async function readAfter(entry: EntryRequest, read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await atEntry(entry, read);
  } catch (thrown) {
    const error = toFhirError(thrown);
    if (error.code !== 'too-costly') throw error;
    return { status: error.status, outcome: toOperationOutcome(error.issues) };
  }
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
  checkShaping(query);
  return {
    context: outer.context,
    meter: outer.meter,
    requireOpen: outer.requireOpen,
    isTypeOpen: outer.isTypeOpen,
    parts: outer.parts,
    method,
    query,
    header: (name) => headers.get(name),
    body: undefined,
    ...(body === undefined ? {} : { json: body }),
    format: 'json',
    asEvents: false,
    asFile: false,
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
