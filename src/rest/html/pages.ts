/**
 * Serves the application at `/`: the files that tools/setup.mjs has built, each with its compressed copies. The door of
 * @fastify/static. The address of every page gives the same HTML file; an unknown address stays a 404 in FHIR's words.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PAGE_PATHS } from './page-paths.ts';

/** The same place from `src/` and from `dist/`. */
const BUILT = new URL('../../../dist/web/', import.meta.url);

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** `serves`: decides which pages the application shows (web/ui/server-kind.ts). */
export async function mountPages(app: FastifyInstance, serves: 'agenda' | 'platform'): Promise<void> {
  const html = readFileSync(new URL('index.html', BUILT), 'utf8').replace(
    /(<meta name="creneau-serves" content=")[^"]*"/,
    `$1${serves}"`,
  );
  await app.register(fastifyStatic, {
    root: fileURLToPath(BUILT),
    wildcard: false,
    index: false,
    preCompressed: true,
    globIgnore: ['**/*.html', '.built'],
    setHeaders: (reply, path) =>
      reply.header('Cache-Control', /[\\/]assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  for (const path of PAGE_PATHS) {
    app.get(path, (_request, reply) =>
      reply
        .headers({
          'Content-Type': 'text/html; charset=utf-8',
          'Cache-Control': 'no-cache',
          'Content-Security-Policy': CONTENT_SECURITY_POLICY,
          'Referrer-Policy': 'same-origin',
          'Cross-Origin-Opener-Policy': 'same-origin',
        })
        .send(html),
    );
  }
}
