/**
 * The HTTP server: Fastify (its only door), with one body parser for every media type, FHIR bases mounted from route
 * tables, and one exit of errors. `buildServer` does not listen, so that tests choose their port.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { ServerOptions as HttpsOptions } from 'node:https';
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import { nothingServed } from '../fhir/refusals.ts';
import { isText, stringifyJson } from '../fhir/json.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { currentSpan, type Tracer } from '../runtime/telemetry/trace.ts';
import { audited } from './audit/audited.ts';
import { type AuditSink, Trail } from './audit/trail.ts';
import type { Caller } from './callers.ts';
import { errorResponse } from './error-response.ts';
import { compressedStream, EVENT_HEADERS, eventStream, STOPPING } from './event-stream.ts';
import { errorFormat } from './error-format.ts';
import { type Answer, type Exchange, refuseEvents, render } from './exchange.ts';
import { allowCrossOrigin } from './cross-origin.ts';
import { Doorstep, type DoorstepOptions } from './doorstep.ts';
import { type IdempotencyStore, onlyOnce } from './idempotency.ts';
import { readVersion } from './interactions/read.ts';
import type { Limits } from './limits.ts';
import { acceptsGzip, compressed } from './compression.ts';
import { CONTENT_TYPE, requireUncoded } from './media-type.ts';
import { type Admitted, headerOf, toExchange } from './request-exchange.ts';
import type { PlainHandler } from './files/plain-route.ts';
import { type FhirRoute, type FhirService, interactionOf, isSearch, requireOffered, routes } from './routes.ts';
import { traceRequests } from './traced.ts';
import { refuseUnparsed } from './unparsed.ts';

export interface HttpOptions extends DoorstepOptions {
  limits: Limits;
  metrics: Metrics;
  /** Without options of TLS the server speaks plain HTTP. */
  https?: HttpsOptions | undefined;
  now: () => number;
  /**
   * Searches run inside of it: they may be answered by a copy of the data that is as fresh, and end early when the
   * caller has left.
   */
  reading: <T>(work: () => Promise<T>, hasLeft: () => boolean) => Promise<T>;
  /** Public address, when a proxy stands in front; absent: links start with the address that the caller wrote. */
  publicUrl?: string | undefined;
  /** Keeps the answers of requests that carry an `Idempotency-Key`. */
  idempotency: IdempotencyStore;
  /** The reasons why no requests should be sent here; empty: the server is ready. */
  faults: () => readonly string[];
  /** Keeps the facts of every request. */
  audit: AuditSink;
  /** Logins, logouts and refusals. */
  securityLog: Log;
  /** Follows requests through the server and on to others. */
  tracer?: Tracer | undefined;
}

const HEADERS = { maxHeaderSize: 64 * 1024 };

/** The streams of events under way, by server. They would never end by themselves. */
const streams = new WeakMap<object, Set<AbortController>>();

/** The callers admitted, by request. */
const admitted = new WeakMap<FastifyRequest, Admitted>();

/** The audit trails, by their options. */
const trails = new WeakMap<HttpOptions, Trail>();

