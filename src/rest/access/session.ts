/**
 * Sessions of people: kept on the server, named by a cookie. The pages rely on this contract:
 *
 * - **Cookie**: `creneau_<server>` (`__Host-creneau_<server>` over https), http-only, SameSite=Lax. It ends after
 *   `--session-idle` minutes without use, and after `--session-hours` in any case. Scripts can neither read nor set it.
 * - **GET /auth/me** (always 200): `{person: {name, roles, practitioner?, agendas, places, regulator?} | null,
 *   csrfToken: string | null, expired, demo, methods, open, setUp?}`.
 *   `roles`: practitioner, secretary, regulator, operator, practice-manager; empty when the account is not active any
 *   more.
 *   `practitioner`: `Practitioner/x`. `agendas`: `Schedule/x` that the person manages besides.
 *   `places`: `Location/x` of which the person manages every agenda. `regulator`: `{account: "Practitioner/x"}`.
 *   `practices`: `Organization/x` that the person runs. `setUp`: this installation belongs to nobody yet (`join.ts`).
 *   `expired`: the cookie names a session that has ended. `methods`: `openid-connect`, `passkey`, `demo`.
 *   `termsOwed`: the terms of use come first (`terms.ts`); every other request is refused until they are accepted.
 *   `demo`: the chooser of fictional people is on. `open`: everything is allowed without a login (authentication off,
 *   on loopback).
 * - **GET /auth/login?return=/path**: leads to the provider and back to that path of this server. `origin=sas...` in
 *   the path, or beside it, says that the person comes from the SAS.
 * - **POST /auth/logout**: ends the session. Answers `{redirect}`: "/", or the address of the provider's own logout.
 *   A form is redirected there (303).
 * - **GET /auth/sessions**, **POST /auth/sessions/end**: the sessions of a person (`session-list.ts`).
 * - **GET /auth/demo-people**: `{people: [{id, name, roles, description}]}`; **POST /auth/demo-login** `{"person": id}`
 *   (JSON): 200, as `/auth/me`. In the demonstration on loopback only, else 404.
 * - **Any other request** with the cookie has the roles of that person. Unless it is a GET or HEAD it needs the header
 *   `X-CSRF-Token` (`csrfToken` of /auth/me, new at each login), else 403.
 *   After the session has ended: 401 `login`. A role that does not open the address: 403 `forbidden`. Each is an
 *   OperationOutcome.
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
import { termsOwed } from './terms.ts';

/**
 * Storage of sessions and of logins under way. `secret` is the value of the cookie; instants are epoch milliseconds.
 */
export interface SessionStorage {
  start(secret: string, data: string, now: number, endsAt: number, holder: SessionHolder): Promise<void>;
  /** `undefined` when there is no such session, it has ended, or it was not used for `idleMs`. */
  find(secret: string, now: number, idleMs: number): Promise<{ data: string; endsAt: number } | undefined>;
  end(secret: string): Promise<void>;
  /** The name of a session, from which nobody learns its secret. */
  idOf(secret: string): string;
  /** The sessions in use of this holder, or of everybody, the last first. */
  list(holder: SessionHolder | undefined, now: number, idleMs: number): Promise<StoredSession[]>;
  endById(id: string): Promise<void>;
  /** Ends the one session that the provider names so, else all of that subject. */
  endOf(holder: SessionHolder): Promise<void>;
  startLogin(secret: string, data: string, now: number, endsAt: number): Promise<void>;
  /** Works once: a second call finds nothing. */
  takeLogin(secret: string, now: number): Promise<string | undefined>;
}

/** A subject at its issuer; `sid`: the provider's name for the session. */
export interface SessionHolder {
  issuer: string;
  subject?: string | undefined;
  sid?: string | undefined;
}

export interface StoredSession {
  id: string;
  data: string;
  /** `undefined`: it was started by the version before. */
  startedAt: number | undefined;
  seenAt: number;
  endsAt: number;
}

export interface ListedSession extends Omit<StoredSession, 'data'> {
  /** As the provider says it. */
  name: string;
  /** The one of the request. */
  isCurrent: boolean;
}

export interface SessionSettings {
  store: SessionStorage;
  /** Part of the name of the cookie, so that two servers on one host do not share it. */
  server: string;
  table: AccessTable;
  /** The rights of this identity now; `undefined`: none. */
  resolve: (identity: Identity) => Promise<Person | undefined>;
  /** Has this person still to accept the terms of use? Absent: there are none. */
  owesTerms?: ((identity: Identity) => Promise<boolean>) | undefined;
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
  /** The terms of use are still to be accepted: nothing else is done before. */
  owesTerms: boolean;
}

