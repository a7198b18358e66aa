/** The facts of one request: one for each interaction in it, and one for a request that reached none. */
import { randomUUID } from 'node:crypto';
import type { AuditAction, AuditAgent, AuditFact } from '../../fhir/audit/fact.ts';
import { isPatient, mentionsOf } from '../../fhir/audit/mentions.ts';
import { keptQuery } from '../../fhir/audit/query.ts';
import type { Part } from './part.ts';

/** The part of a request that does not depend on its interactions. */
export interface RequestHead {
  agent: AuditAgent;
  /** Id of the request. */
  request: string;
  method: string;
  /** Without a query. */
  path: string;
  status: number;
  /** Epoch milliseconds. */
  now: number;
  /** Address of the face: references by it are those to our own resources. */
  base: string;
}

/** A handler of an address outside of FHIR tells what it knows about a request. */
export interface Told {
  /** `calendar`, `caldav`, `login`. */
  code?: string;
  /** `login` or `logout`, where it is one. */
  type?: string;
  action?: AuditAction;
  /** The holder of the address or the password. */
  agent?: Partial<AuditAgent>;
  /** `Type/id` of what was asked for. */
  entities?: readonly string[];
  /** How many things of an entity were shown. */
  counts?: Readonly<Record<string, number>>;
  /** The text of the answer, to find whom it is about. */
  text?: string;
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);
const ACTIONS: Readonly<Record<string, AuditAction>> = {
  ...{ read: 'R', vread: 'R', capabilities: 'R', 'history-instance': 'R', 'history-type': 'R', 'history-system': 'R' },
  ...{ 'search-type': 'E', operation: 'E', batch: 'E', transaction: 'E' },
  ...{ create: 'C', update: 'U', patch: 'U', delete: 'D' },
};
/** A fact names so many patients at most; more become several facts. */
const MAX_PATIENTS = 1_000;

export function factsOf(head: RequestHead, parts: readonly Part[], told: Told | undefined): AuditFact[] {
  const own =
    parts.length === 0 ? [requestFact(head, told)] : parts.flatMap((part) => partFact(head, parts, part) ?? []);
  return own.flatMap(inPieces);
}

function requestFact(head: RequestHead, told: Told = {}): AuditFact {
  const { code, type = 'rest', action = METHOD_ACTIONS.get(head.method) ?? 'E', agent = {}, entities = [] } = told;
  const mentions = told.text === undefined ? [] : mentionsOf(told.text, head.base);
  const all = [...new Set([...entities, ...mentions])];
  return {
    ...common(head, head.status, type),
    ...{ action, codes: code === undefined ? [codeOf(head.method)] : [code], agent: { ...head.agent, ...agent } },
    patients: all.filter(isPatient),
    entities: all.filter((entity) => !isPatient(entity)),
    ...(told.counts === undefined ? {} : { counts: told.counts }),
    face: faceOf(head),
  };
}

/** The beginning of the path, where it is one that a server may have. */
function faceOf({ path }: RequestHead): string {
  return /^\/[\w.-]{0,40}/.exec(path)?.[0] ?? '/';
}

const METHOD_ACTIONS = new Map<string, AuditAction>([
  ['GET', 'R'],
  ['HEAD', 'R'],
  ['POST', 'E'],
  ['PUT', 'U'],
  ['PATCH', 'U'],
  ['DELETE', 'D'],
]);

/** A request that was refused before anybody knew which interaction it is. */
function codeOf(method: string): string {
  return `http-${method.toLowerCase().slice(0, 20)}`;
}

/** `undefined`: the commit holds a fact about it, or a Bundle whose entries have theirs. */
function partFact(head: RequestHead, parts: readonly Part[], part: Part): AuditFact | undefined {
  const { interaction, type, id, operation, status, shown } = part;
  const isRefused = status >= 400;
  if (part.isWritten && !isRefused && WRITES.has(interaction)) return undefined;
  const isBundle = parts.length > 1 && part === parts[0];
  // A reader of the trail sees whom others looked at, not these people.
  const isOpaque = isRefused || isBundle || type === 'AuditEvent';
  const mentions = shown === undefined && !isOpaque ? mentionsIn(part, head.base) : [];
  const target = isTarget(type, id) ? [`${type}/${id}`] : [];
  const version = part.version === '' ? '' : `/_history/${part.version}`;
  const others = new Set([...(shown?.agendas.keys() ?? []), ...mentions].filter((name) => name !== target[0]));
  const query = queryOf(part);
  return {
    ...common(head, status),
    ...{ action: ACTIONS[interaction] ?? 'E', agent: head.agent, face: faceOf(head) },
    codes: [
      operation === undefined ? interaction : `$${operation}`,
      ...(interaction === 'operation' ? ['operation'] : []),
      ...(shown?.kind === undefined ? [] : [shown.kind]),
    ],
    patients: [...target, ...others].filter(isPatient),
    entities: [...target.map((name) => name + version), ...[...others].filter((name) => !isPatient(name))],
    ...(shown?.isCounted === true ? { counts: Object.fromEntries(shown.agendas) } : {}),
    ...(query === undefined ? {} : { query }),
  };
}

function queryOf({ interaction, type, operation, query }: Part): string | undefined {
  if (interaction !== 'search-type' && query === '') return undefined;
  const place = /^[A-Z]?[A-Za-z]{0,63}$/.test(type) ? type : '';
  return `${place}${operation === undefined ? '' : `/$${operation}`}?${keptQuery(type, query)}`;
}

/** Callers write anything into an address: only what may be an id is kept. */
function isTarget(type: string, id: string): boolean {
  return /^[A-Z][A-Za-z]{0,63}$/.test(type) && /^[A-Za-z0-9\-.]{1,64}$/.test(id);
}

function mentionsIn({ text }: Part, base: string): string[] {
  return text === undefined ? [] : mentionsOf(typeof text === 'string' ? text : text.toString('latin1'), base);
}

function common(
  head: RequestHead,
  status: number,
  type = 'rest',
): Pick<AuditFact, 'id' | 'at' | 'outcome' | 'type' | 'status' | 'request'> {
  const outcome = status < 400 ? '0' : status < 500 ? '4' : '8';
  return { id: randomUUID(), at: new Date(head.now).toISOString(), outcome, type, status, request: head.request };
}

function inPieces(fact: AuditFact): AuditFact[] {
  if (fact.patients.length <= MAX_PATIENTS) return [fact];
  const pieces: AuditFact[] = [];
  for (let from = 0; from < fact.patients.length; from += MAX_PATIENTS)
    pieces.push({ ...fact, id: randomUUID(), patients: fact.patients.slice(from, from + MAX_PATIENTS) });
  return pieces;
}
