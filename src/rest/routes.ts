/**
 * The table of contents of a FHIR base: which method on which path calls which interaction.
 * https://hl7.org/fhir/R4/http.html#summary
 */
import { nothingServed } from '../fhir/refusals.ts';
import { stringifyJson } from '../fhir/json.ts';
import type { Json } from '../fhir/resource.ts';
import { audited } from './audit/audited.ts';
import {
  type Backend,
  type Interaction,
  requireInteraction,
  requireSystem,
  requireType,
  type SystemInteraction,
} from './backend.ts';
import { capabilityStatement } from './capability.ts';
import type { Answer, Exchange } from './exchange.ts';
import { searchCompartment } from './interactions/compartment.ts';
import { type Dispatch, processBundle } from './interactions/bundle.ts';
import { history } from './interactions/history.ts';
import { invoke } from './interactions/operation.ts';
import { read, readVersion } from './interactions/read.ts';
import { search, searchByPost, subsetOf } from './interactions/search.ts';
import { conditionalUpdate, create, patch, remove, update } from './interactions/write.ts';
import type { Limits } from './limits.ts';

export interface FhirService {
  backend: Backend;
  limits: Limits;
  version: string;
  /** `rest.security` of the capability statement. */
  security?: (() => Promise<Json | undefined>) | undefined;
}

/** `last`: a version, or a type within a compartment. */
type Handler = (exchange: Exchange, type: string, id: string, last: string) => Promise<Answer>;

export interface FhirRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base; `:type`, `:id`, `:version`, `:operation`. */
  path: string;
  /** The interaction that the type must offer; absent at the system level, and for operations. */
  interaction?: Interaction;
  /** The interactions of the whole system, of which the back end must offer one. */
  system?: readonly SystemInteraction[];
  /** May answer with server-sent events. */
  streams?: true;
  /** With an `Idempotency-Key`, it is done once. */
  onlyOnce?: true;
  handle: Handler;
}

/** The name of what a route does, for the audit trail: that of the standard where it has one. */
export function interactionOf({ interaction, system, path }: FhirRoute): string {
  if (path === '/metadata') return 'capabilities';
  return interaction ?? (path.includes(':operation') ? 'operation' : (system?.at(-1) ?? 'operation'));
}

/** A search of a type, or within a compartment. */
export function isSearch({ interaction, path }: FhirRoute): boolean {
  return interaction === 'search-type' || path.endsWith('/:inner');
}

/** Throws when the back end does not offer this route for this type; `type` is empty at the system level. */
export function requireOffered(backend: Backend, { interaction, system }: FhirRoute, type: string): void {
  if (system !== undefined) requireSystem(backend, ...system);
  else if (interaction !== undefined) requireInteraction(backend, type, interaction);
  // `invoke` finds the operations of the type.
  else if (type !== '') requireType(backend, type);
}