interface SessionData {
  identity: Identity;
  idToken?: string | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export class Sessions {
  private readonly settings: SessionSettings;

  constructor(settings: SessionSettings) {
    this.settings = settings;
  }

  /** Call it before the server is ready. */
  attach(app: FastifyInstance): void {
    app.register(fastifyCookie, { hook: false });
  }

  /** The session of a request; `expired`: the cookie names a session that has ended. */
  async of(request: FastifyRequest): Promise<Session | 'expired' | undefined> {
    const secret = this.cookie(request, '');
    if (secret === undefined) return undefined;
    const { store, now, idleMs } = this.settings;
    const stored = await store.find(secret, now(), idleMs);
    if (stored === undefined) return 'expired';
    const { identity, idToken } = JSON.parse(stored.data) as SessionData;
    return this.sessionOf(identity, secret, idToken);
  }

  private async sessionOf(identity: Identity, secret: string, idToken: string | undefined): Promise<Session> {
    const { resolve, owesTerms } = this.settings;
    const person = await resolve(identity);
    const owes = person !== undefined && owesTerms !== undefined && (await owesTerms(identity));
    return { identity, person, csrfToken: csrfOf(secret), idToken, owesTerms: owes };
  }

  /** The rights of somebody who has just logged in. */
  personOf(identity: Identity): Promise<Person | undefined> {
    return this.settings.resolve(identity);
  }

  /**
   * The person who sends a request; `undefined` when a program sends it, or nobody who has logged in. Asked before
   * every path. Throws `login` (401) or `forbidden` (403).
   */
  async caller(request: FastifyRequest): Promise<Caller | undefined> {
    // A program that authenticates itself is that program, whatever cookies it sends.
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
    if (session.owesTerms) throw termsOwed();
    this.requireToken(request, session, request.headers['x-csrf-token']);
    const caller = callerUnder(table, {
      ...{ name: person.name, roles: person.roles, person },
      identity: session.identity,
    });
    caller.requireOpen(request.method, path);
    return caller;
  }

  /**
   * Checks that a request that changes something comes from our own pages: it knows the token, which no other site can
   * read. Throws `forbidden` (403).
   */
  requireToken(request: FastifyRequest, session: Session, token: unknown): void {
    if (SAFE.has(request.method)) return;
    const given = Buffer.from(typeof token === 'string' ? token : '');
    const wanted = Buffer.from(session.csrfToken);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new FhirError('forbidden', 'The header X-CSRF-Token is not that of the session (GET /auth/me)', {
      expression: 'http.X-CSRF-Token',
      text: 'Jeton de protection absent ou périmé : rechargez la page.',
    });
  }

  /** Starts a new session for each login, and ends the one that the browser held before. */
  async open(
    request: FastifyRequest,
    reply: FastifyReply,
    identity: Identity,
    { idToken, sid }: { idToken?: string; sid?: string | undefined } = {},
  ): Promise<Session> {
    const { store, now, absoluteMs } = this.settings;
    const before = this.cookie(request, '');
    if (before !== undefined) await store.end(before);
    const secret = newSecret();
    const data = JSON.stringify({ identity, idToken } satisfies SessionData);
    const { issuer, subject } = identity;
    await store.start(secret, data, now(), now() + absoluteMs, { issuer, subject, sid });
    this.setCookie(request, reply, '', secret, absoluteMs);
    return this.sessionOf(identity, secret, idToken);
  }

  async close(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const secret = this.cookie(request, '');
    if (secret !== undefined) await this.settings.store.end(secret);
    this.setCookie(request, reply, '', '', 0);
  }

  /** The sessions of this person, or of everybody. */
  async list(request: FastifyRequest, identity: Identity | undefined): Promise<ListedSession[]> {
    const { store, now, idleMs } = this.settings;
    const secret = this.cookie(request, '');
    const current = secret === undefined ? undefined : store.idOf(secret);
    const stored = await store.list(identity, now(), idleMs);
    return stored.map(({ data, ...session }) => ({
      ...session,
      name: (JSON.parse(data) as SessionData).identity.name,
      isCurrent: session.id === current,
    }));
  }

  endById(id: string): Promise<void> {
    return this.settings.store.endById(id);
  }

  /** The provider has ended a session of its own, or all of a subject. */
  endOfProvider(issuer: string, { subject, sid }: Omit<SessionHolder, 'issuer'>): Promise<void> {
    return this.settings.store.endOf({ issuer, subject, sid });
  }

  /** Keeps the data of a login under way in the storage, under a cookie of its own. */
  async keepLogin(request: FastifyRequest, reply: FastifyReply, data: string, forMs: number): Promise<void> {
    const { store, now } = this.settings;
    const secret = newSecret();
    await store.startLogin(secret, data, now(), now() + forMs);
    this.setCookie(request, reply, '_login', secret, forMs);
  }

  /** The data of the login under way; works once. */
  async takeLogin(request: FastifyRequest, reply: FastifyReply): Promise<string | undefined> {
    const secret = this.cookie(request, '_login');
    if (secret === undefined) return undefined;
    this.setCookie(request, reply, '_login', '', 0);
    return this.settings.store.takeLogin(secret, this.settings.now());
  }

  /** The address of this server, as people write it. */
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

/** A value that only the holder of the session can know, and that does not reveal the secret. */
function csrfOf(secret: string): string {
  return createHmac('sha256', secret).update('csrf').digest('base64url');
}