export function buildServer(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.limits.body,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
    exposeHeadRoutes: true,
    genReqId: () => randomUUID(),
    requestTimeout: options.limits.deadlineMs,
    ...(options.https === undefined ? { http: HEADERS } : { https: { ...options.https, ...HEADERS } }),
    // The router refuses some addresses before any route (a broken escape, an endless segment).
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      sendError(options, request, reply, error),
    clientErrorHandler: refuseUnparsed,
    forceCloseConnections: 'idle',
    // Answer requests on open connections still: the balancer may not have noticed yet.
    return503OnClosing: false,
    logger: false,
  } as FastifyHttpOptions<Server>) as unknown as FastifyInstance;
  // Interactions decide which media types they accept, and refuse others as an OperationOutcome.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const calendars = { parseAs: 'buffer' as const, bodyLimit: Math.max(options.limits.body, options.limits.calendar) };
  app.addContentTypeParser('text/calendar', calendars, (_request, body, done) => done(null, body));

  if (options.tracer !== undefined) traceRequests(app, options.tracer);
  const doorstep = new Doorstep(options);
  app.addHook('onClose', async () => doorstep.close());

  const open = new Set<AbortController>();
  streams.set(app.server, open);
  app.addHook('preClose', async () => {
    for (const stream of open) stream.abort(STOPPING);
  });
  const trail = new Trail(options.audit, options.securityLog, options.now);
  trails.set(options, trail);
  app.addHook('onSend', async (request, reply, payload) => {
    doorstep.leave(request, reply, payload);
    trail.close(request, reply);
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    reply.header('X-Content-Type-Options', 'nosniff');
    if (options.frontDoor.isHttps) reply.header('Strict-Transport-Security', 'max-age=31536000');
    if (allowCrossOrigin(request, reply, options.frontDoor.crossOrigin)) return reply.code(204).send();
    if ((request.raw.url ?? '').length > options.limits.url) {
      throw new FhirError('too-long', `The address is longer than ${options.limits.url} characters; use POST _search`, {
        status: 414,
        text: 'Adresse trop longue : utilisez POST _search.',
      });
    }
    trail.require(request);
    const caller = await trail.admitting(request, () => doorstep.admit(request, reply));
    admitted.set(request, { caller, meter: doorstep.meter(caller) });
    requireUncoded(request.headers['content-encoding']);
  });
  app.addHook('preValidation', (request, reply) => doorstep.turn(request, reply));
  app.addHook('onResponse', async (request, reply) => {
    options.metrics.observe(
      request.method,
      request.routeOptions.url ?? 'unknown',
      reply.statusCode,
      reply.elapsedTime / 1000,
    );
    options.log.debug(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'exchange',
    );
  });
  app.setErrorHandler((error, request, reply) => sendError(options, request, reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendError(options, request, reply, nothingServed(request.raw.url?.split('?')[0] ?? '')),
  );

  app.get('/health/live', async () => ({ status: 'up' }));
  app.get('/health/ready', async (_request, reply) => {
    const faults = options.faults();
    if (faults.length === 0) return { status: 'up' };
    options.log.warn({ faults }, 'not ready');
    return reply.code(503).header('Retry-After', '2').send({ status: 'down', faults });
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, body } = await options.metrics.text();
    return reply.headers({ ...PRIVATE, 'Content-Type': type }).send(body);
  });
  return app;
}

/** Mounts the FHIR routes of a backend under `base` (`/fhir`, `/sas`). */
export function mount(app: FastifyInstance, base: string, service: FhirService, options: HttpOptions): void {
  for (const route of routes(service)) {
    app.route({
      method: route.method,
      url: base + route.path.replace(/:operation\(.*\)/, ':operation(^\\$[A-Za-z-]+$)'),
      handler: (request, reply) => handle(base, service, route, options, request, reply),
    });
  }
  app.get(base, (request, reply) =>
    sendError(
      options,
      request,
      reply,
      new FhirError('not-found', `See ${base}/metadata`, { text: `Voir ${base}/metadata.` }),
    ),
  );
}

/** The caller of a request that was admitted. */
export function callerOf(request: FastifyRequest): Caller {
  return admitted.get(request)!.caller;
}

/** Mounts an address that does not speak FHIR. */
export function mountPlain(app: FastifyInstance, path: string, options: HttpOptions, handler: PlainHandler): void {
  app.get(path, async (request, reply) => {
    const header = headerOf(request);
    const { name, roles } = callerOf(request);
    const url = request.raw.url ?? '';
    const { type, text } = await handler({
      query: url.includes('?') ? url.slice(url.indexOf('?') + 1) : '',
      header,
      caller: name,
      roles,
      now: options.now(),
    });
    return reply.header('Content-Type', type).send(text);
  });
}

