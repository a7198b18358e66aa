/** Requests that are followed: each has a span from its first header to the end of its answer. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Span, type Tracer, withinSpan } from '../runtime/telemetry/trace.ts';

/** To be called before any other hook: their work is part of the request. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, reply, done) => {
    // The route, not the address: addresses hold ids, and queries hold names.
    const route = request.routeOptions.url;
    const span = tracer.start(route === undefined ? request.method : `${request.method} ${route}`, request.headers);
    spans.set(request, span);
    span.set({
      'http.request.method': request.method,
      'url.scheme': request.protocol,
      'network.protocol.version': request.raw.httpVersion,
      'creneau.request_id': request.id,
      ...(route === undefined ? {} : { 'http.route': route }),
    });
    reply.raw.once('close', () => {
      if (reply.raw.headersSent) span.set({ 'http.response.status_code': reply.statusCode });
      if (!reply.raw.writableFinished) span.fail('caller_gone');
      else if (reply.statusCode >= 500) span.fail(String(reply.statusCode));
      span.end();
    });
    withinSpan(span, done);
  });
  // The body has arrived from the network, where nobody knows of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else withinSpan(span, done);
  });
}
