/**
 * The one door to the server's public APIs. A refusal of the server (an OperationOutcome) is thrown as `Refusal`, a
 * server that does not
 * answer as `Unreachable`; both are told to the listeners, so that the frame can say so whatever the page does.
 */
import type { Json, Resource } from '../../src/fhir/resource.ts';

export interface Problem {
  code: string;
  /** French, for people. */
  text: string;
  /** English. */
  diagnostics: string;
  expression: string[];
  /** The issue as it came. */
  whole: Json;
}

export class Refusal extends Error {
  readonly status: number;
  readonly problems: Problem[];
  readonly outcome: Json;

  constructor(status: number, outcome: Json) {
    super(`refused: ${status}`);
    this.status = status;
    this.outcome = outcome;
    this.problems = ((outcome?.issue ?? []) as Json[]).map((issue) => ({
      code: issue.code ?? '',
      text: issue.details?.text ?? issue.diagnostics ?? '',
      diagnostics: issue.diagnostics ?? '',
      expression: issue.expression ?? [],
      whole: issue,
    }));
  }
}

export class Unreachable extends Error {}

type Listener = (event: 'answered' | 'unreachable' | 'expired') => void;

const listeners = new Set<Listener>();

export function onConnection(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For what asks the server by other ways than `ask`. */
export function tell(event: Parameters<Listener>[0]): void {
  for (const listener of listeners) listener(event);
}

let csrf: string | undefined;

let renew: (() => Promise<boolean>) | undefined;

/** How to get a new token when another tab has logged in again; answers whether it is still the same person. */
export function onStaleToken(renewing: () => Promise<boolean>): void {
  renew = renewing;
}

/** What a session's writes must carry (GET /auth/me). */
export function setCsrfToken(token: string | null | undefined): void {
  csrf = token ?? undefined;
}

export interface Asked {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Answered {
  status: number;
  headers: Headers;
  json: Json;
}

const FHIR = 'application/fhir+json';

/** `path`: absolute on this server: `/fhir/Slot?...`. */
export async function ask(path: string, asked: Asked = {}, isAgain = false): Promise<Answered> {
  const { method = 'GET', body, headers = {}, signal } = asked;
  const isWrite = method !== 'GET';
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      headers: {
        Accept: path.startsWith('/auth') ? 'application/json' : FHIR,
        ...(body === undefined ? {} : { 'Content-Type': path.startsWith('/auth') ? 'application/json' : FHIR }),
        ...(isWrite && csrf ? { 'X-CSRF-Token': csrf } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      cache: 'no-store',
    });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    tell('unreachable');
    throw new Unreachable('unreachable', { cause });
  }
  // A proxy says 502 or 504 in place of a server that is away; a server that stops says 503.
  if (response.status >= 502 && response.status <= 504) {
    tell('unreachable');
    throw new Unreachable(`status ${response.status}`);
  }
  tell('answered');
  const json = parse(text);
  if (response.ok) return { status: response.status, headers: response.headers, json };
  if (response.status === 401) tell('expired');
  const refusal = new Refusal(response.status, json);
  const isStale =
    response.status === 403 && refusal.problems.some((problem) => problem.expression.includes('http.X-CSRF-Token'));
  // Nothing was written: what is asked for again is asked for once.
  if (isStale && !isAgain && (await renew?.())) return ask(path, asked, true);
  throw refusal;
}

function parse(text: string): Json {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function read<T extends Resource = Resource>(reference: string, signal?: AbortSignal): Promise<T> {
  return (await ask(`/fhir/${reference}`, { signal })).json;
}

export interface Found {
  total: number | undefined;
  matches: Resource[];
  included: Resource[];
  next: string | undefined;
}

/** One page of a search. Values go in the order given; an array is several parameters of one name. */
export async function search(
  type: string,
  params: Record<string, string | readonly string[] | undefined>,
  signal?: AbortSignal,
): Promise<Found> {
  return bundle((await ask(`/fhir/${type}?${queryOf(params)}`, { signal })).json);
}

/** Every page of a search, up to `most` entries. */
export async function searchAll(
  type: string,
  params: Record<string, string | readonly string[] | undefined>,
  signal?: AbortSignal,
  most = 5000,
): Promise<Found> {
  const all = await search(type, params, signal);
  while (all.next !== undefined && all.matches.length < most) {
    const { pathname, search: query } = new URL(all.next, location.origin);
    const more = bundle((await ask(pathname + query, { signal })).json);
    all.matches.push(...more.matches);
    all.included.push(...more.included);
    all.next = more.next;
  }
  return all;
}

function queryOf(params: Record<string, string | readonly string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) query.append(name, one);
  return query.toString();
}

function bundle(json: Json): Found {
  const entries = (json?.entry ?? []) as Json[];
  return {
    total: json?.total,
    matches: entries.filter((entry) => (entry.search?.mode ?? 'match') === 'match').map((entry) => entry.resource),
    included: entries.filter((entry) => entry.search?.mode === 'include').map((entry) => entry.resource),
    next: (json?.link ?? []).find((one: Json) => one.relation === 'next')?.url,
  };
}

export async function create(resource: Omit<Resource, 'id'> & { resourceType: string }): Promise<Resource> {
  return (await ask(`/fhir/${resource.resourceType}`, { method: 'POST', body: resource })).json;
}

/** Only when nobody has changed it since it was read: else `Refusal` 412. */
export async function update(resource: Resource): Promise<Resource> {
  const version = resource.meta?.versionId;
  return (
    await ask(`/fhir/${resource.resourceType}/${resource.id}`, {
      method: 'PUT',
      body: resource,
      headers: version === undefined ? {} : { 'If-Match': `W/"${version}"` },
    })
  ).json;
}
