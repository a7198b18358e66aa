/**
 * The HTTP server: Fastify (its only door), with one body parser for every media type, FHIR bases mounted from route
 * tables, and one exit of errors. `buildServer` does not listen, so that tests choose their port.
 */
import type { Context } from '../fhir/interaction.ts';
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
import { stringifyJson } from '../fhir/json.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Admit, Caller } from './callers.ts';
import { errorResponse, toFhirError } from './error-response.ts';
import { EVENT_HEADERS, eventStream } from './event-stream.ts';
import { type Answer, type Exchange, readOptions, refuseEvents, render } from './exchange.ts';
import { type IdempotencyStore, onlyOnce } from './idempotency.ts';
import { readVersion } from './interactions/read.ts';
import type { Limits } from './limits.ts';
import { compressed } from './compression.ts';
import { CONTENT_TYPE, type Format } from './media-type.ts';
import type { PlainHandler } from './files/plain-route.ts';
import { type FhirRoute, type FhirService, requireOffered, routes } from './routes.ts';
import { refuseUnparsed } from './unparsed.ts';

export interface HttpOptions {
  limits: Limits;
  log: Log;
  metrics: Metrics;
  /** Asked before every path. */
  admit: Admit;
  /** Asked before that: the person whose session the request belongs to, if any. */
  person?: ((request: FastifyRequest) => Promise<Caller | undefined>) | undefined;
  /** Without options of TLS the server speaks plain HTTP. */
  https?: HttpsOptions | undefined;
  now: () => number;
  /** Public address, when a proxy stands in front; absent: links start with the address that the caller wrote. */
  publicUrl?: string | undefined;
  /** Keeps the answers of requests that carry an `Idempotency-Key`. */
  idempotency: IdempotencyStore;
  /** Throws when the database is away. */
  ready: () => Promise<void>;
}

const HEADERS = { maxHeaderSize: 64 * 1024 };

/** The streams of events under way, by server. They would never end by themselves. */
const streams = new WeakMap<object, Set<AbortController>>();

/** The callers admitted, by request. */
const admitted = new WeakMap<FastifyRequest, Caller>();

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
    logger: false,
  } as FastifyHttpOptions<Server>) as unknown as FastifyInstance;
  // Interactions decide which media types they accept, and refuse others as an OperationOutcome.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  const open = new Set<AbortController>();
  streams.set(app.server, open);
  app.addHook('preClose', async () => {
    for (const stream of open) stream.abort();
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    reply.header('X-Content-Type-Options', 'nosniff');
    if ((request.raw.url ?? '').length > options.limits.url) {
      throw new FhirError('too-long', `The address is longer than ${options.limits.url} characters; use POST _search`, {
        status: 414,
        text: 'Adresse trop longue : utilisez POST _search.',
      });
    }
    const caller = (await options.person?.(request)) ?? options.admit(request, reply);
    admitted.set(request, caller);
  });
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
    sendError(
      options,
      request,
      reply,
      new FhirError('not-found', `Nothing is served at ${request.raw.url?.split('?')[0]?.slice(0, 200)}`, {
        text: "Rien n'est servi à cette adresse.",
      }),
    ),
  );

  app.get('/health/live', async () => ({ status: 'up' }));
  app.get('/health/ready', async (_request, reply) => {
    try {
      await options.ready();
      return { status: 'up' };
    } catch (cause) {
      options.log.warn({ code: toFhirError(cause).code }, 'not ready');
      return reply.code(503).send({ status: 'down' });
    }
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, body } = await options.metrics.text();
    return reply.header('Content-Type', type).send(body);
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
  return admitted.get(request)!;
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
  const exchange = toExchange(base, options, request);
  requireOffered(service.backend, route, type);
  if (operation !== undefined) exchange.operation = operation.slice(1);
  if (route.streams !== true) refuseEvents(exchange);
  const run = (own: Exchange): Promise<Answer> => route.handle(own, type, id, version ?? inner ?? '');
  const answer =
    route.onlyOnce === true
      ? await onlyOnce(options.idempotency, exchange, `${request.method} ${request.raw.url}`, run, (reference) => {
          const [ofType = '', ofId = '', , ofVersion = ''] = reference.split('/');
          return readVersion(service.backend, exchange, ofType, ofId, ofVersion);
        })
      : await run(exchange);
  if (answer.events !== undefined) {
    const errorText = (error: unknown): string => stringifyJson(errorResponse(error, request.id, options.log).outcome);
    return reply.headers(EVENT_HEADERS).send(eventStream(answer.events, streams.get(reply.server.server)!, errorText));
  }
  return send(reply, exchange, answer);
}

function toExchange(base: string, options: HttpOptions, request: FastifyRequest): Exchange {
  const header = headerOf(request);
  const caller = callerOf(request);
  const url = request.raw.url ?? '';
  const at = url.indexOf('?');
  const query = at < 0 ? '' : url.slice(at + 1);
  const { strict, ...asked } = readOptions(query, header);
  const context: Context = {
    now: options.now(),
    requestId: request.id,
    caller: caller.name,
    roles: caller.roles,
    ...(caller.person === undefined ? {} : { person: caller.person }),
    strict,
    base: (options.publicUrl ?? `${request.protocol}://${request.host}`) + base,
  };
  return {
    context,
    requireOpen: (method, path) => caller.requireOpen(method, `${base}/${path}`),
    method: request.method,
    query,
    header,
    body: request.body as Buffer | undefined,
    ...asked,
  };
}

function headerOf(request: FastifyRequest): (name: string) => string | undefined {
  return (name) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

async function send(reply: FastifyReply, exchange: Exchange, answer: Answer): Promise<FastifyReply> {
  reply.code(answer.status).headers(answer.headers ?? {});
  if (answer.text === undefined) return reply.send();
  const { text, type } = render(exchange, answer);
  reply.header('Content-Type', type);
  const short = await compressed(text, exchange.header('accept-encoding'));
  if (short === undefined) return reply.send(text);
  return reply.headers({ 'Content-Encoding': short.encoding, Vary: 'Accept-Encoding' }).send(short.body);
}

function sendError(options: HttpOptions, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { status, outcome, headers } = errorResponse(error, request.id, options.log);
  const { format, pretty } = errorFormat(request);
  const { text } = render({ format, pretty }, { status, text: stringifyJson(outcome) });
  return reply.code(status).headers(headers).header('Content-Type', CONTENT_TYPE[format]).send(text);
}

/** An error must leave even when `Accept` or `_format` is what is wrong. */
function errorFormat(request: FastifyRequest): { format: Format; pretty: boolean } {
  try {
    const url = request.raw.url ?? '';
    return readOptions(
      url.includes('?') ? url.slice(url.indexOf('?') + 1) : '',
      (name) => request.headers[name] as string | undefined,
    );
  } catch {
    return { format: 'json', pretty: false };
  }
}
