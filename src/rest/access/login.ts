/**
 * The routes of login and logout (`/auth/...`); `session.ts` states their contract. A login that fails answers a
 * browser with a page in French, and a script with an OperationOutcome.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import type { Log } from '../../runtime/log.ts';
import { formOf, isForm } from '../html/form.ts';
import { sendPage } from '../html/page.ts';
import { type DemoPerson, mountDemoLogin } from './demo-login.ts';
import { chooser, loginFailed, NO_LOGIN, noAccount } from './login-pages.ts';
import type { PendingLogin, Provider } from './oidc.ts';
import { isFromSas, ownPath } from './return-path.ts';
import type { Session, Sessions } from './session.ts';

export interface LoginOptions {
  sessions: Sessions;
  provider: Provider | undefined;
  /** The fictional people of the demonstration; `undefined` elsewhere. */
  demo: (() => readonly DemoPerson[]) | undefined;
  /** Every request is allowed without a login. */
  open: boolean;
  log: Log;
}

/** Time that somebody may take at the provider. */
const LOGIN_MS = 15 * 60_000;

/** A login under way, kept until the browser comes back from the provider. */
interface LoginData {
  pending: PendingLogin;
  returnTo: string;
  fromSas: boolean;
}

export function mountLogin(app: FastifyInstance, options: LoginOptions): void {
  const { sessions, provider, demo, log } = options;
  sessions.attach(app);

  app.get('/auth/me', async (request, reply) => {
    const session = await sessions.of(request);
    return uncached(reply).send(describe(options, session));
  });

  app.get('/auth/login', async (request, reply) => {
    const parameters = new Map(parseQuery(queryOf(request)).map(({ name, value }) => [name, value]));
    const returnTo = ownPath(parameters.get('return'));
    if (provider === undefined) return sendPage(reply, demo === undefined ? NO_LOGIN : chooser(demo(), returnTo));
    return refusalsAsPages(reply, log, returnTo, async () => {
      const { url, pending } = await provider.begin(`${sessions.baseUrl(request)}/auth/callback`);
      const fromSas = isFromSas(returnTo) || isFromSas(request.raw.url ?? '');
      const data: LoginData = { pending, returnTo, fromSas };
      await sessions.keepLogin(request, reply, JSON.stringify(data), LOGIN_MS);
      return uncached(reply).redirect(url.href, 303);
    });
  });

  app.get('/auth/callback', async (request, reply) => {
    const text = await sessions.takeLogin(request, reply);
    if (provider === undefined || text === undefined)
      return sendPage(
        reply,
        loginFailed('/', "Cette connexion n'est plus en cours : elle a duré trop longtemps, ou a déjà servi."),
      );
    const { pending, returnTo, fromSas } = JSON.parse(text) as LoginData;
    return refusalsAsPages(reply, log, returnTo, async () => {
      const result = await provider.finish(new URL(request.raw.url!, sessions.baseUrl(request)), pending);
      const identity = { ...result.identity, fromSas };
      if ((await sessions.personOf(identity)) === undefined) {
        log.warn({ requestId: request.id }, 'login of somebody without an account');
        return sendPage(reply, noAccount(identity, returnTo));
      }
      await sessions.open(request, reply, identity, result.idToken);
      return uncached(reply).redirect(returnTo, 303);
    });
  });

  app.post('/auth/logout', async (request, reply) => {
    const session = await sessions.of(request);
    let redirect = '/';
    if (session !== undefined && session !== 'expired') {
      const token = isForm(request) ? formOf(request).get('csrf') : request.headers['x-csrf-token'];
      sessions.requireToken(request, session, token);
      await sessions.close(request, reply);
      redirect = await logoutAddress(sessions, provider, session, request, log);
    }
    return isForm(request) ? uncached(reply).redirect(redirect, 303) : uncached(reply).send({ redirect });
  });

  if (demo !== undefined) mountDemoLogin(app, sessions, demo, (session) => describe(options, session));
}

/** The answer of `GET /auth/me`. */
function describe({ provider, demo, open }: LoginOptions, session: Session | 'expired' | undefined): object {
  const current = session === 'expired' ? undefined : session;
  return {
    person: current === undefined ? null : personOf(current),
    csrfToken: current?.csrfToken ?? null,
    expired: session === 'expired',
    demo: demo !== undefined,
    methods: [...(provider === undefined ? [] : ['openid-connect']), ...(demo === undefined ? [] : ['demo'])],
    open,
  };
}

function personOf({ identity, person }: Session): object {
  if (person === undefined) return { name: identity.name, roles: [], agendas: [], places: [] };
  const { name, roles, practitioner, agendas, places, regulator } = person;
  return {
    name,
    roles,
    ...(practitioner ? { practitioner } : {}),
    agendas,
    places,
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

async function refusalsAsPages(
  reply: FastifyReply,
  log: Log,
  returnTo: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FhirError) || (error.code !== 'login' && error.code !== 'transient')) throw error;
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