export function routes({ backend, limits, version, security }: FhirService): FhirRoute[] {
  const metadata: Handler = async (exchange) => ({
    status: 200,
    text: stringifyJson(capabilityStatement(backend, exchange.context.base, version, await security?.())),
    subset: subsetOf(exchange.query),
  });
  const operation: Handler = (exchange, type, id) => invoke(backend, exchange, type || undefined, id || undefined);

  const dispatch: Dispatch = (exchange, path) => answerEntry(table, backend, exchange, path);
  const table: FhirRoute[] = [
    {
      method: 'POST',
      path: '',
      system: ['transaction', 'batch'],
      onlyOnce: true,
      handle: (exchange) => processBundle(backend, exchange, limits, dispatch),
    },
    { method: 'GET', path: '/metadata', handle: metadata },
    {
      method: 'GET',
      path: '/_history',
      system: ['history-system'],
      handle: (exchange) => history(backend, exchange, '_history', limits),
    },
    { method: 'GET', path: '/:operation(^\\$[A-Za-z-]+$)', streams: true, handle: operation },
    { method: 'POST', path: '/:operation(^\\$[A-Za-z-]+$)', streams: true, onlyOnce: true, handle: operation },

    {
      method: 'GET',
      path: '/:type',
      interaction: 'search-type',
      streams: true,
      handle: (exchange, type) => search(backend, exchange, type, limits),
    },
    {
      // DSTU2 and STU3 had it, and clients still send it (HAPI's GET_WITH_SEARCH).
      method: 'GET',
      path: '/:type/_search',
      interaction: 'search-type',
      streams: true,
      handle: (exchange, type) => search(backend, exchange, type, limits),
    },
    {
      method: 'POST',
      path: '/:type/_search',
      interaction: 'search-type',
      streams: true,
      handle: (exchange, type) => searchByPost(backend, exchange, type, limits),
    },
    {
      method: 'POST',
      path: '/:type',
      interaction: 'create',
      onlyOnce: true,
      handle: (exchange, type) => create(backend, exchange, type),
    },
    {
      method: 'PUT',
      path: '/:type',
      interaction: 'update',
      handle: (exchange, type) => conditionalUpdate(backend, exchange, type),
    },
    {
      method: 'PATCH',
      path: '/:type',
      interaction: 'patch',
      handle: (exchange, type) => patch(backend, exchange, type, undefined),
    },
    {
      method: 'DELETE',
      path: '/:type',
      interaction: 'delete',
      handle: (exchange, type) => remove(backend, exchange, type, undefined),
    },
    {
      method: 'GET',
      path: '/:type/_history',
      interaction: 'history-type',
      handle: (exchange, type) => history(backend, exchange, `${type}/_history`, limits, type),
    },
    { method: 'GET', path: '/:type/:operation(^\\$[A-Za-z-]+$)', streams: true, handle: operation },
    { method: 'POST', path: '/:type/:operation(^\\$[A-Za-z-]+$)', streams: true, onlyOnce: true, handle: operation },

    {
      method: 'GET',
      path: '/:type/:id',
      interaction: 'read',
      handle: (exchange, type, id) => read(backend, exchange, type, id),
    },
    {
      method: 'PUT',
      path: '/:type/:id',
      interaction: 'update',
      handle: (exchange, type, id) => update(backend, exchange, type, id),
    },
    {
      method: 'PATCH',
      path: '/:type/:id',
      interaction: 'patch',
      handle: (exchange, type, id) => patch(backend, exchange, type, id),
    },
    {
      method: 'DELETE',
      path: '/:type/:id',
      interaction: 'delete',
      handle: (exchange, type, id) => remove(backend, exchange, type, id),
    },
    {
      method: 'GET',
      path: '/:type/:id/_history',
      interaction: 'history-instance',
      handle: (exchange, type, id) => history(backend, exchange, `${type}/${id}/_history`, limits, type, id),
    },
    {
      method: 'GET',
      path: '/:type/:id/_history/:version',
      interaction: 'vread',
      handle: (exchange, type, id, v) => readVersion(backend, exchange, type, id, v),
    },
    {
      method: 'GET',
      path: '/:type/:id/:inner',
      interaction: 'read',
      handle: (exchange, type, id, inner) => searchCompartment(backend, exchange, type, id, inner, limits),
    },
    { method: 'GET', path: '/:type/:id/:operation(^\\$[A-Za-z-]+$)', streams: true, handle: operation },
    {
      method: 'POST',
      path: '/:type/:id/:operation(^\\$[A-Za-z-]+$)',
      streams: true,
      onlyOnce: true,
      handle: operation,
    },
  ];
  return table;
}

/** Answers an entry of a batch by the route that fits its method and path below the base. */
async function answerEntry(
  table: readonly FhirRoute[],
  backend: Backend,
  exchange: Exchange,
  path: string,
): Promise<Answer> {
  const segments = path.split('/');
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
  for (const route of table) {
    if (route.method !== method || route.path === '') continue;
    const found = matchPath(
      route.path
        .replace(/\(.*\)/, '')
        .slice(1)
        .split('/'),
      segments,
    );
    if (found === undefined) continue;
    const { type = '', id = '', version, inner = '', operation } = found;
    const own = operation === undefined ? exchange : { ...exchange, operation: operation.slice(1) };
    return audited(own, { interaction: interactionOf(route), type, id, version: version ?? '' }, async (entry) => {
      exchange.requireOpen(exchange.method, path);
      requireOffered(backend, route, type);
      return route.handle(entry, type, id, version ?? inner);
    });
  }
  throw nothingServed(path);
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const found: Record<string, string> = {};
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]!;
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
    } else if ((part === ':operation') !== segment.startsWith('$') || (part !== ':version' && segment.startsWith('_')))
      return undefined;
    else found[part.slice(1)] = segment;
  }
  return found;
}
