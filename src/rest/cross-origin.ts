/**
 * Pages of other origins that may read this server in a browser (CORS): a closed list, empty by default, for the FHIR
 * interface and the calendar feeds alone. A listed origin authenticates itself with what its program holds; it has the
 * browser's own authority (a session, a client certificate) only if it is listed for that too.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface CrossOriginSettings {
  /** Origins (`https://app.example`) whose pages may call this server. */
  origins: readonly string[];
  /** Those that may also do so as the person whose session the browser has. */
  credentials: readonly string[];
}

const SHARED_PATHS = /^\/(fhir|ical)(\/|$)/;
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** Headers of a request that mean something here. */
const REQUEST_HEADERS = [
  ...['Accept', 'Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-Modified-Since'],
  ...['If-None-Exist', 'If-None-Match', 'Prefer', 'X-CSRF-Token', 'X-Requested-With'],
].join(', ');
/** Headers of an answer that a page could not read otherwise. */
const ANSWER_HEADERS = [
  ...['Content-Location', 'ETag', 'Last-Modified', 'Location', 'RateLimit', 'Retry-After'],
  ...['WWW-Authenticate', 'Warning', 'X-Request-Id'],
].join(', ');
const PREFLIGHT_SECONDS = '600';
/** A form of any site can send these without a preflight. */
const FORM_TYPES = /^\s*(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/i;

/** Tells the browser who may read the answer. `true`: the request was a preflight, and is answered whole. */
export function allowCrossOrigin(request: FastifyRequest, reply: FastifyReply, settings: CrossOriginSettings): boolean {
  if (settings.origins.length + settings.credentials.length === 0 || !isShared(request)) return false;
  // Caches must not give the answer to one origin to another.
  reply.header('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin === undefined || !isListed(origin, settings)) return false;
  reply.header('Access-Control-Allow-Origin', origin);
  if (settings.credentials.includes(origin)) reply.header('Access-Control-Allow-Credentials', 'true');
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
    reply.header('Access-Control-Expose-Headers', ANSWER_HEADERS);
    return false;
  }
  reply.headers({
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': REQUEST_HEADERS,
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
  });
  return true;
}

/**
 * May a page of a listed origin send this request that changes something? Only one that the browser has asked about
 * beforehand, and with the browser's own authority only from an origin that is listed for it.
 */
export function isAllowedWrite(request: FastifyRequest, settings: CrossOriginSettings): boolean {
  const { origin, authorization, cookie, 'content-type': type } = request.headers;
  if (origin === undefined || !isShared(request)) return false;
  const isOfForms = type === undefined || FORM_TYPES.test(type);
  const wasPreflighted = request.method !== 'POST' || authorization !== undefined || !isOfForms;
  if (!wasPreflighted) return false;
  return settings.credentials.includes(origin) || (settings.origins.includes(origin) && cookie === undefined);
}

function isListed(origin: string, { origins, credentials }: CrossOriginSettings): boolean {
  return origins.includes(origin) || credentials.includes(origin);
}

function isShared(request: FastifyRequest): boolean {
  return SHARED_PATHS.test((request.raw.url ?? '').split('?')[0]!);
}
