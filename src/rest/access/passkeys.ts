/**
 * Login with a passkey: **POST /auth/passkey** gives `{challenge, rpId}`; **POST /auth/passkey/finish** takes the
 * answer of the authenticator and gives what `/auth/me` does.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { fieldOf, jsonOf } from './json-body.ts';
import {
  ALGORITHMS,
  type Ceremony,
  type PasskeyKey,
  relyingParty,
  verifyAssertion,
  verifyRegistration,
} from './passkey.ts';
import type { Identity } from './person.ts';
import type { Session, Sessions } from './session.ts';

const PASSKEY_ISSUER = 'passkey';

export interface OwnedKey extends PasskeyKey {
  subject: string;
  name: string;
}

/** Storage of passkeys; instants are epoch milliseconds. */
export interface PasskeyStorage {
  add(key: OwnedKey, now: number): Promise<boolean>;
  find(id: string): Promise<OwnedKey | undefined>;
  use(id: string, before: number, counter: number, now: number): Promise<boolean>;
  remove(id: string): Promise<void>;
}

/** A ceremony under way, kept until the authenticator answers. */
export interface PendingPasskey {
  challenge: string;
  subject?: string;
  join?: { ticket: string; name: string };
}

const CEREMONY_MS = 10 * 60_000;

export class Passkeys {
  private readonly sessions: Sessions;
  private readonly store: PasskeyStorage;
  private readonly now: () => number;

  constructor(sessions: Sessions, store: PasskeyStorage, now: () => number) {
    this.sessions = sessions;
    this.store = store;
    this.now = now;
  }

  /** Begins a ceremony: what the browser needs for it. */
  async ask(request: FastifyRequest, reply: FastifyReply, more: Omit<PendingPasskey, 'challenge'>): Promise<object> {
    const challenge = randomBytes(32).toString('base64url');
    const pending: PendingPasskey = { ...more, challenge };
    await this.sessions.keepLogin(request, reply, JSON.stringify(pending), CEREMONY_MS);
    return { challenge, rpId: relyingParty(this.originOf(request)), algorithms: ALGORITHMS };
  }

  /** The ceremony that this browser has begun; works once. Throws `login` (401). */
  async pending(request: FastifyRequest, reply: FastifyReply): Promise<PendingPasskey> {
    const text = await this.sessions.takeLogin(request, reply);
    const pending = text === undefined ? undefined : (JSON.parse(text) as Partial<PendingPasskey>);
    if (pending?.challenge === undefined) throw notUnderWay();
    return pending as PendingPasskey;
  }

  /** The key of a new passkey. Throws `login` (401). */
  register(
    request: FastifyRequest,
    pending: PendingPasskey,
    body: Record<string, unknown>,
    owner: { subject: string; name: string },
  ): OwnedKey {
    const { algorithm } = body;
    const credential = {
      id: fieldOf(body, 'id'),
      clientDataJSON: fieldOf(body, 'clientDataJSON'),
      authenticatorData: fieldOf(body, 'authenticatorData'),
      publicKey: fieldOf(body, 'publicKey'),
      algorithm: typeof algorithm === 'number' ? algorithm : 0,
    };
    return { ...owner, ...verifyRegistration(credential, this.ceremony(request, pending)) };
  }

  async keep(key: OwnedKey): Promise<void> {
    if (await this.store.add(key, this.now())) return;
    throw new FhirError('duplicate', 'This passkey exists', { text: "Cette clé d'accès est déjà connue." });
  }

  forget(id: string): Promise<void> {
    return this.store.remove(id);
  }

  /** The owner of the passkey that has signed. Throws `login` (401). */
  async verify(request: FastifyRequest, pending: PendingPasskey, body: Record<string, unknown>): Promise<Identity> {
    const assertion = {
      id: fieldOf(body, 'id'),
      clientDataJSON: fieldOf(body, 'clientDataJSON'),
      authenticatorData: fieldOf(body, 'authenticatorData'),
      signature: fieldOf(body, 'signature'),
    };
    const key = await this.store.find(assertion.id);
    if (key === undefined)
      throw new FhirError('login', 'This passkey is unknown here', { text: "Cette clé d'accès est inconnue ici." });
    const counter = verifyAssertion(assertion, key, this.ceremony(request, pending));
    if (!(await this.store.use(key.id, key.counter, counter, this.now()))) throw notUnderWay();
    return passkeyIdentity(key.subject, key.name);
  }

  private ceremony(request: FastifyRequest, { challenge }: PendingPasskey): Ceremony {
    return { challenge, origin: this.originOf(request) };
  }

  private originOf(request: FastifyRequest): string {
    return new URL(this.sessions.baseUrl(request)).origin;
  }
}

export function passkeyIdentity(subject: string, name: string): Identity {
  return { issuer: PASSKEY_ISSUER, subject, name, fromSas: false };
}

export function notUnderWay(): FhirError {
  return new FhirError('login', 'This login is not under way any more', {
    text: "Cette connexion n'est plus en cours : recommencez.",
  });
}

export function mountPasskeys(
  app: FastifyInstance,
  passkeys: Passkeys,
  sessions: Sessions,
  describe: (session: Session) => Promise<object>,
): void {
  app.post('/auth/passkey', async (request, reply) => {
    jsonOf(request);
    return reply.header('Cache-Control', 'no-store').send(await passkeys.ask(request, reply, {}));
  });
  app.post('/auth/passkey/finish', async (request, reply) => {
    const body = jsonOf(request);
    tellAudit(request, { type: 'login', code: 'passkey', action: 'E' });
    const identity = await passkeys.verify(request, await passkeys.pending(request, reply), body);
    tellAudit(request, { agent: agentOfIdentity(identity.name, identity) });
    const session = await sessions.open(request, reply, identity);
    return reply.header('Cache-Control', 'no-store').send(await describe(session));
  });
}
