/** The path of a request by which access is decided. */
import type { FastifyRequest } from 'fastify';

/**
 * The path as it was routed, not as it was written: `/%66hir` is `/fhir`. Where nothing is served, the path as it was
 * written, so that a caller who may go there gets the 404.
 */
export function routedPath(request: FastifyRequest): string {
  const pattern = request.routeOptions.url;
  if (pattern === undefined) return (request.raw.url ?? '/').split('?')[0]!;
  const parameters = request.params as Record<string, string>;
  return pattern.replace(/:(\w+)(?:\([^)]*\))?|\*/g, (found, name: string | undefined) =>
    encodeURIComponent(parameters[name ?? found] ?? '').replace('%24', '$'),
  );
}
