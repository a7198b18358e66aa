/**
 * How somebody comes to a server for the first time: with an invitation, or with the code of the set-up. The routes:
 *
 * - **POST /auth/join** `{ticket}`: `{kind: "invitation" | "set-up", name?, roles, methods}`. 404: there is no such
 *   ticket; 410: it has been used, or has ended.
 * - **POST /auth/join/login** `{ticket, name?}`: `{redirect}`, the address of the provider.
 * - **POST /auth/join/passkey** `{ticket, name?}`: `{challenge, rpId, user}`; then **POST /auth/join/passkey/finish**
 *   with the credential: as `/auth/me`.
 *
 * Bodies are JSON, which a form of another site cannot send. A ticket is used by the login that ends well.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import type { PersonRole } from '../../fhir/interaction.ts';
import type { Log } from '../../runtime/log.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { startLogin } from './begin-login.ts';
import { fieldOf, jsonOf } from './json-body.ts';
import type { Provider } from './oidc.ts';
import { notUnderWay, passkeyIdentity, type Passkeys } from './passkeys.ts';
import type { Identity } from './person.ts';
import type { Session, Sessions } from './session.ts';

export interface Ticket {
  kind: 'invitation' | 'set-up';
  /** Of the person who was invited. */
  name?: string;
  roles: readonly PersonRole[];
}

/** The tickets of a server. Each function throws 404 for a ticket that does not exist, 410 for one that is over. */
export interface Joining {
  look(ticket: string): Promise<Ticket>;
  /** Gives the rights of the ticket to this login; works once. */
  take(ticket: string, identity: Identity, name: string): Promise<void>;
  /** Is the set-up open: nobody is known here, and nothing is? */
  isSetUpNeeded(): Promise<boolean>;
}

export interface JoinParts {
  joining: Joining;
  sessions: Sessions;
  provider: Provider | undefined;
  passkeys: Passkeys | undefined;
  methods: readonly string[];
  log: Log;
  describe(session: Session): Promise<object>;
}

const MAX_NAME_LENGTH = 100;

export function mountJoin(app: FastifyInstance, parts: JoinParts): void {
  const { joining, sessions, provider, passkeys, methods } = parts;
  const look = async (request: FastifyRequest): Promise<{ ticket: string; name: string }> => {
    const body = jsonOf(request);
    const ticket = fieldOf(body, 'ticket');
    const found = await joining.look(ticket).catch((error) => {
      parts.log.warn({ requestId: request.id }, 'a ticket that opens nothing was presented');
      throw error;
    });
    return { ticket, name: nameOf(found.name ?? body['name']) };
  };

  app.post('/auth/join', async (request, reply) => {
    const found = await joining.look(fieldOf(jsonOf(request), 'ticket'));
    return uncached(reply).send({ ...found, methods });
  });

  if (provider !== undefined)
    app.post('/auth/join/login', async (request, reply) => {
      const join = await look(request);
      const redirect = await startLogin(request, reply, sessions, provider, '/', join);
      return uncached(reply).send({ redirect });
    });

  if (passkeys === undefined) return;
  app.post('/auth/join/passkey', async (request, reply) => {
    const join = await look(request);
    const subject = randomUUID();
    const asked = await passkeys.ask(request, reply, { join, subject });
    return uncached(reply).send({ ...asked, user: { id: subject, name: join.name } });
  });

  app.post('/auth/join/passkey/finish', async (request, reply) => {
    const pending = await passkeys.pending(request, reply);
    const { join, subject } = pending;
    if (join === undefined || subject === undefined) throw notUnderWay();
    const key = passkeys.register(request, pending, jsonOf(request), { subject, name: join.name });
    const identity = passkeyIdentity(subject, join.name);
    tellAudit(request, { type: 'login', code: 'passkey', action: 'E', agent: agentOfIdentity(join.name, identity) });
    // The key first: somebody with rights and without a key could never log in.
    await passkeys.keep(key);
    try {
      await joining.take(join.ticket, identity, join.name);
    } catch (error) {
      await passkeys.forget(key.id);
      throw error;
    }
    return uncached(reply).send(await parts.describe(await sessions.open(request, reply, identity)));
  });
}

function nameOf(name: unknown): string {
  const text = typeof name === 'string' ? name.trim() : '';
  if (text !== '' && text.length <= MAX_NAME_LENGTH) return text;
  throw new FhirError('required', `name is missing, or has more than ${MAX_NAME_LENGTH} characters`, {
    expression: 'name',
    text: 'Votre nom manque, ou il est trop long.',
  });
}

function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('Cache-Control', 'no-store');
}
