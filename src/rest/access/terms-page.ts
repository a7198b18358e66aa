/** `GET /auth/terms?return=/path` shows the terms of use; the form of the page accepts the version that it showed. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseQuery } from '../../fhir/search/parse.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { formOf } from '../html/form.ts';
import { html, type HtmlPage, sendPage } from '../html/page.ts';
import { ownPath } from './return-path.ts';
import type { Session, Sessions } from './session.ts';
import type { Terms, TermsVersion } from './terms.ts';

export function mountTerms(app: FastifyInstance, sessions: Sessions, terms: Terms, now: () => number): void {
  app.get('/auth/terms', async (request, reply) => {
    const returnTo = returnOf(request);
    const session = await sessions.of(request);
    if (session === undefined || session === 'expired') return reply.redirect(loginAddress(returnTo), 303);
    if (!session.owesTerms) return reply.header('Cache-Control', 'no-store').redirect(returnTo, 303);
    return sendPage(reply, pageOf(terms.version, session, returnTo));
  });

  app.post('/auth/terms', async (request, reply) => {
    const form = formOf(request);
    const returnTo = ownPath(form.get('return') ?? undefined);
    const session = await sessions.of(request);
    if (session === undefined || session === 'expired') return reply.redirect(loginAddress(returnTo), 303);
    sessions.requireToken(request, session, form.get('csrf'));
    // The text may have changed while it was read.
    const isWhole = form.get('version') === terms.version.id && form.get('accept') === 'yes';
    if (!isWhole) return sendPage(reply, { ...pageOf(terms.version, session, returnTo, true), status: 400 });
    const { identity } = session;
    await terms.accept(identity, now());
    tellAudit(request, { code: 'terms', action: 'C', agent: agentOfIdentity(identity.name, identity) });
    return reply.header('Cache-Control', 'no-store').redirect(returnTo, 303);
  });
}

function returnOf(request: FastifyRequest): string {
  const query = (request.raw.url ?? '').split(/\?(.*)/s)[1] ?? '';
  return ownPath(parseQuery(query).find(({ name }) => name === 'return')?.value);
}

function loginAddress(returnTo: string): string {
  return `/auth/login?return=${encodeURIComponent(returnTo)}`;
}

function pageOf({ id, text }: TermsVersion, session: Session, returnTo: string, isAgain = false): HtmlPage {
  const [title, ...paragraphs] = text.split(/\n\s*\n|\n/).filter((line) => line.trim() !== '');
  const notice =
    isAgain &&
    html`<p class="notice bad" role="alert">
      Cochez la case pour accepter ces conditions. Si leur texte vient de changer, relisez-le.
    </p>`;
  return {
    title: "Conditions d'utilisation",
    body: html`${notice}<h2>${title}</h2>${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)}
      <form method="post" action="/auth/terms">
        <input type="hidden" name="csrf" value="${session.csrfToken}">
        <input type="hidden" name="return" value="${returnTo}">
        <input type="hidden" name="version" value="${id}">
        <p>
          <label><input type="checkbox" name="accept" value="yes" required> J'ai lu et j'accepte ces conditions.</label>
        </p>
        <p class="actions"><button>Continuer</button></p>
      </form>
      <form method="post" action="/auth/logout">
        <input type="hidden" name="csrf" value="${session.csrfToken}">
        <p><button class="quiet">Refuser et se déconnecter</button></p>
      </form>`,
  };
}
