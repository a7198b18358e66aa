/** Leads a browser to the identity provider, from a page or from the route of the login. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PendingLogin, Provider } from './oidc.ts';
import { isFromSas } from './return-path.ts';
import type { Sessions } from './session.ts';

/** A login under way, kept until the browser comes back from the provider. */
export interface LoginData {
  pending: PendingLogin;
  returnTo: string;
  fromSas: boolean;
  /** The ticket with which somebody comes for the first time. */
  join?: { ticket: string; name: string };
}

/** Time that somebody may take at the provider. */
const LOGIN_MS = 15 * 60_000;

/** `returnTo`: a path of this server. Throws when the provider cannot be reached. */
export async function beginLogin(
  request: FastifyRequest,
  reply: FastifyReply,
  sessions: Sessions,
  provider: Provider,
  returnTo: string,
): Promise<FastifyReply> {
  const address = await startLogin(request, reply, sessions, provider, returnTo);
  return reply.header('Cache-Control', 'no-store').redirect(address, 303);
}

/** The address of the provider to which the browser must go. Throws when the provider cannot be reached. */
export async function startLogin(
  request: FastifyRequest,
  reply: FastifyReply,
  sessions: Sessions,
  provider: Provider,
  returnTo: string,
  join?: LoginData['join'],
): Promise<string> {
  const { url, pending } = await provider.begin(`${sessions.baseUrl(request)}/auth/callback`);
  const fromSas = isFromSas(returnTo) || isFromSas(request.raw.url ?? '');
  const data: LoginData = { pending, returnTo, fromSas, ...(join === undefined ? {} : { join }) };
  await sessions.keepLogin(request, reply, JSON.stringify(data), LOGIN_MS);
  return url.href;
}
