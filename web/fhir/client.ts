/**
 * The only door to the server's public APIs. An OperationOutcome is thrown as `Refusal`, a server that does not answer
 * as `Unreachable`. Listeners hear of both, so that the frame can show them whatever the page does.
 */
import type { Json, Resource } from '../../src/fhir/resource.ts';
import type { Bundle, OperationOutcome } from '../../src/fhir/foundation.ts';
import { list, type ResourceTypes } from '../../src/fhir/resources.ts';

export interface Problem {
  code: string;
  /** French, for people. */
  text: string;
  /** English. */
  diagnostics: string;
  expression: string[];
}

export class Refusal extends Error {
  readonly status: number;
  readonly problems: Problem[];
  readonly outcome: OperationOutcome | undefined;

  constructor(status: number, outcome: OperationOutcome | undefined) {
    super(`refused: ${status}`);
    this.status = status;
    this.outcome = outcome;
    this.problems = list(outcome?.issue).map(({ code, details, diagnostics = '', expression = [] }) => ({
      code,
      text: details?.text ?? diagnostics,
      diagnostics,
      expression,
    }));
  }
}

export class Unreachable extends Error {}

export type ConnectionEvent = 'answered' | 'unreachable' | 'expired';

const listeners = new Set<(event: ConnectionEvent) => void>();

export function onConnection(listener: (event: ConnectionEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** For code that reaches the server without `ask`: event streams. */
export function reportConnection(event: ConnectionEvent): void {
  for (const listener of listeners) listener(event);
}

let csrfToken: string | undefined;

let renewToken: (() => Promise<boolean>) | undefined;

/** How to renew the token after another tab has logged in again. Resolves to whether it is still the same person. */
export function onStaleToken(renew: () => Promise<boolean>): void {
  renewToken = renew;
}

/** The token that every write of a session must carry (GET /auth/me). */
export function setCsrfToken(token: string | null | undefined): void {
  csrfToken = token ?? undefined;
}

export interface RequestOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface Reply {
  status: number;
  headers: Headers;
  json: Json;
}

const FHIR = 'application/fhir+json';

/** `path` is absolute on this server: `/fhir/Slot?...`. */
export async function ask(path: string, options: RequestOptions = {}, isRetry = false): Promise<Reply> {
  const { response, text } = await send(path, options);
  const json = parse(text);
  if (response.ok) return { status: response.status, headers: response.headers, json };
  if (response.status === 401) reportConnection('expired');
  const refusal = new Refusal(response.status, json);
  const isStale =
    response.status === 403 && refusal.problems.some((problem) => problem.expression.includes('http.X-CSRF-Token'));
  // The server has written nothing, so that one retry writes once.
  if (isStale && !isRetry && (await renewToken?.())) return ask(path, options, true);
  throw refusal;
}

async function send(path: string, options: RequestOptions): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(path, initOf(path, options));
    // A proxy answers 502 or 504 for a server that is away; a server that stops answers 503.
    if (isAway(response)) throw new Error(`status ${response.status}`);
    const text = await response.text();
    reportConnection('answered');
    return { response, text };
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    reportConnection('unreachable');
    throw new Unreachable('unreachable', { cause });
  }
}

function initOf(path: string, { method = 'GET', body, headers = {}, signal }: RequestOptions): RequestInit {
  const mediaType = path.startsWith('/auth') ? 'application/json' : FHIR;
  return {
    method,
    headers: {
      Accept: mediaType,
      ...(body === undefined ? {} : { 'Content-Type': mediaType }),
      ...(method !== 'GET' && csrfToken ? { 'X-CSRF-Token': csrfToken } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
    cache: 'no-store',
  };
}

export function isAway({ status }: Response): boolean {
  return status >= 502 && status <= 504;
}

function parse(text: string): Json {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The type that this name stands for, if we serve it. */
type TypeOf<Name extends string> = Name extends keyof ResourceTypes ? ResourceTypes[Name] : Resource;

export async function read<Name extends string>(type: Name, id: string, signal?: AbortSignal): Promise<TypeOf<Name>> {
  return (await ask(`/fhir/${type}/${id}`, { signal })).json;
}

export interface SearchPage<Match extends Resource = Resource> {
  total: number | undefined;
  matches: Match[];
  included: Resource[];
  next: string | undefined;
}

/** An array is several parameters of one name. */
export type QueryParams = Record<string, string | readonly string[] | undefined>;

/** One page of a search. */
export async function search<Name extends string>(
  type: Name,
  params: QueryParams,
  signal?: AbortSignal,
): Promise<SearchPage<TypeOf<Name>>> {
  return searchPage((await searchBy(type, queryOf(params), signal)).json);
}

/** Types whose criteria name people. */
const PERSONAL: ReadonlySet<string> = new Set(['Patient', 'RelatedPerson', 'Appointment']);

/** Proxies and histories keep addresses, so criteria that name people travel in the body. */
function searchBy(type: string, query: string, signal: AbortSignal | undefined): Promise<Reply> {
  if (!PERSONAL.has(type)) return ask(`/fhir/${type}?${query}`, { signal });
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return ask(`/fhir/${type}/_search`, { method: 'POST', body: query, headers, signal });
}

const MAX_MATCHES = 5000;

/** Every page of a search, up to `MAX_MATCHES` matches. */
export async function searchAll<Name extends string>(
  type: Name,
  params: QueryParams,
  signal?: AbortSignal,
): Promise<SearchPage<TypeOf<Name>>> {
  const all = await search(type, params, signal);
  while (all.next !== undefined && all.matches.length < MAX_MATCHES) {
    const { pathname, search: query } = new URL(all.next, location.origin);
    const isPersonal = PERSONAL.has(type);
    const reply = isPersonal ? searchBy(type, query.slice(1), signal) : ask(pathname + query, { signal });
    const more = searchPage<TypeOf<Name>>((await reply).json);
    all.matches.push(...more.matches);
    all.included.push(...more.included);
    all.next = more.next;
  }
  return all;
}

function queryOf(params: QueryParams): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(params))
    for (const value of Array.isArray(values) ? values : [values]) if (value !== undefined) query.append(name, value);
  return query.toString();
}

function searchPage<Match extends Resource>(bundle: Bundle): SearchPage<Match> {
  const entries = list(bundle.entry);
  const resourcesOf = (mode: 'match' | 'include'): Resource[] =>
    entries.flatMap(({ search: how, resource }) =>
      resource !== undefined && (how?.mode ?? 'match') === mode ? [resource] : [],
    );
  return {
    total: bundle.total,
    matches: resourcesOf('match') as Match[],
    included: resourcesOf('include'),
    next: list(bundle.link).find((link) => link.relation === 'next')?.url,
  };
}

/** The server gives the id. */
export async function create<Created extends Resource>(resource: Created): Promise<Created> {
  return (await ask(`/fhir/${resource.resourceType}`, { method: 'POST', body: resource })).json;
}

/** Throws a `Refusal` 412 when somebody has changed the resource since it was read. */
export async function update<Updated extends Resource>(resource: Updated): Promise<Updated> {
  const version = resource.meta?.versionId;
  const headers: Record<string, string> = version === undefined ? {} : { 'If-Match': `W/"${version}"` };
  return (await ask(`/fhir/${resource.resourceType}/${resource.id}`, { method: 'PUT', body: resource, headers })).json;
}
