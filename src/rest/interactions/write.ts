/**
 * Create, update, patch and delete, plain and conditional. https://hl7.org/fhir/R4/http.html#create, #update, #patch,
 * #delete
 */
import type { Condition, EntryWrite, Stored, WriteMethod, WriteResult } from '../../fhir/interaction.ts';
import { FhirError, type Issue, issue, toOperationOutcome } from '../../fhir/issue.ts';
import { wrongMediaType } from '../../fhir/refusals.ts';
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
  ifNoneMatch,
  versionHeaders,
  warningHeader,
} from '../exchange.ts';
import { bodyFormat } from '../media-type.ts';
import type { EntryRequest } from './bundle-entry.ts';
import { fileOf } from './binary.ts';
import { criterionOf, withCriterion } from './own-identifier.ts';

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
  const query = searchPart(exchange.query) || criterionOf(resource);
  const found = withCriterion(backend, rest, query);
  const result = await backend.update(exchange.context, found.resource, undefined, { ...condition(exchange), query });
  return written(backend, exchange, result, [...warnings, ...found.warnings]);
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
  throw wrongMediaType(
    'A patch is a JSON Patch (application/json-patch+json) or a FHIRPath Patch (Parameters)',
    'Un correctif est un JSON Patch ou une ressource Parameters (FHIRPath Patch).',
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
    throw new FhirError('value', `A transaction cannot ${method} ${path.slice(0, 100)}`, {
      expression: name,
      text: "Cette adresse n'est pas possible dans une transaction.",
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
  const { resource, warnings } = received(backend, exchange, type);
  if (method === 'PUT' && id !== undefined) {
    if (resource.id !== undefined && resource.id !== id)
      throw new FhirError('invalid', `The resource's id differs from the address`, {
        expression: name,
        text: "L'identifiant du contenu diffère de celui de l'adresse.",
      });
    return { ...base, resource, warnings };
  }
  const { id: _, ...rest } = resource;
  const query =
    method === 'POST'
      ? exchange.header('if-none-exist')?.replace(/^.*\?/, '')
      : searchPart(exchange.query) || criterionOf(resource);
  const sent = method === 'PUT' ? withCriterion(backend, rest, query ?? '') : { resource: rest, warnings: [] };
  return {
    ...base,
    resource: sent.resource,
    warnings: [...warnings, ...sent.warnings],
    ...(query === undefined ? {} : { query }),
  };
}

const WRITES: Readonly<Record<WriteMethod, Interaction>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** The body after the repairs that the back end knows, and a warning for each of them. */
function received(backend: Backend, exchange: Exchange, type: string): { resource: Resource; warnings: Issue[] } {
  let warnings: Issue[] = [];
  const file = type === 'Binary' ? fileOf(exchange) : undefined;
  if (file !== undefined) return { resource: file, warnings };
  const resource = bodyResource(exchange, type, (body) => {
    warnings = backend.tolerate?.(exchange.context, body) ?? [];
  });
  return { resource, warnings };
}

function written(backend: Backend, exchange: Exchange, result: WriteResult, tolerated: Issue[]): Answer {
  const { stored, created } = result;
  const warnings = [...tolerated, ...(result.issues ?? [])];
  const status = created ? 201 : 200;
  const headers = {
    ...versionHeaders(stored),
    Location: writtenAt(backend, exchange, stored),
    ...warningHeader(warnings),
  };
  // In a batch, which has no headers.
  const outcome = warnings.length === 0 ? {} : { outcome: toOperationOutcome(warnings) };
  if (exchange.returns === 'minimal') return { status, headers, ...outcome };
  if (exchange.returns === 'OperationOutcome') {
    const text = created ? 'Created' : result.unchanged ? 'Found, nothing written' : 'Updated';
    const whole = toOperationOutcome(
      [...warnings, issue('information', 'informational', `${text}: ${stored.type}/${stored.id}`)],
      exchange.context.requestId,
    );
    return { status, headers, text: stringifyJson(whole) };
  }
  return { status, headers, text: stored.body!, ...outcome };
}

/** The address of what was written; of the version, where versions can be read. */
export function writtenAt(backend: Backend, { context }: Exchange, { type, id, version }: Stored): string {
  const isVersioned = backend.served.get(type)?.includes('vread');
  return `${context.base}/${type}/${id}${isVersioned ? `/_history/${version}` : ''}`;
}

function condition(exchange: Exchange): Condition {
  const version = ifMatch(exchange);
  const none = ifNoneMatch(exchange);
  return {
    ...(version === undefined ? {} : { ifMatch: version }),
    ...(none === undefined ? {} : { ifNoneMatch: none }),
  };
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
