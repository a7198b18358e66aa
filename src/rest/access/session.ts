/**
 * Sessions of people, kept on the server and named by a cookie. What the pages rely on:
 *
 * - **Cookie**: `creneau_<server>` (`__Host-creneau_<server>` over https), http-only, SameSite=Lax. It ends after
 * `--session-idle` minutes without use,
 *   and after `--session-hours` in any case. A script can neither read nor set it.
 * - **GET /auth/me** (always 200): `{person: {name, roles, practitioner?, agendas, places, regulator?} | null,
 * csrfToken: string | null, expired, demo, methods, open}`.
 *   `roles`: practitioner, secretary, regulator, operator; empty when the account is no longer active. `practitioner`:
 * `Practitioner/x`. `agendas`: `Schedule/x` managed
 *   besides one's own, `places`: `Location/x` of which all agendas are managed. `regulator`: `{account:
 * "Practitioner/x"}`. `expired`: a session was there and has ended. `methods`: `openid-connect`, `demo`.
 *   `demo`: the built-in chooser of fictional people is on. `open`: without a login everything is allowed
 * (authentication off, on loopback).
 * - **GET /auth/login?return=/path**: to the provider and back to that path (of this server only). `origin=sas...` in
 * it, or beside it, says that one comes from the SAS.
 * - **POST /auth/logout**: ends the session. `{redirect: "/" or the provider's own logout}`; a form is redirected
 * (303).
 * - **GET /auth/demo-people**: `{people: [{id, name, roles, description}]}`; **POST /auth/demo-login** `{"person": id}`
 * (JSON): 200, as `/auth/me`. In the demonstration on loopback only, else 404.
 * - **Every other request** with the cookie is that person's, by roles. Unless GET or HEAD it needs the header
 * `X-CSRF-Token` (`csrfToken` of /auth/me; it changes at each login), else 403.
 *   Ended session: 401 `login`. Role does not allow it: 403 `forbidden`. Each an OperationOutcome.
 */
import type { Person } from '../../fhir/interaction.ts';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { fastifyCookie } from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import type { Caller } from '../callers.ts';
import type { Identity } from './person.ts';
import { routedPath } from './routed-path.ts';
import { allowed, callerUnder } from './decision.ts';
import type { AccessTable } from './table.ts';

/** Where sessions and logins under way are kept; `secret` is what the cookie holds. Instants are epoch milliseconds. */
export interface SessionStorage {
  start(secret: string, data: string, now: number, endsAt: number): Promise<void>;
  /** `undefined` when there is none, or it has ended, or it was not used for `idleMs`. */
  find(secret: string, now: number, idleMs: number): Promise<{ data: string; endsAt: number } | undefined>;
  end(secret: string): Promise<void>;
  startLogin(secret: string, data: string, now: number, endsAt: number): Promise<void>;
  /** Once: a second call finds nothing. */
  takeLogin(secret: string, now: number): Promise<string | undefined>;
}

export interface SessionSettings {
  store: SessionStorage;
  /** Part of the cookie's name: two servers on one host are told apart by it. */
  server: string;
  table: AccessTable;
  /** What this identity may do now; `undefined`: nothing. */
  resolve: (identity: Identity) => Promise<Person | undefined>;
  idleMs: number;
  absoluteMs: number;
  now: () => number;
  publicUrl: string | undefined;
}

export interface Session {
  identity: Identity;
  person: Person | undefined;
  csrfToken: string;
  idToken: string | undefined;
}

