/**
 * Describes the server as OpenAPI 3.1, from the tables of routes, search parameters and operations.
 * https://spec.openapis.org/oas/v3.1.0
 */
import type { Backend } from './backend.ts';
import { searchedParameters } from './capability.ts';
import { HISTORY_PARAMETERS } from './interactions/history.ts';
import { type FhirRoute, type FhirService, routes } from './routes.ts';

type Json = Record<string, unknown>;

const SUMMARY: Record<string, string> = {
  read: 'Lire',
  vread: 'Lire une version',
  'search-type': 'Chercher',
  create: 'Créer',
  update: 'Mettre à jour (ou créer)',
  patch: 'Corriger (JSON Patch ou FHIRPath Patch)',
  delete: 'Supprimer',
  'history-instance': "Historique d'une ressource",
  'history-type': "Historique d'un type",
};

const TEXT = (type: string): Json => ({ [type]: { schema: { type: 'string' } } });
const FHIR_JSON = {
  'application/fhir+json': { schema: { type: 'object' } },
  'application/fhir+xml': { schema: { type: 'string' } },
};

export function openApi(base: string, service: FhirService): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes(service)) {
    if (route.path.includes(':operation') || route.path.includes(':inner')) continue;
    if (route.system?.some((interaction) => service.backend.system.includes(interaction)) === false) continue;
    if (!route.path.includes(':type')) {
      add(paths, base + route.path, route, 'Système', undefined, service.backend);
      continue;
    }
    for (const [type, interactions] of service.backend.served) {
      if (route.interaction !== undefined && !interactions.includes(route.interaction)) continue;
      add(paths, base + route.path.replace(':type', type), route, type, type, service.backend);
    }
  }
  for (const operation of service.backend.operations) {
    for (const type of operation.on === 'system' ? [''] : operation.on) {
      const path = `${base}${type && `/${type}`}${operation.level === 'instance' ? '/{id}' : ''}/$${operation.name}`;
      const responses =
        operation.events === undefined
          ? RESPONSES
          : { ...RESPONSES, '2XX': { description: 'Réussi', content: { ...FHIR_JSON, ...TEXT('text/event-stream') } } };
      const call = {
        tags: [type || 'Système'],
        summary: operation.description,
        parameters: pathParameters(path),
        responses,
      };
      const content = operation.accepts === undefined ? FHIR_JSON : { ...FHIR_JSON, ...TEXT(operation.accepts) };
      paths[path] = {
        ...paths[path],
        ...(operation.safe ? { get: call } : {}),
        post: { ...call, requestBody: { content } },
      };
    }
  }
  for (const { method, path, summary, type } of (service.backend.fileOperations ?? []).flatMap(
    (operation) => operation.routes,
  )) {
    const url = base + path;
    const responses = {
      '2XX': { description: 'Réussi', ...(method === 'GET' ? { content: TEXT(type) } : {}) },
      default: RESPONSES.default,
    };
    paths[url] = {
      ...paths[url],
      [method.toLowerCase()]: { tags: ['Système'], summary, parameters: pathParameters(url), responses },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Créneau',
      version: service.version,
      description: `${service.backend.description}. FHIR R4.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
  };
}

const RESPONSES = {
  '2XX': { description: 'Réussi', content: FHIR_JSON },
  default: { description: 'OperationOutcome', content: FHIR_JSON },
};

function add(
  paths: Record<string, Json>,
  path: string,
  route: FhirRoute,
  tag: string,
  type: string | undefined,
  backend: Backend,
): void {
  const url = path.replace(/:(\w+)/g, '{$1}');
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(route.method) && !path.endsWith('_search');
  const isSearch = route.interaction === 'search-type' && type !== undefined;
  paths[url] = {
    ...paths[url],
    [route.method.toLowerCase()]: {
      tags: [tag],
      summary: `${SUMMARY[route.interaction ?? ''] ?? route.path.slice(1)}${type ? ` — ${type}` : ''}`,
      parameters: [
        ...pathParameters(url),
        ...(isSearch ? queryParameters(backend, type) : []),
        ...(path.endsWith('/_history') ? historyParameters(backend) : []),
      ],
      ...(hasBody ? { requestBody: { required: true, content: FHIR_JSON } } : {}),
      responses: RESPONSES,
    },
  };
}

function pathParameters(url: string): Json[] {
  return [...url.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(backend: Backend, type: string): Json[] {
  return searchedParameters(backend, type).map((parameter) => ({
    name: parameter.name,
    in: 'query',
    required: false,
    description: parameter.kind,
    schema: { type: 'string' },
  }));
}

function historyParameters({ isNumbered }: Backend): Json[] {
  return HISTORY_PARAMETERS.filter(({ name }) => isNumbered || (name !== '_after' && name !== 'schedule')).map(
    ({ name, description }) => ({ name, in: 'query', required: false, description, schema: { type: 'string' } }),
  );
}
