/**
 * Who calls. One function decides it, before every path (`ServerOptions.admit`): with `--auth off` everybody on
 * loopback is let in, `token` is
 * `access/token.ts`, `mtls` is `access/mtls.ts`; people who have logged in are known before (`access/session.ts`).
 */
import type { Person } from '../fhir/interaction.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Caller {
  name: string;
  roles: readonly string[];
  /** Of somebody who logged in; absent for programs. */
  person?: Person;
}

/** Stands before every path, of FHIR or not. Throws `login` (401) or `forbidden` (403). */
export type Admit = (request: FastifyRequest, reply: FastifyReply) => Caller;

/** Whoever asks for what is anybody's. */
export const NOBODY: Caller = { name: 'anonymous', roles: [] };

export const admitEverybody: Admit = () => ({ name: 'anonymous', roles: ['*'] });
