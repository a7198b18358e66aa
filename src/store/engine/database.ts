/**
 * The database, as the rest of the store sees it: one PostgreSQL dialect, two engines.
 * `embedded.ts` (PGlite in a worker thread) and `server.ts` (`pg`) implement it; nothing else knows which one runs.
 */
import { FhirError } from '../../fhir/issue.ts';

export type Row = Record<string, unknown>;

export interface Queries {
  /** One statement with `$1` parameters. Its own transaction. int8 comes as number, json as parsed value. */
  query<T extends Row = Row>(sql: string, params?: unknown[]): Promise<T[]>;
  /** Several statements without parameters, in one transaction. */
  script(sql: string): Promise<void>;
}

export interface Database extends Queries {
  readonly kind: 'embedded' | 'server';
  /**
   * The same, cancelled after so many ms: `undefined` then. The embedded database, which serves one practice, cannot
   * cancel.
   */
  queryWithin<T extends Row = Row>(limitMs: number, sql: string, params?: unknown[]): Promise<T[] | undefined>;
  /**
   * Work on a connection of its own, without a limit of time: what it sets and locks ends with it. The embedded
   * database has one connection for all.
   */
  session<T>(work: (session: Queries) => Promise<T>): Promise<T>;
  /**
   * A number of this process, under which it may keep something: as long as it lives and is connected, the advisory
   * lock (`PRESENCE`, number) is taken. An embedded database has one process: any other number is of a dead one.
   */
  presence(): Promise<number>;
  /** The database's clock, within a few milliseconds; epoch milliseconds. It decides, not this machine's. */
  now(): number;
  /** A clock that a test holds, in the place of the database's. */
  testClock?: (() => number) | undefined;
  /**
   * Resolves once the database answers; says so while it does not. Throws what waiting does not mend, or in the end.
   */
  arrive(waitMs: number): Promise<void>;
  /**
   * Statements of `work` may go to a replica that has everything the database has now. Writes and locks among them go
   * to the database itself. Once `hasLeft`, the next statement throws: nobody waits for the answer.
   */
  reading<T>(work: () => Promise<T>, hasLeft?: () => boolean): Promise<T>;
  /** How the database is, as far as this process knows without asking. */
  health(): DatabaseHealth;
  close(): Promise<void>;
}

export interface ReplicaHealth {
  /** Replicas that answer, and are fed by the primary. */
  usable: number;
  /** Searches so far that a replica took, and that the primary took in its place. */
  taken: number;
  left: number;
}

export interface DatabaseHealth {
  /**
   * Connections open, of these unused, callers who wait for one, how long the first of these has waited, and
   * connections lost so far.
   */
  connections: { open: number; idle: number; waiting: number; waitMs: number; lost: number };
  /** Where there are any. */
  replicas?: ReplicaHealth | undefined;
  /** It gave a sign of life in the last ten seconds, and accepts writes. */
  isWritable: boolean;
  /** How far its clock is ahead of this machine's, in ms. */
  skewMs: number;
}

export const PRESENCE = 1296646737;

/** Settings of every session. */
export const SESSION = { random_page_cost: '1.1', jit: 'off' };

/** The statement was sent and its answer never came: it may have been done. */
export function isAnswerLost(error: unknown): boolean {
  const { answerLost } = ((error instanceof FhirError ? error.cause : error) ?? {}) as { answerLost?: boolean };
  return answerLost === true;
}

/** PostgreSQL's code of a failure, where it comes from there. */
export function sqlState(error: unknown): string | undefined {
  const { code } = ((error instanceof FhirError ? error.cause : error) ?? {}) as { code?: string };
  return code;
}

/**
 * PostgreSQL's error classes that mean "not now": connection, resources, shutdown, serialisation, a lock that another
 * session keeps.
 */
const TRANSIENT = /^(08|53|57|40|58|55P03$)/;

/** PostgreSQL's code of a write where none is accepted. */
export const READ_ONLY = '25006';

/** Any failure of an engine, as an issue: a lost database is `transient` (503), a full disk `no-store` (507). */
export function databaseError(cause: unknown): FhirError {
  const error = cause as { code?: string; message?: string };
  const code = error.code ?? '';
  if (
    code === '53100' ||
    code === 'ENOSPC' ||
    /No space left|could not extend file|disk full/i.test(error.message ?? '')
  ) {
    return new FhirError('no-store', 'The database has no space left; nothing was written', {
      cause,
      text: "L'espace disque de la base est plein : rien n'a été enregistré. Prévenez l'exploitant.",
    });
  }
  if (code === READ_ONLY) {
    return new FhirError('transient', 'The database accepts no writes now; try again', {
      cause,
      text: "La base de données n'accepte pas d'écriture pour le moment : réessayez dans un instant.",
    });
  }
  if (
    TRANSIENT.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT)/.test(code) ||
    /[Cc]onnection|timeout/.test(error.message ?? '')
  ) {
    return new FhirError('transient', 'The database does not answer; try again', {
      cause,
      text: 'La base de données ne répond pas : réessayez dans un instant.',
    });
  }
  return new FhirError('exception', 'The database refused a statement', {
    cause,
    text: "Erreur interne : l'opération n'a pas été faite.",
  });
}
