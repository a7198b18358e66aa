/** A request of the HTTP library as the exchange that the interactions work on. */
import type { FastifyRequest } from 'fastify';
import type { Context } from '../fhir/interaction.ts';
import { checkShaping } from '../fhir/search/parse.ts';
import type { Part } from './audit/part.ts';
import type { Caller } from './callers.ts';
import { type Exchange, type Meter, readOptions } from './exchange.ts';

/** A caller who was let in. */
export interface Admitted {
  caller: Caller;
  meter: Meter;
}

/** `base`: the face, `/fhir`; `isFile`: the answer may have any media type. */
export function toExchange(
  base: string,
  { now, publicUrl }: { now: () => number; publicUrl?: string | undefined },
  request: FastifyRequest,
  { caller, meter }: Admitted,
  partsOf: (address: string) => Part[],
  isFile: boolean,
): Exchange {
  const header = headerOf(request);
  const url = request.raw.url ?? '';
  const at = url.indexOf('?');
  const query = at < 0 ? '' : url.slice(at + 1);
  const { strict, ...asked } = readOptions(query, header, isFile);
  checkShaping(query);
  const context: Context = {
    now: now(),
    requestId: request.id,
    caller: caller.name,
    roles: caller.roles,
    ...(caller.person === undefined ? {} : { person: caller.person }),
    ...(caller.sasVersion === undefined ? {} : { sasVersion: caller.sasVersion }),
    ...(caller.identity === undefined ? {} : { identity: caller.identity }),
    ...(caller.grants === undefined ? {} : { grants: caller.grants }),
    address: request.ip,
    strict,
    base: (publicUrl ?? `${request.protocol}://${request.host}`) + base,
  };
  return {
    context,
    meter,
    parts: partsOf(context.base),
    requireOpen: (method, path) => caller.requireOpen(method, `${base}/${path}`),
    isTypeOpen: (type) => caller.isTypeOpen?.(`${base}/${type}`) ?? true,
    method: request.method,
    query,
    header,
    body: request.body as Buffer | undefined,
    ...asked,
  };
}

export function headerOf(request: FastifyRequest): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}
