/**
 * The routes of login and logout (`/auth/...`); their contract is at the top of `session.ts`. What somebody meets in
 * the browser when a
 * login fails is a page in French, what a script meets an OperationOutcome.
 */
import type { Person, PersonRole } from '../../fhir/interaction.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import type { Log } from '../../runtime/log.ts';
import { isLoopback } from '../../runtime/options/values.ts';
import { html, type Page, sendPage } from '../html/page.ts';
import type { Provider, Question } from './oidc.ts';
import type { Identity } from './person.ts';
import type { Session, Sessions } from './session.ts';

/** A fictional person of the chooser. */
export interface DemoPerson {
  id: string;
  roles: readonly PersonRole[];
  description: string;
  identity: Identity;
}

export interface LoginOptions {
  sessions: Sessions;
  provider: Provider | undefined;
  /** The fictional people of the demonstration; `undefined` elsewhere. */
  demo: (() => readonly DemoPerson[]) | undefined;
  /** Is everything allowed without a login? */
  open: boolean;
  log: Log;
}

/** How long somebody may take at the provider. */
const LOGIN_MS = 15 * 60_000;

interface Kept {
  question: Question;
  back: string;
  fromSas: boolean;
}

export function mountLogin(app: FastifyInstance, options: LoginOptions): void {
  const { sessions, provider, demo, log } = options;
  sessions.attach(app);

  app.get('/auth/me', async (request, reply) => {
    const session = await sessions.of(request);
    return fresh(reply).send(describe(options, session));
  });

  app.get('/auth/login', async (request, reply) => {
    const asked = new Map(parseQuery(queryOf(request)).map((one) => [one.name, one.value]));
    const back = ownPath(asked.get('return'));
    if (provider === undefined) return sendPage(reply, demo === undefined ? NO_LOGIN : chooser(demo(), back));
    return refusalsAsPages(reply, log, back, async () => {
      const { url, question } = await provider.ask(`${sessions.baseUrl(request)}/auth/callback`);
      const kept: Kept = { question, back, fromSas: isFromSas(back) || isFromSas(request.raw.url ?? '') };
      await sessions.keepLogin(request, reply, JSON.stringify(kept), LOGIN_MS);
      return fresh(reply).redirect(url.href, 303);
    });
  });

  app.get('/auth/callback', async (request, reply) => {
    const text = await sessions.takeLogin(request, reply);
    if (provider === undefined || text === undefined)
      return sendPage(
        reply,
        loginFailed('/', "Cette connexion n'est plus en cours : elle a duré trop longtemps, ou a déjà servi."),
      );
    const { question, back, fromSas } = JSON.parse(text) as Kept;
    return refusalsAsPages(reply, log, back, async () => {
      const { idToken, ...answer } = await provider.answer(
        new URL(request.raw.url!, sessions.baseUrl(request)),
        question,
      );
      const identity = { ...answer.identity, fromSas };
      if ((await sessions.personOf(identity)) === undefined) {
        log.warn({ requestId: request.id }, 'login of somebody without an account');
        return sendPage(reply, noAccount(identity, back));
      }
      await sessions.open(request, reply, identity, idToken);
      return fresh(reply).redirect(back, 303);
    });
  });

  app.post('/auth/logout', async (request, reply) => {
    const session = await sessions.of(request);
    let redirect = '/';
    if (session !== undefined && session !== 'expired') {
      sessions.requireToken(
        request,
        session,
        isForm(request) ? formOf(request).get('csrf') : request.headers['x-csrf-token'],
      );
      await sessions.close(request, reply);
      redirect = await farewell(sessions, provider, session, request, log);
    }
    return isForm(request) ? fresh(reply).redirect(redirect, 303) : fresh(reply).send({ redirect });
  });

  if (demo === undefined) return;
  app.get('/auth/demo-people', async (request, reply) => {
    requireLoopback(request);
    return fresh(reply).send({
      people: demo().map(({ id, roles, description, identity }) => ({ id, name: identity.name, roles, description })),
    });
  });
  app.post('/auth/demo-login', async (request, reply) => {
    requireLoopback(request);
    sessions.requireOwnOrigin(request);
    const { person, back } = chosenPerson(request);
    const chosen = demo().find((one) => one.id === person);
    if (chosen === undefined)
      throw new FhirError('not-found', 'There is no such fictional person (GET /auth/demo-people)', {
        status: 422,
        expression: 'person',
        text: "Cette personne fictive n'existe pas.",
      });
    const session = await sessions.open(request, reply, chosen.identity);
    return back === undefined ? fresh(reply).send(describe(options, session)) : fresh(reply).redirect(back, 303);
  });
}

function describe({ provider, demo, open }: LoginOptions, session: Session | 'expired' | undefined): object {
  const there = session === 'expired' ? undefined : session;
  return {
    person: there === undefined ? null : personOf(there),
    csrfToken: there?.csrfToken ?? null,
    expired: session === 'expired',
    demo: demo !== undefined,
    methods: [...(provider === undefined ? [] : ['openid-connect']), ...(demo === undefined ? [] : ['demo'])],
    open,
  };
}

