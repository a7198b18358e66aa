/**
 * The sessions of a person, whom each of them can end: a lost telephone, a workstation left open. An operator sees and
 * ends those of everybody. `GET /auth/sessions` (`?all=true`) answers a browser with a page without a script, and a
 * program with JSON; `POST /auth/sessions/end` takes the `id` of one, or `others=true`. A provider that logs somebody
 * out tells it to `POST /auth/backchannel-logout`.
 * https://openid.net/specs/openid-connect-backchannel-1_0.html
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { formOf, isForm } from '../html/form.ts';
import { sendPage } from '../html/page.ts';
import type { Provider } from './oidc.ts';
import type { ListedSession, Session, Sessions } from './session.ts';
import { sessionsPage } from './session-pages.ts';

export function mountSessionList(app: FastifyInstance, sessions: Sessions, provider: Provider | undefined): void {
  app.get('/auth/sessions', async (request, reply) => {
    const isPage = (request.headers.accept ?? '').includes('text/html');
    const session = await sessions.of(request);
    if ((session === undefined || session === 'expired') && isPage)
      return reply.redirect('/auth/login?return=/auth/sessions', 303);
    const own = present(session);
    const all = new URL(request.raw.url!, 'http://here').searchParams.get('all') === 'true';
    if (all) requireOperator(own);
    tell(request, own, 'sessions');
    const listed = await sessions.list(request, all ? undefined : own.identity);
    reply.header('Cache-Control', 'no-store');
    if (!isPage) return reply.send({ sessions: listed.map(shown) });
    return sendPage(reply, sessionsPage(listed, { all, isOperator: isOperator(own), csrf: own.csrfToken }));
  });

  app.post('/auth/sessions/end', async (request, reply) => {
    const session = present(await sessions.of(request));
    const asked = askedOf(request);
    sessions.requireToken(request, session, asked.get('csrf') ?? request.headers['x-csrf-token']);
    tell(request, session, 'end-session', 'logout');
    const id = asked.get('id') ?? undefined;
    const holder = isOperator(session) && id !== undefined ? undefined : session.identity;
    const listed = await sessions.list(request, holder);
    const ended = listed.filter(({ isCurrent, ...other }) => (id === undefined ? !isCurrent : other.id === id));
    if (id === undefined && asked.get('others') !== 'true')
      throw new FhirError('required', 'Name the session by `id`, or send others=true', {
        text: 'Indiquez la session à fermer.',
      });
    if (id !== undefined && ended.length === 0)
      throw new FhirError('not-found', 'There is no such session', { text: "Cette session n'existe pas, ou plus." });
    for (const { id: endedId } of ended) await sessions.endById(endedId);
    reply.header('Cache-Control', 'no-store');
    if (!isForm(request)) return reply.send({ ended: ended.length });
    return reply.redirect(asked.get('all') === 'true' ? '/auth/sessions?all=true' : '/auth/sessions', 303);
  });

  app.post('/auth/backchannel-logout', async (request, reply) => {
    tellAudit(request, { type: 'logout', code: 'backchannel-logout', action: 'E' });
    if (provider === undefined)
      throw new FhirError('not-found', 'No identity provider is set', { text: "Aucun service d'identification ici." });
    const { subject, sid } = await provider.readLogout(formOf(request).get('logout_token') ?? '');
    await sessions.endOfProvider(provider.issuer, { subject, sid });
    return reply.header('Cache-Control', 'no-store').send({});
  });
}

function present(session: Session | 'expired' | undefined): Session {
  if (session !== undefined && session !== 'expired') return session;
  throw new FhirError('login', 'Log in first (GET /auth/login)', { text: 'Connectez-vous.' });
}

function isOperator({ person }: Session): boolean {
  return person?.roles.includes('operator') ?? false;
}

function requireOperator(session: Session): void {
  if (isOperator(session)) return;
  throw new FhirError('forbidden', 'Operators alone see the sessions of others', {
    text: 'Seul un exploitant voit les sessions des autres.',
  });
}

function tell(request: FastifyRequest, { identity }: Session, code: string, type?: string): void {
  const agent = agentOfIdentity(identity.name, identity);
  tellAudit(request, { code, agent, ...(type === undefined ? {} : { type, action: 'E' as const }) });
}

/** A form, or JSON. */
function askedOf(request: FastifyRequest): URLSearchParams {
  if (isForm(request)) return formOf(request);
  let body: unknown;
  try {
    body = JSON.parse((request.body as Buffer | undefined)?.toString('utf8') || '{}');
  } catch {
    body = undefined;
  }
  if (typeof body !== 'object' || body === null)
    throw new FhirError('structure', 'The body is not a JSON object', { text: 'Contenu illisible.' });
  return new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]));
}

function shown({ id, name, startedAt, seenAt, endsAt, isCurrent }: ListedSession): object {
  const stamp = (instant: number): string => new Date(instant).toISOString();
  return {
    ...{ id, name, current: isCurrent },
    ...(startedAt === undefined ? {} : { startedAt: stamp(startedAt) }),
    ...{ seenAt: stamp(seenAt), endsAt: stamp(endsAt) },
  };
}
