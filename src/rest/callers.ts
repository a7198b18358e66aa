/**
 * Who calls. `off`: everybody, on loopback only. `token`: a bearer token whose SHA-256 is in the callers file, so that
 * the file holds no secret. (`mtls`: see `access/mtls.ts`.)
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import type { Person } from './access/person.ts';

export interface Caller {
  name: string;
  roles: readonly string[];
  /** Of somebody who logged in; absent for programs. */
  person?: Person;
}

export interface CallerRequest {
  header(name: string): string | undefined;
}

/** Throws `login` (401) when the caller is not known. */
export type Authenticate = (request: CallerRequest) => Caller;

/** Stands before every path, of FHIR or not. Throws `login` (401) or `forbidden` (403). */
export type Admit = (request: FastifyRequest, reply: FastifyReply) => Caller;

const ANYBODY: Caller = { name: 'anonymous', roles: ['*'] };

export const authenticationOff: Authenticate = () => ANYBODY;

/** File: `{"callers":[{"name":"secretariat","roles":["agenda"],"tokenSha256":"hex"}]}`. */
export function tokenAuthentication(file: string): Authenticate {
  const { callers } = JSON.parse(readFileSync(file, 'utf8')) as { callers: (Caller & { tokenSha256?: string })[] };
  const known = callers
    .filter((one) => one.tokenSha256 !== undefined)
    .map((one) => ({ caller: { name: one.name, roles: one.roles }, hash: Buffer.from(one.tokenSha256!, 'hex') }));
  return ({ header }) => {
    const token = /^Bearer\s+(\S+)$/i.exec(header('authorization') ?? '')?.[1];
    if (token === undefined) throw unknownCaller('This address needs an Authorization: Bearer header');
    const hash = createHash('sha256').update(token).digest();
    const match = known.find((one) => one.hash.length === hash.length && timingSafeEqual(one.hash, hash));
    if (match === undefined) throw unknownCaller('This token is not known');
    return match.caller;
  };
}

function unknownCaller(reason: string): FhirError {
  return new FhirError('login', reason, { expression: 'http.Authorization', text: 'Appelant inconnu : authentifiez-vous.' });
}
