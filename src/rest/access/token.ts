/**
 * Admits callers without a certificate: by a bearer token, of which the callers file holds the SHA-256 and no secret;
 * or, where people log in, no program at all. The access table is the same as for certificates. Public rows and the
 * health checks stay open.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FhirError } from '../../fhir/issue.ts';
import { type Admit, NOBODY } from '../callers.ts';
import { isOver, type ListedCaller, type TokenCaller } from './callers-file.ts';
import { routedPath } from './routed-path.ts';
import { allowed, callerUnder, isUnder } from './decision.ts';
import type { AccessTable } from './table.ts';

/** `callers`: the list in force. */
export function admitByToken(table: AccessTable, callers: () => readonly TokenCaller[], now: () => number): Admit {
  return admitBy(table, ({ headers: { authorization } }) => {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unknownCaller('This address requires an Authorization: Bearer header');
    const hash = createHash('sha256').update(token).digest();
    const match = callers().find((caller) => timingSafeEqual(caller.hash, hash));
    if (match === undefined) throw unknownCaller('This token is unknown');
    if (isOver(match, now())) throw unknownCaller('This token has ended (`expires` in the callers file)');
    return match;
  });
}

/** Refuses every request of somebody who has not logged in. */
export function admitPersonsOnly(table: AccessTable): Admit {
  return admitBy(table, () => {
    throw new FhirError('login', 'Log in first (GET /auth/login)', { text: 'Connectez-vous.' });
  });
}

function admitBy(table: AccessTable, callerOf: (request: FastifyRequest) => ListedCaller): Admit {
  return (request) => {
    const path = routedPath(request);
    if (allowed(table, request.method, path) === 'anybody' || isUnder(path, '/health')) return NOBODY;
    const caller = callerUnder(table, callerOf(request));
    caller.requireOpen(request.method, path);
    return caller;
  };
}

function unknownCaller(reason: string): FhirError {
  return new FhirError('login', reason, {
    expression: 'http.Authorization',
    text: 'Appelant inconnu : authentifiez-vous.',
  });
}
