/**
 * Who calls. One function decides it before every path (`HttpOptions.admit`): with `--auth off` it admits everybody
 * on loopback, `token` is `access/token.ts`, `mtls` is `access/mtls.ts`. People who have logged in are recognised
 * before that (`access/session.ts`).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import type { Person } from '../fhir/interaction.ts';

export interface Caller {
  name: string;
  roles: readonly string[];
  /** Somebody who logged in; absent for programs. */
  person?: Person;
  /**
   * Throws `forbidden` (403) when this caller may not send such a request. Asked for the request itself, and again for
   * each entry of a batch or transaction, which must open nothing that a request of its own would not. `path` is
   * without a query.
   */
  requireOpen(method: string, path: string): void;
}

/** Stands before every path, of FHIR or not. Throws `login` (401) or `forbidden` (403). */
export type Admit = (request: FastifyRequest, reply: FastifyReply) => Caller;

/** The caller of public routes. */
export const NOBODY: Caller = {
  name: 'anonymous',
  roles: [],
  requireOpen() {
    throw new FhirError('forbidden', 'This is not public', { text: "Cette adresse n'est pas publique." });
  },
};

export const admitEverybody: Admit = () => ({ name: 'anonymous', roles: ['*'], requireOpen() {} });
