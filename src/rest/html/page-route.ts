/**
 * A page for people who have logged in, at an address of its own. This file finds the person, reads the address and the
 * form, and leads to the login; a `PageHandler` decides the content of the page. Pages have no script and are not
 * cached. A form sends the CSRF token of the session in the field `csrf`.
 */
import type { Context, Person, Shown } from '../../fhir/interaction.ts';
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../runtime/log.ts';
import { beginLogin } from '../access/begin-login.ts';
import type { Provider } from '../access/oidc.ts';
import type { Identity } from '../access/person.ts';
import { isFromSas, ownPath } from '../access/return-path.ts';
import type { Session, Sessions } from '../access/session.ts';
import { termsAddress } from '../access/terms.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import type { Told } from '../audit/request-facts.ts';
import { errorResponse } from '../error-response.ts';
import { formOf } from './form.ts';
import { html, type Html, type HtmlPage, sendPage } from './page.ts';

export interface PageRequest {
  context: Context;
  /** The parameters of the address, with or without a `?` before them. */
  query: URLSearchParams;
  /** The fields of a form (POST); `undefined` for a GET. */
  form: URLSearchParams | undefined;
  person: Person;
  csrfToken: string;
}

export interface PageHandler {
  /** May this person see the page? */
  isFor(person: Person): boolean;
  /** A page, or the address to go to next. Throws FhirError. */
  render(request: PageRequest): Promise<HtmlPage | { goTo: string }>;
}

export interface PageOptions {
  sessions: Sessions;
  /** Is there any way to log in? */
  hasLogin: boolean;
  provider: Provider | undefined;
  log: Log;
  now: () => number;
}

export function mountPage(app: FastifyInstance, path: string, handler: PageHandler, options: PageOptions): void {
  // Callers append a parameter as plain text even to an address without a `?`: `/rdv/&origin=sas` (trap C10).
  for (const url of [path, `${path}/*`]) {
    app.get(url, (request, reply) => answer(request, reply, path, handler, options));
    app.post(url, (request, reply) => answer(request, reply, path, handler, options));
  }
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  handler: PageHandler,
  options: PageOptions,
): Promise<FastifyReply> {
  const { sessions, now } = options;
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
    if (session === undefined) return await askToLogIn(request, reply, here, found === 'expired', options);
    const { person } = session;
    if (session.owesTerms) return reply.header('Cache-Control', 'no-store').redirect(termsAddress(ownPath(here)), 303);
    if (person === undefined || !handler.isFor(person)) return notFor(reply, session, here, options);
    const context: Context = {
      now: now(),
      requestId: request.id,
      caller: person.name,
      roles: person.roles,
      person,
      identity: session.identity,
      address: request.ip,
      strict: false,
      base: sessions.baseUrl(request),
      showed: (shown) => tellAudit(request, toldOf(shown)),
    };
    tellAudit(request, {
      code: 'page',
      agent: { ...agentOfIdentity(person.name, session.identity), roles: person.roles },
    });
    const form = request.method === 'POST' ? formOf(request) : undefined;
    if (form !== undefined) sessions.requireToken(request, session, form.get('csrf'));
    const page = await handler.render({ context, query, form, person, csrfToken: session.csrfToken });
    if ('goTo' in page) return reply.header('Cache-Control', 'no-store').redirect(page.goTo, 303);
    return sendPage(reply, page, headerOf(session), options.provider?.logoutOrigin);
  } catch (error) {
    return refusalPage(request, reply, error, session, options);
  }
}

function toldOf({ kind = 'page', agendas, isCounted }: Shown): Told {
  return {
    code: kind,
    entities: [...agendas.keys()],
    ...(isCounted === true ? { counts: Object.fromEntries(agendas) } : {}),
  };
}

function refusalPage(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  session: Session | undefined,
  { log, provider }: PageOptions,
): FastifyReply {
  const { status, outcome } = errorResponse(error, request.id, log);
  const text = outcome.issue[0]?.details?.text ?? '';
  const reason = status >= 500 && ` (${STATUS_CODES[status]})`;
  const body = html`<p class="notice bad" role="alert">${text}</p><p>Référence : ${request.id}${reason}</p>`;
  const page = { status, title: titleOf(status), body };
  return sendPage(reply, page, session && headerOf(session), provider?.logoutOrigin);
}

function titleOf(status: number): string {
  if (status >= 500) return 'Service indisponible';
  if (status === 404) return 'Introuvable';
  return status === 403 ? 'Demande refusée' : 'Demande incomprise';
}

/**
 * Nobody has logged in: people from the SAS go straight to the provider, in one hop, because callers follow few
 * redirects; others by a button.
 */
async function askToLogIn(
  request: FastifyRequest,
  reply: FastifyReply,
  here: string,
  hasExpired: boolean,
  { hasLogin, provider, sessions }: PageOptions,
): Promise<FastifyReply> {
  const login = `/auth/login?return=${encodeURIComponent(here)}`;
  if (!hasLogin)
    return sendPage(reply, {
      status: 404,
      title: 'Aucune connexion ici',
      body: html`<p>
        Ce serveur n'est pas relié à un service d'identification : on ne peut pas y réserver par cette page.
      </p>`,
    });
  if (request.method === 'POST') {
    // The fields are lost with the session; the "back" button of the browser still has them.
    return sendPage(reply, {
      status: 401,
      title: 'Session expirée',
      body: html`<p class="notice bad" role="alert">Votre session a expiré : rien n'a été enregistré.</p>
        <p><a class="button" href="${login}">Se reconnecter</a></p>`,
    });
  }
  if (isFromSas(here))
    return provider === undefined
      ? reply.header('Cache-Control', 'no-store').redirect(login, 303)
      : beginLogin(request, reply, sessions, provider, ownPath(here));
  const notice = hasExpired && html`<p class="notice">Votre session a expiré.</p>`;
  return sendPage(reply, {
    title: 'Prendre rendez-vous',
    body: html`${notice}<p>Connectez-vous pour voir les créneaux et réserver.</p>
      <p><a class="button" href="${login}">Se connecter</a></p>`,
  });
}

/**
 * Somebody has logged in, but the page is not for them. If they come from the SAS and there is a provider, they log in
 * again; otherwise a page explains.
 */
function notFor(reply: FastifyReply, session: Session, here: string, { provider }: PageOptions): FastifyReply {
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
  if (fromSas)
    return html`<p class="notice bad" role="alert">
      Votre compte régulateur n'existe pas ici, ou a été désactivé par la plateforme SAS : aucune réservation n'est
      possible. Adressez-vous à votre SAMU.
    </p>`;
  const home = person !== undefined && html`<a class="button" href="/">Aller à l'accueil</a>`;
  return html`<p class="notice bad" role="alert">
      Cette page est celle des régulateurs qui arrivent de la plateforme SAS.
    </p>
    <p class="actions">
      ${home}<a href="/auth/login?return=${encodeURIComponent(here)}">Se connecter sous un autre nom</a>
    </p>`;
}

function headerOf({ identity, person, csrfToken }: Session): Html {
  return html`<form method="post" action="/auth/logout">
    <input type="hidden" name="csrf" value="${csrfToken}"><span>${person?.name ?? identity.name}</span>
    <button class="quiet">Se déconnecter</button>
  </form>`;
}
