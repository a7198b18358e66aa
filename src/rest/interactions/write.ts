/**
 * Create, update, patch and delete, plain and conditional. https://hl7.org/fhir/R4/http.html#create, #update, #patch,
 * #delete
 */
import type { Condition, EntryWrite, WriteMethod, WriteResult } from '../../fhir/interaction.ts';
import { FhirError, inEntry, type Issue, issue, toOperationOutcome } from '../../fhir/issue.ts';
import { stringifyJson } from '../../fhir/json.ts';
import { applyFhirPathPatch } from '../../fhir/patch/fhirpath-patch.ts';
import { applyJsonPatch } from '../../fhir/patch/json-patch.ts';
import type { Resource } from '../../fhir/resource.ts';
import { checkStructure } from '../../fhir/structure.ts';
import { type Backend, type Interaction, requireInteraction } from '../backend.ts';
import {
  type Answer,
  bodyJson,
  bodyResource,
  type Exchange,
  ifMatch,
  versionHeaders,
  warningHeader,
} from '../exchange.ts';
import { bodyFormat } from '../media-type.ts';
import type { EntryRequest } from './bundle-entry.ts';

const ID = /^[A-Za-z0-9\-.]{1,64}$/;

export async function create(backend: Backend, exchange: Exchange, type: string): Promise<Answer> {
  const { resource, warnings } = received(backend, exchange, type);
  const ifNoneExist = exchange.header('if-none-exist');
  const query = ifNoneExist?.replace(/^.*\?/, '');
  return written(backend, exchange, await backend.create(exchange.context, resource, query), warnings);
}

export async function update(backend: Backend, exchange: Exchange, type: string, id: string): Promise<Answer> {
  requireId(id);
  const { resource, warnings } = received(backend, exchange, type);
  if (resource.id !== undefined && resource.id !== id) {
    throw new FhirError('invalid', `The body's id differs from the address`, {
      expression: `${type}.id`,
      text: "L'identifiant du contenu diffère de celui de l'adresse.",
    });
  }
  return written(
    backend,
    exchange,
    await backend.update(exchange.context, resource, id, condition(exchange)),
    warnings,
  );
}

/**
 * `PUT [type]?criteria`. A body id is ignored (trap U1). `Identifier` is understood as `identifier`, and without any
 * criterion the body's own identifier is the criterion, as the SAS page prints it (trap H3).
 */
export async function conditionalUpdate(backend: Backend, exchange: Exchange, type: string): Promise<Answer> {
  const { resource, warnings } = received(backend, exchange, type);
  const { id: _, ...rest } = resource;
  const query = searchPart(exchange.query) || ownIdentifier(resource);
  return written(
    backend,
    exchange,
    await backend.update(exchange.context, rest as Resource, undefined, { ...condition(exchange), query }),
    warnings,
  );
}

function ownIdentifier(resource: Resource): string {
  const [identifier, ...more] = (resource['identifier'] as { system?: string; value?: string }[] | undefined) ?? [];
  if (identifier?.value === undefined || more.length > 0) {
    throw new FhirError('required', 'PUT without an id needs search criteria, or one identifier in the body', {
      expression: `${resource.resourceType}.identifier`,
      text: 'PUT sans identifiant dans l’adresse : donnez un critère, ou un seul identifiant métier dans le contenu.',
    });
  }
  const escaped = (text: string): string => encodeURIComponent(text.replace(/[\\,|$]/g, '\\$&'));
  return `identifier=${escaped(identifier.system ?? '')}|${escaped(identifier.value)}`;
}

export async function patch(
  backend: Backend,
  exchange: Exchange,
  type: string,
  id: string | undefined,
): Promise<Answer> {
  const apply = readPatch(exchange);
  const query = id === undefined ? { query: requireCriteria(exchange) } : {};
  const result = await backend.patch(exchange.context, type, id, checked(apply), { ...condition(exchange), ...query });
  return written(backend, exchange, result, []);
}

/** Reads the patch of the body once; each attempt applies it to the version that is current then. */
function readPatch(exchange: Exchange): (resource: Resource) => Resource {
  const format = bodyFormat(exchange.header('content-type'));
  const body = bodyJson(exchange);
  if (format === 'json-patch' || Array.isArray(body)) return (resource) => applyJsonPatch(resource, body);
  if (body?.resourceType === 'Parameters') return (resource) => applyFhirPathPatch(resource, body);
  throw new FhirError(
    'not-supported',
    'A patch is a JSON Patch (application/json-patch+json) or a FHIRPath Patch (Parameters)',
    {
      status: 415,
      expression: 'http.Content-Type',
      text: 'Un correctif est un JSON Patch ou une ressource Parameters (FHIRPath Patch).',
    },
  );
}

function checked(apply: (resource: Resource) => Resource): (resource: Resource) => Resource {
  return (resource) => {
    const result = apply(resource);
    const [first, ...more] = checkStructure(result).filter(
      (issue) => issue.severity === 'error' || issue.severity === 'fatal',
    );
    if (first !== undefined) {
      throw new FhirError('processing', `The patched resource is not valid: ${first.diagnostics}`, {
        ...(first.expression ? { expression: first.expression } : {}),
        text: `Le résultat du correctif n'est pas valide : ${first.text ?? first.diagnostics}`,
        more,
      });
    }
    return result;
  };
}

