/**
 * Lines of the security log: logins, logouts, credentials that were refused, and requests that the rights do not open.
 * They name the caller and the pattern of the address, never a query or an id.
 */
import type { FastifyRequest } from 'fastify';
import type { AuditFact } from '../../fhir/audit/fact.ts';
import type { Log } from '../../runtime/log.ts';

export function noteSecurity(log: Log, facts: readonly AuditFact[], request: FastifyRequest, status: number): void {
  const [fact] = facts;
  const event = fact && eventOf(fact, status);
  if (event === undefined) return;
  const { name, roles, address, issuer, subject } = fact!.agent;
  log.info(
    {
      ...{ event, caller: name, roles, address, method: request.method, route: request.routeOptions.url, status },
      ...(subject === undefined ? {} : { issuer, subject }),
      requestId: request.id,
    },
    TEXTS[event],
  );
}

type SecurityEvent = keyof typeof TEXTS;

const TEXTS = {
  login: 'somebody logged in',
  'login-refused': 'a login was refused',
  logout: 'somebody logged out',
  'credentials-refused': 'a caller is unknown',
  'access-refused': 'the rights of a caller do not open this',
} as const;

function eventOf({ type, outcome }: AuditFact, status: number): SecurityEvent | undefined {
  if (type === 'login') return outcome === '0' ? 'login' : 'login-refused';
  if (type === 'logout') return 'logout';
  if (status === 401) return 'credentials-refused';
  return status === 403 ? 'access-refused' : undefined;
}
