/** The path of a request, for whoever decides by paths. */
import type { FastifyRequest } from 'fastify';

/**
 * As it was routed, not as it was written: `/%66hir` is `/fhir`. Where nothing is served, as it was written: whoever
 * may go there is
 * told so.
 */
export function routedPath(request: FastifyRequest): string {
  const pattern = request.routeOptions.url;
  if (pattern === undefined) return (request.raw.url ?? '/').split('?')[0]!;
  const parameters = request.params as Record<string, string>;
  return pattern.replace(/:(\w+)(?:\([^)]*\))?|\*/g, (found, name: string | undefined) =>
    encodeURIComponent(parameters[name ?? found] ?? '').replace('%24', '$'),
  );
}
