/**
 * Writes the capability statement from the tables that route and search, so that it declares exactly what works.
 * Parameter names are the codes of the URLs (trap H21). https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type { Json, Resource } from '../fhir/resource.ts';
import { type SearchParameter, searchParameters } from '../fhir/search/parameters.ts';
import { type Backend, type DeclaredOperation, type Interaction, operationUrl } from './backend.ts';
import { HISTORY_PARAMETERS } from './interactions/history.ts';
import { standardParameter } from './standard-parameters.ts';

/** Our kinds of parameters, in the words of the standard. */
export const SEARCH_TYPE: Record<SearchParameter['kind'], string> = {
  token: 'token',
  string: 'string',
  date: 'date',
  reference: 'reference',
  uri: 'uri',
  near: 'special',
};

/** The statement changes with the software, not with the clock. */
export const STATEMENT_DATE = '2026-11-24';

/** The URL of a SearchParameter that the server publishes. */
export function searchParameterUrl(type: string, name: string): string {
  return `urn:creneau:fhir:search-parameter:${type}-${name.replace(/^_/, '')}`;
}

const PATCH_FORMATS = ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'];

/** `security`: how callers say who they are; absent: nobody asks. */
export function capabilityStatement(backend: Backend, base: string, version: string, security?: Json): Resource {
  const isPatched = [...backend.served.values()].some((interactions) => interactions.includes('patch'));
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: STATEMENT_DATE,
    kind: 'instance',
    ...(backend.instantiates.length > 0 ? { instantiates: [...backend.instantiates] } : {}),
    software: { name: 'Créneau', version },
    implementation: { description: `Créneau : ${backend.description}`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml'],
    ...withItems('patchFormat', isPatched ? [...PATCH_FORMATS] : []),
    rest: [
      {
        mode: 'server',
        ...(security === undefined ? {} : { security }),
        resource: [...backend.served].map((served) => resourceEntry(backend, base, served)),
        ...withItems(
          'interaction',
          backend.system.map((code) => ({
            code,
            ...(code === 'history-system' && backend.isNumbered ? { documentation: NUMBERED } : {}),
          })),
        ),
        ...operations(backend, ({ on }) => on === 'system'),
      },
    ],
  };
}

/** A capability statement has no other place for the parameters of a history. */
const NUMBERED = [
  'Les changements portent des numéros sans trou (urn:creneau:fhir:seq).',
  `${HISTORY_PARAMETERS.map(({ name, description }) => `${name} : ${description}`).join(' ; ')}.`,
  'De même par type et par ressource.',
].join(' ');

/** Extension by which the Subscriptions Backport lists topics in R4. */
const TOPIC =
  'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capabilitystatement-subscriptiontopic-canonical';

function resourceEntry(
  backend: Backend,
  base: string,
  [type, interactions]: readonly [string, readonly Interaction[]],
): Json {
  const can = (interaction: Interaction): boolean => interactions.includes(interaction);
  const isDefined = backend.served.has('SearchParameter');
  const profiles = backend.profiles?.get(type) ?? [];
  const less = backend.searchable?.get(type);
  const references = [...searchParameters(type).values()].filter((parameter) => parameter.kind === 'reference');
  const includes =
    references.length === 0 ? [] : [`${type}:*`, ...references.map((reference) => `${type}:${reference.name}`)];
  return {
    ...(type === 'Subscription'
      ? withItems(
          'extension',
          (backend.topics?.(base) ?? []).map((valueCanonical) => ({ url: TOPIC, valueCanonical })),
        )
      : {}),
    type,
    ...withItems('supportedProfile', [...profiles]),
    ...withItems(
      'interaction',
      interactions.map((code) => ({ code })),
    ),
    ...(can('update') || can('create') ? { versioning: 'versioned-update' } : { versioning: 'versioned' }),
    readHistory: can('vread'),
    ...(can('read') ? { conditionalRead: 'full-support' } : {}),
    updateCreate: can('update') && !backend.lacks?.has('updateCreate'),
    conditionalCreate: can('create') && !backend.lacks?.has('conditionalCreate'),
    conditionalUpdate: can('update'),
    conditionalDelete: can('delete') ? 'single' : 'not-supported',
    referencePolicy: ['literal', 'logical'],
    ...(can('search-type') ? withItems('searchInclude', [...(less?.includes ?? includes)]) : {}),
    ...(can('search-type')
      ? withItems('searchRevInclude', [...(less?.revIncludes ?? revIncludes(backend, type))])
      : {}),
    ...(can('search-type')
      ? {
          searchParam: searchedParameters(backend, type).map((parameter) => ({
            name: parameter.name,
            ...definitionOf(type, parameter.name, isDefined),
            type: SEARCH_TYPE[parameter.kind],
          })),
        }
      : {}),
    ...operations(backend, ({ on }) => on !== 'system' && on.includes(type)),
  };
}

/** The definition of R4, or that of our own where this server publishes it. */
function definitionOf(type: string, name: string, isPublished: boolean): { definition?: string } {
  const definition = standardParameter(type, name) ?? (isPublished ? searchParameterUrl(type, name) : undefined);
  return definition === undefined ? {} : { definition };
}

/** The parameters by which a type is searched on this server. */
export function searchedParameters({ searchable }: Backend, type: string): SearchParameter[] {
  const names = searchable?.get(type)?.parameters;
  return [...searchParameters(type).values()].filter((parameter) => names?.includes(parameter.name) ?? true);
}

function revIncludes(backend: Backend, type: string): string[] {
  return [...backend.served.keys()].flatMap((source) =>
    [...searchParameters(source).values()]
      .filter((parameter) => parameter.kind === 'reference' && parameter.targets.includes(type))
      .map((parameter) => `${source}:${parameter.name}`)
      .filter((include) => backend.searchable?.get(source)?.includes.includes(include) ?? true),
  );
}

function operations(backend: Backend, belongs: (operation: DeclaredOperation) => boolean): Json {
  const list: DeclaredOperation[] = [...backend.operations, ...(backend.fileOperations ?? [])].filter(belongs);
  const names = [...new Set(list.map((operation) => operation.name))];
  return withItems(
    'operation',
    names.map((name) => {
      const operation = list.find((operation) => operation.name === name)!;
      return { name, definition: operationUrl(operation), documentation: operation.description };
    }),
  );
}

/** FHIR has no empty arrays. */
function withItems(name: string, items: Json[]): Json {
  return items.length > 0 ? { [name]: items } : {};
}
