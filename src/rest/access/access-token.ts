/**
 * Programs with an access token of the authorization server that the operator has named (OAuth 2 client credentials
 * with `private_key_jwt`: SMART Backend Services). The token says which client it is and which scopes it has; the
 * callers file gives the roles of the client, which the scopes narrow.
 * https://hl7.org/fhir/smart-app-launch/STU2.2/backend-services.html, https://www.rfc-editor.org/rfc/rfc9068
 */
import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { Grants } from '../../fhir/grants.ts';
import { FhirError } from '../../fhir/issue.ts';
import { type Admit, NOBODY } from '../callers.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import type { ClientCaller } from './callers-file.ts';
import { allowed, callerUnder } from './decision.ts';
import type { Claims } from './jwt.ts';
import { routedPath } from './routed-path.ts';
import type { AccessTable } from './table.ts';

export interface AccessTokenOptions {
  table: AccessTable;
  server: AuthorizationServer;
  /** The clients in force. */
  clients: () => readonly ClientCaller[];
  /** The types of which a scope with criteria is kept to. */
  restrictable: ReadonlySet<string>;
  /** Decides on callers without an access token. */
  otherwise: Admit;
}

/** An access token is a signed JWT; the tokens of the callers file are not. */
const BEARER = /^Bearer\s+([\w-]+\.[\w-]+\.[\w-]+)$/i;

export function admitByAccessToken({ table, server, clients, restrictable, otherwise }: AccessTokenOptions): Admit {
  return async (request, reply) => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return otherwise(request, reply);
    const path = routedPath(request);
    if (allowed(table, request.method, path) === 'anybody') return NOBODY;
    const claims = await server.read(token);
    requireBinding(claims, request);
    const id = clientOf(claims);
    const client = clients().find(({ clientId }) => clientId === id);
    if (client === undefined) throw refused('No caller is listed with the client of this token (`clientId`)');
    const grants = Grants.parse(scopeOf(claims));
    const caller = callerUnder(table, { ...client, grants, restrictable });
    caller.requireOpen(request.method, path);
    return caller;
  };
}

function clientOf({ client_id: id, azp }: Claims): string | undefined {
  return [id, azp].find((claim): claim is string => typeof claim === 'string' && claim !== '');
}

/** Some servers write a list. */
function scopeOf({ scope }: Claims): string {
  if (typeof scope === 'string') return scope;
  return Array.isArray(scope) ? scope.filter((item) => typeof item === 'string').join(' ') : '';
}

/** A token that is bound to a certificate (RFC 8705) is nobody else's. */
function requireBinding({ cnf }: Claims, { raw }: FastifyRequest): void {
  if (cnf === undefined) return;
  const socket = raw.socket as TLSSocket;
  const print = socket.encrypted ? socket.getPeerX509Certificate()?.fingerprint256 : undefined;
  const shown = print && Buffer.from(print.replaceAll(':', ''), 'hex').toString('base64url');
  const bound = typeof cnf === 'object' && cnf !== null ? (cnf as Record<string, unknown>)['x5t#S256'] : undefined;
  if (shown === undefined || shown !== bound)
    throw refused('This token is bound to a key that the caller did not show');
}

function refused(reason: string): FhirError {
  return new FhirError('login', reason, {
    expression: 'http.Authorization',
    text: 'Appelant inconnu : authentifiez-vous.',
  });
}
