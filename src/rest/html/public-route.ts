/**
 * An address that everybody may read: a page of a practice for its patients. Nobody logs in, nothing is kept in the
 * browser. An address that does not exist, and one that nobody may know of, give the same page.
 */
import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../../fhir/interaction.ts';
import type { Log } from '../../runtime/log.ts';
import type { Told } from '../audit/request-facts.ts';
import { FhirError } from '../../fhir/issue.ts';
import { tellAudit } from '../audit/trail.ts';
import { errorResponse } from '../error-response.ts';
import { compressed } from '../compression.ts';
import { formOf } from './form.ts';
import { html } from './page.ts';
import { type PublicPage, writePublicPage } from './public-page.ts';

export interface PublicRequest {
  /** Of somebody whom nobody knows, without any role: what a handler does beyond reading, it does by its own right. */
  context: Context;
  /** `https://agenda.example.fr`. */
  origin: string;
  /** The address without its query. */
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The fields of a form (POST); `undefined` for a GET. */
  form: URLSearchParams | undefined;
  /** Says in the audit trail whose data this is about. */
  tell(told: Told): void;
  /** The secret of the visit, which the browser keeps in a cookie from the choice of a time on. */
  visit: string | undefined;
  /** Address of the connection, and the header X-Forwarded-For, which anybody may send. */
  sender: { socket: string; forwarded: string | undefined };
}

/** The address to go to next; `visit`: the secret that the browser keeps from now on. */
export interface GoTo {
  goTo: string;
  visit?: string;
}

/** A file beside the pages: a list for search engines, a script that another site may load. */
export interface PublicFile {
  type: string;
  text: string;
  keptSeconds: number;
  /** A page of any site may load it. */
  isForAll?: boolean;
  /** It says something about one person: nobody keeps it, and search engines leave it out. */
  isPrivate?: boolean;
}

/** Throws FhirError, which becomes a page in words. */
export type PublicHandler = (request: PublicRequest) => Promise<PublicPage | PublicFile | GoTo>;

/** Takes the addresses of a part of the public pages. */
export interface PublicRoutes {
  /** GET, and POST of a form; `:name` in the path is a parameter, `*` whatever follows. */
  add(path: string, handler: PublicHandler): void;
}

export interface PublicRouteOptions {
  log: Log;
  now: () => number;
  publicUrl?: string | undefined;
}

export function publicRoutes(app: FastifyInstance, options: PublicRouteOptions): PublicRoutes {
  return {
    add(path, handler) {
      const handle = (request: FastifyRequest, reply: FastifyReply) => answer(request, reply, handler, options);
      app.get(path, handle);
      app.post(path, handle);
    },
  };
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  handler: PublicHandler,
  options: PublicRouteOptions,
): Promise<FastifyReply> {
  try {
    const answered = await handler(readRequest(request, options));
    if ('goTo' in answered) {
      if (answered.visit !== undefined) keepVisit(request, reply, answered.visit, options);
      return reply.header('Cache-Control', 'no-store').redirect(answered.goTo, 303);
    }
    return await send(request, reply, answered);
  } catch (error) {
    const { status, outcome, headers } = errorResponse(error, request.id, options.log);
    reply.headers(headers);
    return send(request, reply, refusalPage(status, outcome.issue[0]?.details?.text ?? '', request.id));
  }
}

const COOKIE = 'creneau_visite';

/** Until the browser is closed; pages of other sites never send it with a form. */
function keepVisit(
  { protocol }: FastifyRequest,
  reply: FastifyReply,
  secret: string,
  { publicUrl }: PublicRouteOptions,
): void {
  const secure = publicUrl?.startsWith('https:') ?? protocol === 'https';
  reply.setCookie(COOKIE, secret, { path: '/p', httpOnly: true, sameSite: 'lax', secure });
}

function visitOf({ headers, server }: FastifyRequest): string | undefined {
  return headers.cookie === undefined ? undefined : server.parseCookie(headers.cookie)[COOKIE] || undefined;
}

function readRequest(request: FastifyRequest, { now, publicUrl }: PublicRouteOptions): PublicRequest {
  const origin = publicUrl ?? `${request.protocol}://${request.host}`;
  const [path = '', query = ''] = request.raw.url!.split(/\?(.*)/s);
  const form = request.method === 'POST' ? formOf(request) : undefined;
  // No text of a database holds it.
  if (path.includes('%00') || [...(form?.values() ?? [])].some((value) => value.includes('\0')))
    throw new FhirError('value', 'NUL is not a character of a text', { text: "Cette adresse n'existe pas." });
  return {
    context: {
      ...{ now: now(), requestId: request.id, caller: 'public', roles: [], strict: false, base: `${origin}/fhir` },
      visitor: { as: 'everyone' },
      address: request.ip,
    },
    ...{ origin, path },
    params: request.params as Record<string, string>,
    query: new URLSearchParams(query),
    form,
    tell: (told) => tellAudit(request, told),
    visit: visitOf(request),
    sender: { socket: request.ip, forwarded: [request.headers['x-forwarded-for']].flat().join(',') || undefined },
  };
}

/** A page that did not change since the browser read it is not sent again. */
async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  answered: PublicPage | PublicFile,
): Promise<FastifyReply> {
  const { text, headers } = 'body' in answered ? writePublicPage(answered) : fileOf(answered);
  const status = ('body' in answered ? answered.status : undefined) ?? 200;
  reply.code(status).headers(headers);
  if (status === 200 && headers['Cache-Control'] !== 'no-store') {
    const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
    reply.header('ETag', tag);
    if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  }
  const short = await compressed(text, request.headers['accept-encoding']);
  reply.header('Vary', 'Accept-Encoding');
  return short === undefined ? reply.send(text) : reply.header('Content-Encoding', short.encoding).send(short.body);
}

const PRIVATE = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex' };

function fileOf({ type, text, keptSeconds, isForAll, isPrivate }: PublicFile): {
  text: string;
  headers: Record<string, string>;
} {
  return {
    text,
    headers: {
      'Content-Type': type,
      ...(isPrivate === true ? PRIVATE : { 'Cache-Control': `public, max-age=${keptSeconds}` }),
      ...(isForAll === true ? { 'Cross-Origin-Resource-Policy': 'cross-origin' } : {}),
    },
  };
}

/** The page of an unknown address holds nothing that differs from one such address to another. */
function refusalPage(status: number, text: string, requestId: string): PublicPage {
  const reference = status >= 500 && html`<p class="soft">Référence : ${requestId} (${STATUS_CODES[status]})</p>`;
  const words = status === 404 ? "Cette page n'existe pas. Vérifiez l'adresse, ou appelez le cabinet." : text;
  return {
    status,
    title: titleOf(status),
    body: html`<p class="notice bad" role="alert">${words}</p>${reference}`,
    isPrivate: true,
  };
}

function titleOf(status: number): string {
  if (status >= 500) return 'Service indisponible';
  if (status === 404) return 'Page introuvable';
  if (status === 410) return "Cette page n'est plus en ligne";
  return status === 429 ? 'Trop de demandes' : 'Demande incomprise';
}
