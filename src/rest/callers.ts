/**
 * The caller of a request. One function decides on it before every path (`HttpOptions.admit`): with `--auth off` it
 * admits everybody on loopback, `token` is `access/token.ts`, `mtls` is `access/mtls.ts`. People who have logged in are
 * recognised before that (`access/session.ts`).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FhirError } from '../fhir/issue.ts';
import type { Grants } from '../fhir/grants.ts';
import type { Identity, Person } from '../fhir/interaction.ts';
import type { SasVersion } from '../fhir/profile/definitions/sas-names.ts';

export interface Caller {
  name: string;
  roles: readonly string[];
  /** Somebody who logged in; absent for programs. */
  person?: Person;
  /** The version of the SAS guide that this caller gets; absent: the server's. */
  sasVersion?: SasVersion;
  identity?: Identity;
  /** Of a program whose token has scopes. */
  grants?: Grants;
  /**
   * Of a caller that is confined to paths or scopes: may a search pass through this address of a type
   * (`/fhir/Patient`)? Absent: the roles decide alone.
   */
  isTypeOpen?: (address: string) => boolean;
  /**
   * Throws `forbidden` (403) when this caller may not send such a request. Asked for the request itself, and again for
   * each entry of a batch or transaction, which must open nothing that a request of its own would not. `path` is
   * without a query.
   */
  requireOpen(method: string, path: string): void;
}

/** Stands before every path, of FHIR or not. Throws `login` (401) or `forbidden` (403). */
export type Admit = (request: FastifyRequest, reply: FastifyReply) => Caller | Promise<Caller>;

/** The caller of public routes. */
export const NOBODY: Caller = {
  name: 'anonymous',
  roles: [],
  requireOpen() {
    throw new FhirError('forbidden', 'This is not public', { text: "Cette adresse n'est pas publique." });
  },
};

/** Every caller while authentication is off. */
export const EVERYBODY: Caller = { name: 'anonymous', roles: ['*'], requireOpen() {} };

export const admitEverybody: Admit = () => EVERYBODY;
