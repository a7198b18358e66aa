/**
 * A page for people, at an address of its own: who visits, what the address says, where one is sent to log in. What the
 * page shows is
 * decided by a `Visited`. No script, no cache; a form carries the session's CSRF token as the field `csrf`.
 */
import type { Context, Person } from '../../fhir/interaction.ts';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../runtime/log.ts';
import { formOf, isFromSas } from '../access/login.ts';
import type { Provider } from '../access/oidc.ts';
import type { Identity } from '../access/person.ts';
import type { Session, Sessions } from '../access/session.ts';
import { errorResponse } from '../error-response.ts';
import { html, type Html, type Page, sendPage } from './page.ts';

export interface Visit {
  context: Context;
  /** What the address says, however its `&origin=` was put there. */
  query: URLSearchParams;
  /** What a form sent; `undefined` of a look. */
  form: URLSearchParams | undefined;
  person: Person;
  csrfToken: string;
}

export interface Visited {
  /** For whom the page is. */
  isFor(person: Person): boolean;
  /** A page, or where to go next. Throws FhirError. */
  show(visit: Visit): Promise<Page | { goTo: string }>;
}

export interface VisitOptions {
  sessions: Sessions;
  /** Can anybody log in here? */
  hasLogin: boolean;
  provider: Provider | undefined;
  log: Log;
  now: () => number;
}

export function mountVisit(app: FastifyInstance, path: string, visited: Visited, options: VisitOptions): void {
  // Callers append a parameter as plain text even to an address without a `?`: `/rdv/&origin=sas` (trap C10).
  for (const url of [path, `${path}/*`]) {
    app.get(url, (request, reply) => answer(request, reply, path, visited, options));
    app.post(url, (request, reply) => answer(request, reply, path, visited, options));
  }
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  visited: Visited,
  options: VisitOptions,
): Promise<FastifyReply> {
  const { sessions, log, now } = options;
  const here = request.raw.url!;
  const query = new URLSearchParams(
    here
      .slice(path.length)
      .replace(/^[/?&]+/, '')
      .replaceAll('?', '&'),
  );
  const found = await sessions.of(request);
  const session = found === 'expired' ? undefined : found;
  try {
    if (session === undefined) return askWho(request, reply, here, found === 'expired', options);
    const { person } = session;
    if (person === undefined || !visited.isFor(person)) return notFor(reply, session, here, options);
    const context: Context = {
      now: now(),
      requestId: request.id,
      caller: person.name,
      roles: person.roles,
      person,
      strict: false,
      base: sessions.baseUrl(request),
    };
    const form = request.method === 'POST' ? formOf(request) : undefined;
    if (form !== undefined) sessions.requireToken(request, session, form.get('csrf'));
    const shown = await visited.show({ context, query, form, person, csrfToken: session.csrfToken });
    if ('goTo' in shown) return reply.header('Cache-Control', 'no-store').redirect(shown.goTo, 303);
    return sendPage(reply, shown, headerOf(session), options.provider?.logoutOrigin);
  } catch (error) {
    const { status, outcome } = errorResponse(error, request.id, log);
    const text = outcome['issue'][0].details.text as string;
    const title =
      status >= 500
        ? 'Service indisponible'
        : status === 404
          ? 'Introuvable'
          : status === 403
            ? 'Demande refusée'
            : 'Demande incomprise';
    return sendPage(
      reply,
      {
        status,
        title,
        body: html`<p class="notice bad" role="alert">${text}</p><p>Référence : ${request.id}${status >= 500 && ` (${STATUS_CODES[status]})`}</p>`,
      },
      session && headerOf(session),
      options.provider?.logoutOrigin,
    );
  }
}

/** Nobody yet: from the SAS straight to the login, else by a button. */
function askWho(
  request: FastifyRequest,
  reply: FastifyReply,
  here: string,
  hasExpired: boolean,
  { hasLogin }: VisitOptions,
): FastifyReply {
  const login = `/auth/login?return=${encodeURIComponent(here)}`;
  if (!hasLogin)
    return sendPage(reply, {
      status: 404,
      title: 'Aucune connexion ici',
      body: html`<p>Ce serveur n'est pas relié à un service d'identification : on ne peut pas y réserver par cette page.</p>`,
    });
  if (request.method === 'POST') {
    // What was typed is lost with the session; the browser's "back" still has it.
    return sendPage(reply, {
      status: 401,
      title: 'Session expirée',
      body: html`<p class="notice bad" role="alert">Votre session a expiré : rien n'a été enregistré.</p><p><a class="button" href="${login}">Se reconnecter</a></p>`,
    });
  }
  if (isFromSas(here)) return reply.header('Cache-Control', 'no-store').redirect(login, 303);
  const notice = hasExpired && html`<p class="notice">Votre session a expiré.</p>`;
  return sendPage(reply, {
    title: 'Prendre rendez-vous',
    body: html`${notice}<p>Connectez-vous pour voir les créneaux et réserver.</p><p><a class="button" href="${login}">Se connecter</a></p>`,
  });
}

/**
 * Somebody, but not one for whom the page is: perhaps as the person who arrives from the SAS, if a provider is there to
 * say so; else it is said why not.
 */
function notFor(reply: FastifyReply, session: Session, here: string, { provider }: VisitOptions): FastifyReply {
  const { identity, person } = session;
  if (isFromSas(here) && !identity.fromSas && provider !== undefined)
    return reply.header('Cache-Control', 'no-store').redirect(`/auth/login?return=${encodeURIComponent(here)}`, 303);
  return sendPage(
    reply,
    { status: 403, title: 'Accès refusé', body: reasonOf(identity, person, here) },
    headerOf(session),
    provider?.logoutOrigin,
  );
}

function reasonOf({ fromSas }: Identity, person: Person | undefined, here: string): Html {
  const ways = html`<p class="actions">${person !== undefined && html`<a class="button" href="/">Aller à l'accueil</a>`}<a href="/auth/login?return=${encodeURIComponent(here)}">Se connecter sous un autre nom</a></p>`;
  if (!fromSas)
    return html`<p class="notice bad" role="alert">Cette page est celle des régulateurs qui arrivent de la plateforme SAS.</p>${ways}`;
  return html`<p class="notice bad" role="alert">Votre compte régulateur n'existe pas ici, ou a été désactivé par la plateforme SAS : aucune réservation n'est possible. Adressez-vous à votre SAMU.</p>`;
}

function headerOf({ identity, person, csrfToken }: Session): Html {
  return html`<form method="post" action="/auth/logout"><input type="hidden" name="csrf" value="${csrfToken}"><span>${person?.name ?? identity.name}</span> <button class="quiet">Se déconnecter</button></form>`;
}
