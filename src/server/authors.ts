/**
 * Deferred work runs as its author: whoever asked for it is stored beside it, and the rights are looked up when the
 * work is done. A right that was withdrawn since is missing then.
 */
import type { Context, Identity } from '../fhir/interaction.ts';
import { FhirError } from '../fhir/issue.ts';
import { callerUnder } from '../rest/access/decision.ts';
import type { People } from '../rest/access/people.ts';
import type { AccessTable } from '../rest/access/table.ts';
import type { Caller } from '../rest/callers.ts';

/** The caller of a request, as it is stored. */
export interface Author {
  /** Name of the caller; it identifies a program. */
  caller: string;
  /** Of a person who logged in. */
  identity?: Identity;
}

/** The request that the author would send to have the work done now: `POST`, `/fhir/Schedule/1/$import-ical`. */
export interface DeferredRequest {
  method: string;
  path: string;
}

/** A context with the rights that the author has now. Throws `forbidden` (403) if they do not include the request. */
export type AuthorContext = (author: Author, request: DeferredRequest) => Promise<Context>;

export function authorOf({ caller, identity }: Context): Author {
  return identity === undefined ? { caller } : { caller, identity };
}

/**
 * Why this work must not be done: its author is unknown, or may no longer send such a request, or `check` refuses.
 * `undefined`: it may be done. Any other error is thrown, so that the work is tried again.
 */
export async function withdrawnRight(
  contextOf: AuthorContext,
  author: Author | undefined,
  request: DeferredRequest,
  check: (context: Context) => Promise<unknown> = async () => {},
): Promise<string | undefined> {
  if (author === undefined) return 'it is not known who asked for this: ask again';
  try {
    await check(await contextOf(author, request));
    return undefined;
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'forbidden') throw error;
    return `the right of its author was withdrawn: ${error.message}`;
  }
}

export interface AuthorSources {
  table: AccessTable;
  people: Pick<People, 'resolve'>;
  /** The rights that a program of this name has now. */
  program(name: string): Caller | undefined;
  now: () => number;
}

export function authorContexts({ table, people, program, now }: AuthorSources): AuthorContext {
  const callerOf = async ({ caller, identity }: Author): Promise<Caller | undefined> => {
    if (identity === undefined) return program(caller);
    const person = await people.resolve(identity);
    return person && callerUnder(table, { name: person.name, roles: person.roles, person, identity });
  };
  return async (author, { method, path }) => {
    const caller = await callerOf(author);
    if (caller === undefined)
      throw new FhirError('forbidden', 'The author of this work has no active account here any more', {
        text: "La personne ou le logiciel qui l'a demandé n'a plus de compte actif ici.",
      });
    caller.requireOpen(method, path);
    const { name, roles, person, identity } = caller;
    return {
      ...{ now: now(), requestId: 'deferred', caller: name, roles, strict: false, base: '' },
      ...(person === undefined ? {} : { person }),
      ...(identity === undefined ? {} : { identity }),
    };
  };
}
