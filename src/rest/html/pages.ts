/**
 * Serves the application at `/`: the files that tools/setup.mjs has built, each with its compressed copies. The door of
 * @fastify/static. The address of every page gives the same HTML file. An unknown address is a 404: the same file to a
 * person who visits it with a browser, an OperationOutcome to a program.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { html, type HtmlPage, sendPage } from './page.ts';
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

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Addresses below these are for programs, whatever they accept. */
const FOR_PROGRAMS = /^\/(fhir|sas|auth|assets)(\/|$)/;

/**
 * `serves`: decides which pages the application shows (web/ui/server-kind.ts). `origins`: the dispatch centres whose
 * software may open a search; none: any.
 */
export async function mountPages(
  app: FastifyInstance,
  serves: 'agenda' | 'platform',
  origins: readonly string[],
): Promise<void> {
  const application = readFileSync(new URL('index.html', BUILT), 'utf8').replace(
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
  if (serves === 'platform')
    app.get(LRM_SEARCH, (request, reply) =>
      isKnownOrigin(request, origins) ? reply.redirect(searchOf(request), 302) : sendPage(reply, UNKNOWN_ORIGIN),
    );
  for (const path of PAGE_PATHS) app.get(path, (_request, reply) => reply.headers(HEADERS).send(application));
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isLostVisit(request)) return payload;
    // To somebody without the right to anything here, an unknown address is unknown, not forbidden.
    reply.code(404).headers(HEADERS);
    return application;
  });
}

/** The published address at which a dispatch software opens a search (INT_L01). Spec: 6.8 */
const LRM_SEARCH = '/sas/recherche';

/** An ordinary search has no origin. */
function isKnownOrigin({ url }: FastifyRequest, origins: readonly string[]): boolean {
  const named = new URLSearchParams(url.split('?')[1]).getAll('origin');
  return origins.length === 0 || named.every((origin) => origins.includes(origin));
}

const UNKNOWN_ORIGIN: HtmlPage = {
  status: 404,
  title: 'Origine inconnue',
  body: html`<p class="notice">
      Cette recherche vient d'un centre de régulation (paramètre « origin ») que la plateforme ne connaît pas.
    </p>
    <p>Vérifiez l'adresse dans le logiciel de régulation, ou demandez à l'exploitant d'inscrire ce centre.</p>
    <p><a href="/recherche">Rechercher sans lui</a></p>`,
};

/** Our search page, with the parameters as they came: it reads them. */
function searchOf({ url }: FastifyRequest): string {
  return `/recherche${url.slice(LRM_SEARCH.length)}`;
}

/** A person has followed a wrong link or mistyped an address. */
function isLostVisit({ is404, method, url, headers: { accept = '' } }: FastifyRequest): boolean {
  return is404 && method === 'GET' && accept.includes('text/html') && !FOR_PROGRAMS.test(url);
}
