/**
 * `Idempotency-Key` on POST: a request that is sent again with its key is done once, and gets the stored answer for a
 * day. https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import { createHash } from 'node:crypto';
import { FhirError } from '../fhir/issue.ts';
import type { Answer, Exchange } from './exchange.ts';

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | undefined;
}

/** The state of a key. */
export type KnownRequest =
  /** Nothing: the request is to be done, as this attempt. */
  | { kind: 'new'; attempt: number }
  /** It was asked for something else. */
  | { kind: 'other' }
  | { kind: 'answered'; answer: StoredAnswer }
  /** `committed`: versions that it has written (`Type/id/_history/version`), when its process has died since. */
  | { kind: 'unfinished'; isUnderWay: boolean; committed: readonly string[] };

export interface IdempotencyStore {
  begin(caller: string, key: string, print: string): Promise<KnownRequest>;
  /** Keeps the answer. */
  answer(caller: string, key: string, answer: StoredAnswer): Promise<void>;
  /** The request was refused: it may be sent again, unless it has written something. `isKnown` false: nobody knows. */
  abandon(caller: string, key: string, isKnown: boolean): Promise<void>;
}

/** A quoted string of the header's draft, or a bare one as most clients send. */
const KEY = /^(?:"([\x20-\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

/** The decision about a request that has a key. */
export interface KeyedRequest {
  /** Method and address. */
  target: string;
  /** The type that the address creates, if it does. */
  creates: string | undefined;
  run: (exchange: Exchange) => Promise<Answer>;
  /** Answers with a version that was written: `Type/id/_history/version`. */
  read: (reference: string) => Promise<Answer>;
}

export async function onlyOnce(
  store: IdempotencyStore,
  exchange: Exchange,
  { target, creates, run, read }: KeyedRequest,
): Promise<Answer> {
  const header = exchange.header('idempotency-key');
  if (header === undefined) return run(exchange);
  const [, quoted, bare] = KEY.exec(header.trim()) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) throw malformed();
  const { caller } = exchange.context;
  const print = createHash('sha256')
    .update(`${target}\n`)
    .update(exchange.body ?? '')
    .digest('hex');
  const known = await store.begin(caller, key, print);
  switch (known.kind) {
    case 'new':
      return doOnce(store, exchange, { caller, key, attempt: known.attempt }, run);
    case 'answered':
      return { status: known.answer.status, headers: known.answer.headers, ...textOf(known.answer.body) };
    case 'other':
      throw otherRequest();
    case 'unfinished': {
      if (known.isUnderWay) throw underWay();
      const created = known.committed.filter(
        (reference) => reference.startsWith(`${creates}/`) && reference.endsWith('/_history/1'),
      );
      if (created.length !== 1) throw lostAnswer(known.committed);
      const answer = await read(created[0]!);
      const location = { Location: `${exchange.context.base}/${created[0]}` };
      return { ...answer, status: 201, headers: { ...answer.headers, ...location } };
    }
  }
}

async function doOnce(
  store: IdempotencyStore,
  exchange: Exchange,
  idempotency: { caller: string; key: string; attempt: number },
  run: (exchange: Exchange) => Promise<Answer>,
): Promise<Answer> {
  const { caller, key } = idempotency;
  let answer: Answer;
  try {
    answer = await run({ ...exchange, context: { ...exchange.context, idempotency } });
  } catch (error) {
    // Of what is not known to be refused, the database tells the truth to whoever asks again.
    await store.abandon(caller, key, !(error instanceof FhirError && error.code === 'timeout')).catch(() => {});
    throw error;
  }
  if (answer.events !== undefined) {
    await store.abandon(caller, key, true).catch(() => {});
    return answer;
  }
  const body = answer.text === undefined ? undefined : String(answer.text);
  // An answer that cannot be kept is true all the same; whoever asks again is told from what was written.
  await store.answer(caller, key, { status: answer.status, headers: answer.headers ?? {}, body }).catch(() => {});
  return { ...answer, ...textOf(body) };
}

function textOf(body: string | undefined): { text?: string } {
  return body === undefined ? {} : { text: body };
}

const WHERE = { expression: 'http.Idempotency-Key' };

function malformed(): FhirError {
  return new FhirError('value', 'An idempotency key is 1 to 255 printable characters', {
    ...WHERE,
    text: "Clé d'idempotence invalide : 1 à 255 caractères imprimables.",
  });
}

function otherRequest(): FhirError {
  return new FhirError('invalid', 'This idempotency key was used for another request', {
    ...WHERE,
    status: 422,
    text: "Cette clé d'idempotence a servi à une autre requête : prenez-en une nouvelle.",
  });
}

function underWay(): FhirError {
  return new FhirError('conflict', 'The request with this idempotency key is under way', {
    ...WHERE,
    text: "La requête qui porte cette clé d'idempotence est en cours : redemandez dans un instant.",
  });
}

function lostAnswer(committed: readonly string[]): FhirError {
  return new FhirError('conflict', `The request with this key was done, its answer is lost: ${committed.join(', ')}`, {
    ...WHERE,
    text: `La requête qui porte cette clé a été faite, sa réponse est perdue : relisez ${committed.join(', ')}.`,
  });
}