interface Kept {
  identity: Identity;
  idToken?: string | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export class Sessions {
  private readonly settings: SessionSettings;

  constructor(settings: SessionSettings) {
    this.settings = settings;
  }

  /** Before the server is ready. */
  attach(app: FastifyInstance): void {
    app.register(fastifyCookie, { hook: false });
  }

  /** The session of a request; `expired`: it names one that is no more. */
  async of(request: FastifyRequest): Promise<Session | 'expired' | undefined> {
    const secret = this.cookie(request, '');
    if (secret === undefined) return undefined;
    const { store, now, idleMs, resolve } = this.settings;
    const stored = await store.find(secret, now(), idleMs);
    if (stored === undefined) return 'expired';
    const { identity, idToken } = JSON.parse(stored.data) as Kept;
    return { identity, person: await resolve(identity), csrfToken: csrfOf(secret), idToken };
  }

  /** What somebody who has just logged in may do. */
  personOf(identity: Identity): Promise<Person | undefined> {
    return this.settings.resolve(identity);
  }

  /**
   * Stands before every path: whose request this is; `undefined` when no person's. Throws `login` (401) or `forbidden`
   * (403).
   */
  async caller(request: FastifyRequest): Promise<Caller | undefined> {
    // A program that says who it is means that, whatever cookies it carries.
    if (request.headers.authorization !== undefined || this.cookie(request, '') === undefined) return undefined;
    const path = routedPath(request);
    const { table } = this.settings;
    if (allowed(table, request.method, path) === 'anybody') return undefined;
    const session = await this.of(request);
    if (session === undefined || session === 'expired') {
      throw new FhirError('login', 'The session has ended', {
        expression: 'http.Cookie',
        text: 'Votre session a expiré : reconnectez-vous.',
      });
    }
    const { person } = session;
    if (person === undefined)
      throw new FhirError('forbidden', 'This person has no active account here', {
        text: "Votre compte n'existe pas ou n'est plus actif ici.",
      });
    this.requireToken(request, session, request.headers['x-csrf-token']);
    const caller = callerUnder(table, { name: person.name, roles: person.roles, person });
    caller.requireOpen(request.method, path);
    return caller;
  }

  /**
   * A request that changes something comes from our own pages: it knows the token, which no other site can read. Throws
   * `forbidden` (403).
   */
  requireToken(request: FastifyRequest, session: Session, token: unknown): void {
    if (SAFE.has(request.method)) return;
    this.requireOwnOrigin(request);
    const given = Buffer.from(typeof token === 'string' ? token : '');
    const wanted = Buffer.from(session.csrfToken);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new FhirError('forbidden', 'The header X-CSRF-Token is not that of the session (GET /auth/me)', {
      expression: 'http.X-CSRF-Token',
      text: 'Jeton de protection absent ou périmé : rechargez la page.',
    });
  }

  /** Browsers say which page sends a form or a script's request; another site's is refused. */
  requireOwnOrigin(request: FastifyRequest): void {
    const { origin } = request.headers;
    const own = [this.settings.publicUrl, `${request.protocol}://${request.host}`].map(
      (one) => one && new URL(one).origin,
    );
    if (origin === undefined || own.includes(origin)) return;
    throw new FhirError('forbidden', 'This request comes from a page of another site', {
      expression: 'http.Origin',
      text: "Cette demande vient d'un autre site : elle est refusée.",
    });
  }

  /** A session of its own for each login: what the browser held before is worth nothing. */
  async open(request: FastifyRequest, reply: FastifyReply, identity: Identity, idToken?: string): Promise<Session> {
    const { store, now, absoluteMs, resolve } = this.settings;
    const before = this.cookie(request, '');
    if (before !== undefined) await store.end(before);
    const secret = newSecret();
    await store.start(secret, JSON.stringify({ identity, idToken } satisfies Kept), now(), now() + absoluteMs);
    this.setCookie(request, reply, '', secret, absoluteMs);
    return { identity, person: await resolve(identity), csrfToken: csrfOf(secret), idToken };
  }

  async close(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const secret = this.cookie(request, '');
    if (secret !== undefined) await this.settings.store.end(secret);
    this.setCookie(request, reply, '', '', 0);
  }

  /** Keeps what belongs to a login under way, in the store and by a cookie of its own. */
  async keepLogin(request: FastifyRequest, reply: FastifyReply, data: string, forMs: number): Promise<void> {
    const { store, now } = this.settings;
    const secret = newSecret();
    await store.startLogin(secret, data, now(), now() + forMs);
    this.setCookie(request, reply, '_login', secret, forMs);
  }

  /** What was kept, once. */
  async takeLogin(request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    const secret = this.cookie(request, '_login');
    if (secret === undefined) return undefined;
    this.setCookie(request, reply, '_login', '', 0);
    return this.settings.store.takeLogin(secret, this.settings.now());
  }

  /** Address of this server as people write it. */
  baseUrl(request: FastifyRequest): string {
    return this.settings.publicUrl ?? `${request.protocol}://${request.host}`;
  }

  private isSecure(request: FastifyRequest): boolean {
    return this.baseUrl(request).startsWith('https:');
  }

  private cookieName(request: FastifyRequest, suffix: string): string {
    return `${this.isSecure(request) ? '__Host-' : ''}creneau_${this.settings.server}${suffix}`;
  }

  private cookie(request: FastifyRequest, suffix: string): string | undefined {
    const { cookie } = request.headers;
    return cookie === undefined
      ? undefined
      : request.server.parseCookie(cookie)[this.cookieName(request, suffix)] || undefined;
  }

  private setCookie(request: FastifyRequest, reply: FastifyReply, suffix: string, value: string, forMs: number): void {
    reply.setCookie(this.cookieName(request, suffix), value, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: this.isSecure(request),
      maxAge: Math.floor(forMs / 1000),
    });
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Known to whoever holds the session, and tells nothing of it. */
function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}