function personOf({ identity, person }: Session): object {
  const { roles, practitioner, agendas, places, regulator }: Omit<Person, 'name'> = person ?? {
    roles: [],
    agendas: [],
    places: [],
  };
  return {
    name: person?.name ?? identity.name,
    roles,
    ...(practitioner ? { practitioner } : {}),
    agendas,
    places,
    ...(regulator ? { regulator: { account: regulator.account } } : {}),
  };
}

/** The provider's own logout, when it has one; ours is done whatever it answers. */
async function farewell(
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
      'the identity provider was not told of a logout',
    );
    return '/';
  }
}

async function refusalsAsPages(
  reply: FastifyReply,
  log: Log,
  back: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FhirError) || (error.code !== 'login' && error.code !== 'transient')) throw error;
    log.warn({ requestId: reply.request.id, code: error.code, reason: error.message }, 'login failed');
    return sendPage(reply, {
      ...loginFailed(back, error.issues[0]!.text!),
      status: error.code === 'login' ? 400 : error.status,
    });
  }
}

const NO_LOGIN = {
  status: 404,
  title: 'Aucune connexion ici',
  body: html`<p>Ce serveur n'est pas relié à un service d'identification.</p>`,
};

const IN_FRENCH: Record<PersonRole, string> = {
  practitioner: 'praticien',
  secretary: 'secrétaire',
  regulator: 'régulateur',
  operator: 'exploitant',
};

function chooser(people: readonly DemoPerson[], back: string): Page {
  const buttons = people.map(
    ({ id, identity, roles, description }) =>
      html`<p><button name="person" value="${id}">${identity.name}, ${roles.map((role) => IN_FRENCH[role]).join(' et ')}</button> <span class="hint">${description}</span></p>`,
  );
  return {
    title: 'Démonstration : qui êtes-vous ?',
    body: html`<p class="notice">Personnes fictives. Ce choix remplace l'identification, sur cette machine seulement.</p><form method="post" action="/auth/demo-login"><input type="hidden" name="return" value="${back}">${buttons}</form>`,
  };
}

function loginFailed(back: string, reason: string) {
  return {
    status: 400,
    title: 'Connexion interrompue',
    body: html`<p class="notice bad" role="alert">${reason}</p><p><a class="button" href="/auth/login?return=${encodeURIComponent(back)}">Se connecter</a></p>`,
  };
}

function noAccount({ name, fromSas }: Identity, back: string) {
  const advice = fromSas
    ? html`<p>Votre identité est reconnue (${name}), mais aucun compte régulateur actif ne lui correspond ici. Les comptes sont créés et désactivés par la plateforme SAS : adressez-vous à votre SAMU.</p>`
    : html`<p>Votre identité est reconnue (${name}), mais aucun compte ne lui correspond ici. Régulateurs : venez depuis la plateforme SAS. Autres utilisateurs : adressez-vous à votre administrateur.</p>`;
  return {
    status: 403,
    title: 'Accès refusé',
    body: html`<div class="notice bad" role="alert">${advice}</div><p><a class="button quiet" href="/auth/login?return=${encodeURIComponent(back)}">Essayer un autre compte</a></p>`,
  };
}

function queryOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split(/\?(.*)/s)[1] ?? '';
}

export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams((request.body as Buffer | undefined)?.toString('utf8') ?? '');
}

/** Not even behind a proxy that somebody has put in front of a demonstration. */
function requireLoopback(request: FastifyRequest): void {
  const address = request.raw.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  if (
    isLoopback(request.hostname) &&
    isLoopback(address) &&
    request.headers['x-forwarded-for'] === undefined &&
    request.headers['forwarded'] === undefined
  )
    return;
  throw new FhirError('forbidden', 'Fictional people are chosen on this machine only', {
    text: "Le choix d'une personne fictive n'existe que sur la machine de démonstration.",
  });
}

/** From a script as JSON, from the page of the chooser as a form, which says where to go on. */
function chosenPerson(request: FastifyRequest): { person: unknown; back?: string } {
  if (isForm(request)) {
    const form = formOf(request);
    return { person: form.get('person'), back: ownPath(form.get('return') ?? undefined) };
  }
  // A form of another site can send anything but this type.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new FhirError('not-supported', 'A choice is sent as application/json', {
      status: 415,
      expression: 'http.Content-Type',
      text: 'Type de contenu inattendu.',
    });
  try {
    return { person: (JSON.parse(String(request.body)) as { person?: unknown } | null)?.person };
  } catch {
    throw new FhirError('structure', 'The body is not JSON', { text: 'Contenu illisible.' });
  }
}

function isForm(request: FastifyRequest): boolean {
  return /^application\/x-www-form-urlencoded\b/.test(request.headers['content-type'] ?? '');
}

/** Callers append `&origin=sas...`, whether the address had a `?` or not (trap C10). */
export function isFromSas(address: string): boolean {
  return /[?&]origin=sas/i.test(address);
}

/** A path of this server, whatever was asked: nobody is led elsewhere by a link to us. */
function ownPath(asked: string | undefined): string {
  const HERE = 'http://here.invalid';
  if (asked === undefined || !/^\/(?![/\\])/.test(asked) || /[\\\p{Cc}]/u.test(asked)) return '/';
  try {
    const url = new URL(asked, HERE);
    return url.origin === HERE ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}

/** What is about one person is kept by no cache. */
function fresh(reply: FastifyReply): FastifyReply {
  return reply.header('Cache-Control', 'no-store');
}