export async function remove(
  backend: Backend,
  exchange: Exchange,
  type: string,
  id: string | undefined,
): Promise<Answer> {
  const query = id === undefined ? { query: requireCriteria(exchange) } : {};
  const gone = await backend.delete(exchange.context, type, id, { ...condition(exchange), ...query });
  return { status: 204, headers: gone === undefined ? {} : { ETag: `W/"${gone.version}"` } };
}

/** Reads an entry of a transaction as a write, with the same checks as a request of its own. */
export function entryWrite(
  backend: Backend,
  exchange: Exchange,
  { index, fullUrl, method, path }: EntryRequest & { method: WriteMethod },
): EntryWrite {
  const [type = '', id, ...more] = path.split('/');
  const name = `Bundle.entry[${index}].request.url`;
  if (more.length > 0 || type === '' || (id !== undefined && (method === 'POST' || exchange.query !== ''))) {
    throw new FhirError('value', `Entry ${index}: a transaction cannot ${method} ${path.slice(0, 100)}`, {
      expression: name,
      text: `Adresse impossible à l'entrée ${index}.`,
    });
  }
  requireInteraction(backend, type, WRITES[method]);
  if (id !== undefined) requireId(id);
  const base = {
    index,
    fullUrl,
    method,
    type,
    ...(id === undefined ? {} : { id }),
    ...condition(exchange),
  };
  if (method === 'DELETE') return { ...base, ...(id === undefined ? { query: requireCriteria(exchange) } : {}) };
  if (method === 'PATCH')
    return {
      ...base,
      apply: checked(readPatch(exchange)),
      ...(id === undefined ? { query: requireCriteria(exchange) } : {}),
    };
  const resource = atPlace(index, () => received(backend, exchange, type).resource);
  if (method === 'PUT' && id !== undefined) {
    if (resource.id !== undefined && resource.id !== id)
      throw new FhirError('invalid', `Entry ${index}: the resource's id differs from the address`, {
        expression: name,
        text: `Entrée ${index} : l'identifiant du contenu diffère de celui de l'adresse.`,
      });
    return { ...base, resource };
  }
  const { id: _, ...rest } = resource;
  const query =
    method === 'POST'
      ? exchange.header('if-none-exist')?.replace(/^.*\?/, '')
      : searchPart(exchange.query) || ownIdentifier(resource);
  return { ...base, resource: rest as Resource, ...(query === undefined ? {} : { query }) };
}

const WRITES: Readonly<Record<WriteMethod, Interaction>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function atPlace<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FhirError ? inEntry(error, index) : error;
  }
}

/** The body after the repairs that the back end knows, and a warning for each of them. */
function received(backend: Backend, exchange: Exchange, type: string): { resource: Resource; warnings: Issue[] } {
  let warnings: Issue[] = [];
  const resource = bodyResource(exchange, type, (body) => {
    warnings = backend.tolerate?.(exchange.context, body) ?? [];
  });
  return { resource, warnings };
}

function written(backend: Backend, exchange: Exchange, result: WriteResult, tolerated: Issue[]): Answer {
  const { stored, created } = result;
  const warnings = [...tolerated, ...(result.issues ?? [])];
  const status = created ? 201 : 200;
  // The address of the version, where versions can be read.
  const version = backend.served.get(stored.type)?.includes('vread') ? `/_history/${stored.version}` : '';
  const headers = {
    ...versionHeaders(stored),
    Location: `${exchange.context.base}/${stored.type}/${stored.id}${version}`,
    ...warningHeader(warnings),
  };
  if (exchange.returns === 'minimal') return { status, headers };
  if (exchange.returns === 'OperationOutcome') {
    const text = created ? 'Created' : result.unchanged ? 'Found, nothing written' : 'Updated';
    const outcome = toOperationOutcome(
      [...warnings, issue('information', 'informational', `${text}: ${stored.type}/${stored.id}`)],
      exchange.context.requestId,
    );
    return { status, headers, text: stringifyJson(outcome) };
  }
  return { status, headers, text: stored.body! };
}

function condition(exchange: Exchange): Condition {
  const version = ifMatch(exchange);
  return version === undefined ? {} : { ifMatch: version };
}

/** The criteria of a conditional request: the query without the parameters that only shape the answer. */
function searchPart(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !/^_(format|pretty)(=|$)/.test(pair))
    .join('&');
}

function requireCriteria(exchange: Exchange): string {
  const query = searchPart(exchange.query);
  if (query === '') {
    throw new FhirError('required', 'This interaction needs an id or search criteria', {
      text: 'Donnez un identifiant ou un critère de recherche.',
    });
  }
  return query;
}

function requireId(id: string): void {
  if (!ID.test(id)) {
    throw new FhirError('value', 'An id is 1 to 64 letters, digits, "-" and "."', {
      expression: 'id',
      text: 'Identifiant invalide : 1 à 64 lettres, chiffres, « - » et « . ».',
    });
  }
}