async function handle(
  base: string,
  service: FhirService,
  route: FhirRoute,
  options: HttpOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { type = '', id = '', version, inner, operation } = request.params as Record<string, string>;
  const trail = trails.get(options)!;
  const isFile = route.interaction === 'read' && type === 'Binary';
  const partsOf = (address: string) => trail.parts(request, address);
  const exchange = toExchange(base, options, request, admitted.get(request)!, partsOf, isFile);
  requireText([type, id, version, inner]);
  if (operation !== undefined) exchange.operation = operation.slice(1);
  const head = { interaction: interactionOf(route), type, id, version: version ?? '' };
  const run = (own: Exchange): Promise<Answer> => {
    requireOffered(service.backend, route, type);
    currentSpan()?.set({ 'creneau.interaction': head.interaction, 'creneau.type': type });
    if (route.streams !== true) refuseEvents(exchange);
    const answer = () => route.handle(own, type, id, version ?? inner ?? '');
    return isSearch(route) ? options.reading(answer, () => reply.raw.destroyed) : answer();
  };
  // Outside of what is done once: an answer that is given again is shown again.
  const answer = await audited(exchange, head, async (own) =>
    route.onlyOnce === true
      ? onlyOnce(options.idempotency, own, {
          target: `${request.method} ${request.raw.url}`,
          creates: route.interaction === 'create' ? type : undefined,
          run: async (inside) => run(inside),
          read(reference) {
            const [ofType = '', ofId = '', , ofVersion = ''] = reference.split('/');
            return readVersion(service.backend, own, ofType, ofId, ofVersion);
          },
        })
      : run(own),
  );
  if (answer.events !== undefined) {
    const errorText = (error: unknown): string => stringifyJson(errorResponse(error, request.id, options.log).outcome);
    const events = trail.follow(request, answer.events);
    const stream = eventStream(events, streams.get(reply.server.server)!, errorText);
    // News are short, and their listeners many.
    const isCompressed = isSearch(route) && acceptsGzip(headerOf(request)('accept-encoding'));
    reply.headers(EVENT_HEADERS);
    return isCompressed
      ? reply.headers({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }).send(compressedStream(stream))
      : reply.send(stream);
  }
  return send(reply, exchange, answer);
}

/** Throws `value` (400): no type, id or version holds what neither FHIR nor the database can hold. */
function requireText(segments: readonly (string | undefined)[]): void {
  if (segments.every((segment) => segment === undefined || isText(segment))) return;
  throw new FhirError('value', 'The address holds U+0000 or half of a surrogate pair', {
    text: "L'adresse contient un caractère interdit.",
  });
}

/** Answers are about people: no cache on the way keeps them. */
const PRIVATE = { 'Cache-Control': 'no-store' };

async function send(reply: FastifyReply, exchange: Exchange, answer: Answer): Promise<FastifyReply> {
  reply.code(answer.status).headers({ ...PRIVATE, ...answer.headers });
  if (answer.file !== undefined) return reply.header('Content-Type', answer.file.type).send(answer.file.octets);
  if (answer.text === undefined) return reply.send();
  const { text, type } = render(exchange, answer);
  reply.header('Content-Type', type);
  const short = await compressed(text, exchange.header('accept-encoding'));
  if (short === undefined) return reply.send(text);
  const vary = [reply.getHeader('Vary'), 'Accept-Encoding'].filter(Boolean).join(', ');
  return reply.headers({ 'Content-Encoding': short.encoding, Vary: vary }).send(short.body);
}

function sendError(options: HttpOptions, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, outcome, headers } = errorResponse(error, request.id, options.log);
  const { format, pretty } = errorFormat(request);
  const { text } = render({ format, pretty }, { status, text: stringifyJson(outcome) });
  return reply
    .code(status)
    .headers({ ...PRIVATE, ...headers })
    .header('Content-Type', CONTENT_TYPE[format])
    .send(text);
}
