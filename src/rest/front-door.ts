/**
 * The checks of a request before anybody asks who calls: is it meant for this server, and did a page of another site
 * send it? A browser adds its own authority to such a request (a cookie, a client certificate, a place in the network),
 * so the check does not depend on how callers authenticate.
 * https://www.w3.org/TR/fetch-metadata/, https://owasp.org/www-community/attacks/csrf
 */
import type { FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import { isLoopback } from '../runtime/options/values.ts';
import { type CrossOriginSettings, isAllowedWrite } from './cross-origin.ts';

export interface FrontDoorSettings {
  /** Answer only requests that name this machine: without authentication, a page under another name could read all. */
  loopbackOnly: boolean;
  /** Names that `Host` may have, besides those of this machine; empty: any. */
  allowedHosts: readonly string[];
  /** Callers reach this server by HTTPS, here or at a proxy. */
  isHttps: boolean;
  /** Public address of this server. */
  publicUrl: string | undefined;
  /** Other origins whose pages may call this server. */
  crossOrigin: CrossOriginSettings;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The balancer asks these by the address of the machine. */
const MACHINE_PATHS = /^\/(health\/|metrics$)/;

/** Throws 421 for a request to another host, 403 for one that a page of another site sent. */
export function checkFrontDoor(request: FastifyRequest, settings: FrontDoorSettings): void {
  const path = (request.raw.url ?? '').split('?')[0]!;
  if (!MACHINE_PATHS.test(path)) checkHost(request, settings);
  if (!SAFE_METHODS.has(request.method) && !isAllowedWrite(request, settings.crossOrigin)) checkSite(request, settings);
}

/** A name or an address, and a port. Readers that skip what they do not know would find an address in `[::1].evil`. */
const HOST = /^(?:\[([\da-f:.]+)\]|([^[\]:@/\\?#\s]+))(?::\d{1,5})?$/i;

function checkHost({ host }: FastifyRequest, { loopbackOnly, allowedHosts }: FrontDoorSettings): void {
  const [, address, word] = HOST.exec(host) ?? [];
  const name = (address ?? word ?? '').toLowerCase();
  if (name === '' && host !== '') throw otherHost(host);
  if (isLoopback(name) || (!loopbackOnly && (allowedHosts.length === 0 || allowedHosts.includes(name)))) return;
  throw otherHost(name);
}

function otherHost(name: string): FhirError {
  return new FhirError('not-found', `This server does not answer for ${name.slice(0, 100)}`, {
    status: 421,
    expression: 'http.Host',
    text: "Ce serveur ne répond pas à ce nom d'hôte.",
  });
}

/** The address is the permission of those who send a form to it, and no browser adds any. */
function isSecret(url: string | undefined): boolean {
  return /^\/r\//.test(url ?? '');
}

/**
 * Old browsers send no `Sec-Fetch-Site`, programs send neither header. A page that asks for no referrer hides its
 * origin too (`null`), as a sandboxed one does: only `Sec-Fetch-Site` tells the two apart.
 */
function checkSite({ headers, host, raw: { url } }: FastifyRequest, { publicUrl }: FrontDoorSettings): void {
  const site = headers['sec-fetch-site'];
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (headers.origin === 'null' && (site === 'same-origin' || (site === undefined && isSecret(url)))) return;
  if (!isForeignSite && isOwnOrigin(headers.origin, host, publicUrl)) return;
  throw new FhirError('forbidden', 'A page of another site sent this request', {
    expression: isForeignSite ? 'http.Sec-Fetch-Site' : 'http.Origin',
    text: "Cette demande vient d'une page d'un autre site : elle est refusée.",
  });
}

function isOwnOrigin(origin: string | undefined, host: string, publicUrl: string | undefined): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const own = [`http://${host}`, `https://${host}`, publicUrl ?? ''].filter((url) => URL.canParse(url));
  return own.some((url) => new URL(url).origin === new URL(origin).origin);
}
