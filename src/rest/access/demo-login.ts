/**
 * Login of the demonstration: whoever sits at this machine chooses a fictional person. The routes exist with
 * `--demo-login` only, and answer on loopback only.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PersonRole } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { wrongMediaType } from '../../fhir/refusals.ts';
import { isLoopback } from '../../runtime/options/values.ts';
import { agentOfIdentity, tellAudit } from '../audit/trail.ts';
import { formOf, isForm } from '../html/form.ts';
import type { Identity } from './person.ts';
import { ownPath } from './return-path.ts';
import type { Session, Sessions } from './session.ts';

/** A fictional person to choose. */
export interface DemoPerson {
  id: string;
  roles: readonly PersonRole[];
  description: string;
  identity: Identity;
}

/** `describe`: the session as `GET /auth/me` answers it. */
export function mountDemoLogin(
  app: FastifyInstance,
  sessions: Sessions,
  people: () => readonly DemoPerson[],
  describe: (session: Session) => Promise<object>,
): void {
  app.get('/auth/demo-people', async (request, reply) => {
    requireLoopback(request);
    const list = people().map(({ id, roles, description, identity }) => ({
      ...{ id, name: identity.name, roles, description },
    }));
    return uncached(reply).send({ people: list });
  });

  app.post('/auth/demo-login', async (request, reply) => {
    requireLoopback(request);
    const { person, returnTo } = readChoice(request);
    const chosen = people().find(({ id }) => id === person);
    if (chosen === undefined)
      throw new FhirError('not-found', 'This fictional person does not exist (GET /auth/demo-people)', {
        status: 422,
        expression: 'person',
        text: "Cette personne fictive n'existe pas.",
      });
    const session = await sessions.open(request, reply, chosen.identity);
    const { identity } = chosen;
    tellAudit(request, { type: 'login', code: 'demo', action: 'E', agent: agentOfIdentity(identity.name, identity) });
    if (returnTo === undefined) return uncached(reply).send(await describe(session));
    return uncached(reply).redirect(returnTo, 303);
  });
}

/** Refuses requests that came through a proxy too, in case somebody puts one in front of a demonstration. */
function requireLoopback(request: FastifyRequest): void {
  const address = request.raw.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const { forwarded, 'x-forwarded-for': forwardedFor } = request.headers;
  const isDirect = forwarded === undefined && forwardedFor === undefined;
  if (isLoopback(request.hostname) && isLoopback(address) && isDirect) return;
  throw new FhirError('forbidden', 'Fictional people can be chosen on this machine only', {
    text: "Le choix d'une personne fictive n'existe que sur la machine de démonstration.",
  });
}

/** A script sends JSON. The page of the chooser sends a form, which also says where to continue. */
function readChoice(request: FastifyRequest): { person: unknown; returnTo?: string } {
  if (isForm(request)) {
    const form = formOf(request);
    return { person: form.get('person'), returnTo: ownPath(form.get('return') ?? undefined) };
  }
  // A form of another site can send any type but this one.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw wrongMediaType('The choice must be sent as application/json', 'Type de contenu inattendu.');
  try {
    return { person: (JSON.parse(String(request.body)) as { person?: unknown } | null)?.person };
  } catch {
    throw new FhirError('structure', 'The body is not JSON', { text: 'Contenu illisible.' });
  }
}

function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('Cache-Control', 'no-store');
}
