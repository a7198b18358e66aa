/**
 * The routes of login and logout (`/auth/...`); `session.ts` states their contract. A login that fails answers a
 * browser with a page in French, and a script with an OperationOutcome.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import type { Log } from '../../runtime/log.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { formOf, isForm } from '../html/form.ts';
import { sendPage } from '../html/page.ts';
import { beginLogin, type LoginData } from './begin-login.ts';
import { type DemoPerson, mountDemoLogin } from './demo-login.ts';
import { chooser, loginFailed, NO_LOGIN, noAccount } from './login-pages.ts';
import { type Joining, mountJoin } from './join.ts';
import type { Provider } from './oidc.ts';
import { mountPasskeys, type Passkeys } from './passkeys.ts';
import { ownPath } from './return-path.ts';
import { mountSessionList } from './session-list.ts';
import type { Session, Sessions } from './session.ts';
import { type Terms, termsAddress } from './terms.ts';
import { mountTerms } from './terms-page.ts';

export interface LoginOptions {
  sessions: Sessions;
  provider: Provider | undefined;
  /** The fictional people of the demonstration; `undefined` elsewhere. */
  demo: (() => readonly DemoPerson[]) | undefined;
  /** Every request is allowed without a login. */
  open: boolean;
  log: Log;
  /** The built-in login; `undefined` where it is off. */
  passkeys: Passkeys | undefined;
  terms: Terms | undefined;
  now: () => number;
  /** `undefined` on servers whose people are all in the file. */
  joining: Joining | undefined;
}

export function mountLogin(app: FastifyInstance, options: LoginOptions): void {
  const { sessions, provider, demo, log, passkeys, joining, terms, now } = options;
  sessions.attach(app);
  const describeSession = (session: Session | 'expired' | undefined): Promise<object> => describe(options, session);

  app.get('/auth/me', async (request, reply) => {
    const session = await sessions.of(request);
    return uncached(reply).send(await describeSession(session));
  });

  app.get('/auth/login', async (request, reply) => {
    const parameters = new Map(parseQuery(queryOf(request)).map(({ name, value }) => [name, value]));
    const returnTo = ownPath(parameters.get('return'));
    if (provider === undefined) return sendPage(reply, demo === undefined ? NO_LOGIN : chooser(demo(), returnTo));
    return refusalsAsPages(reply, log, returnTo, () => beginLogin(request, reply, sessions, provider, returnTo));
  });

  app.get('/auth/callback', async (request, reply) => {
    tellAudit(request, { type: 'login', code: 'openid-connect', action: 'E' });
    const text = await sessions.takeLogin(request, reply);
    if (provider === undefined || text === undefined)
      return sendPage(
        reply,
        loginFailed('/', "Cette connexion n'est plus en cours : elle a duré trop longtemps, ou a déjà servi."),
      );
    const { pending, returnTo, fromSas, join } = JSON.parse(text) as LoginData;
    return refusalsAsPages(reply, log, returnTo, async () => {
      const result = await provider.finish(new URL(request.raw.url!, sessions.baseUrl(request)), pending);
      const identity = { ...result.identity, fromSas };
      if (join !== undefined) await joining?.take(join.ticket, identity, join.name);
      if ((await sessions.personOf(identity)) === undefined) {
        log.warn({ requestId: request.id }, 'login of somebody without an account');
        tellAudit(request, { agent: agentOfIdentity(identity.name, identity) });
        return sendPage(reply, noAccount(identity, returnTo));
      }
      const { owesTerms } = await sessions.open(request, reply, identity, result);
      tellAudit(request, { agent: agentOfIdentity(identity.name, identity) });
      return uncached(reply).redirect(owesTerms ? termsAddress(returnTo) : returnTo, 303);
    });
  });

  app.post('/auth/logout', async (request, reply) => {
    const session = await sessions.of(request);
    let redirect = '/';
    if (session !== undefined && session !== 'expired') {
      const token = isForm(request) ? formOf(request).get('csrf') : request.headers['x-csrf-token'];
      sessions.requireToken(request, session, token);
      await sessions.close(request, reply);
      const { identity } = session;
      tellAudit(request, { type: 'logout', action: 'E', agent: agentOfIdentity(identity.name, identity) });
      redirect = await logoutAddress(sessions, provider, session, request, log);
    }
    return isForm(request) ? uncached(reply).redirect(redirect, 303) : uncached(reply).send({ redirect });
  });

  if (terms !== undefined) mountTerms(app, sessions, terms, now);
  mountSessionList(app, sessions, provider);
  if (demo !== undefined) mountDemoLogin(app, sessions, demo, describeSession);
  if (passkeys !== undefined) mountPasskeys(app, passkeys, sessions, describeSession);
  if (joining !== undefined)
    mountJoin(app, {
      ...{ joining, sessions, provider, passkeys, log },
      methods: methodsOf(options),
      describe: describeSession,
    });
}

/** The answer of `GET /auth/me`. */
async function describe(options: LoginOptions, session: Session | 'expired' | undefined): Promise<object> {
  const { demo, open, joining } = options;
  const current = session === 'expired' ? undefined : session;
  return {
    person: current === undefined ? null : personOf(current),
    csrfToken: current?.csrfToken ?? null,
    expired: session === 'expired',
    demo: demo !== undefined,
    methods: methodsOf(options),
    open,
    ...(current?.owesTerms ? { termsOwed: true } : {}),
    ...((await joining?.isSetUpNeeded()) ? { setUp: true } : {}),
  };
}

function methodsOf({ provider, passkeys, demo }: LoginOptions): string[] {
  return [
    ...(provider === undefined ? [] : ['openid-connect']),
    ...(passkeys === undefined ? [] : ['passkey']),
    ...(demo === undefined ? [] : ['demo']),
  ];
}

function personOf({ identity, person }: Session): object {
  if (person === undefined) return { name: identity.name, roles: [], agendas: [], places: [] };
  const { name, roles, practitioner, agendas, places, practices, regulator } = person;
  return {
    name,
    roles,
    ...(practitioner ? { practitioner } : {}),
    agendas,
    places,
    ...(practices ? { practices } : {}),
    ...(regulator ? { regulator: { account: regulator.account } } : {}),
  };
}

/** The provider's own logout, when it has one. The session here has ended already, whatever the provider answers. */
async function logoutAddress(
  sessions: Sessions,
  provider: Provider | undefined,
  { idToken }: Session,
  request: FastifyRequest,
  log: Log,
): Promise<string> {
  if (provider === undefined || idToken === undefined) return '/';
  try {
    return (await provider.endSession(idToken, `${sessions.baseUrl(request)}/`)) ?? '/';
  } catch (cause) {
    log.warn(
      { requestId: request.id, cause: (cause as Error).message },
      'the identity provider cannot be told of a logout',
    );
    return '/';
  }
}

/** Refusals that somebody meets who does nothing wrong. */
const SHOWN: ReadonlySet<string> = new Set(['login', 'transient', 'not-found', 'deleted', 'conflict']);

async function refusalsAsPages(
  reply: FastifyReply,
  log: Log,
  returnTo: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FhirError) || !SHOWN.has(error.code)) throw error;
    log.warn({ requestId: reply.request.id, code: error.code, reason: error.message }, 'login failed');
    return sendPage(reply, {
      ...loginFailed(returnTo, error.issues[0]!.text!),
      status: error.code === 'login' ? 400 : error.status,
    });
  }
}

function queryOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split(/\?(.*)/s)[1] ?? '';
}

/** No cache may keep an answer about one person. */
function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('Cache-Control', 'no-store');
}
