/**
 * One call of `commit_unit`, and the truth about it: when its answer is lost, the database is asked what became of it
 * before anything is said. A commit that was not done is settled as such, so that it cannot be done later, and is sent
 * again.
 */
import { randomUUID } from 'node:crypto';
import { FhirError } from '../../fhir/issue.ts';
import { type Database, isAnswerLost } from '../engine/database.ts';

/** How long the database is asked, in ms: longer than it takes to leave a server for another one. */
const SETTLE_MS = 15_000;
const AGAIN_MS = 250;
/** How often a commit is sent whose answer was lost each time. */
const MAX_COMMITS = 3;

/** The version that shows whether the commit was done. */
interface Witness {
  type: string;
  id: string;
  version: number;
}

/**
 * `unit` without its id; `puts` in the order in which they are written. Throws `transient` (503) when nothing was
 * written, for certain, and `timeout` (503) when the database does not say.
 */
export async function commitOnce<Result extends object>(
  database: Database,
  unit: object,
  puts: readonly Witness[],
): Promise<Result | { ok: true }> {
  for (let commits = 1; ; commits++) {
    const request = randomUUID();
    try {
      const [row] = await database.query<{ result: Result }>('SELECT commit_unit($1::jsonb, $2::json) AS result', [
        JSON.stringify({ ...unit, request }),
        JSON.stringify(puts),
      ]);
      return row!.result;
    } catch (error) {
      if (!isAnswerLost(error)) throw error;
      if (await settle(database, request, puts[0])) return { ok: true };
      if (commits === MAX_COMMITS) throw nothingWritten(error);
    }
  }
}

/** Was it done? Throws `timeout` (503) when the database does not say in time. */
async function settle(database: Database, request: string, witness: Witness | undefined): Promise<boolean> {
  const until = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      const [row] = await database.query<{ done: boolean }>('SELECT settle_request($1, $2, $3, $4) AS done', [
        ...[request, witness?.type ?? '', witness?.id ?? '', witness?.version ?? 0],
      ]);
      return row!.done;
    } catch (cause) {
      if (performance.now() + AGAIN_MS > until) throw unknown(cause);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function nothingWritten(cause: unknown): FhirError {
  return new FhirError('transient', 'The database was lost during each commit; nothing was written; try again', {
    cause,
    text: "La base de données a été perdue pendant l'enregistrement : rien n'a été écrit. Réessayez dans un instant.",
  });
}

function unknown(cause: unknown): FhirError {
  const message =
    'The database was lost during the commit: it may have been done. Read before you send it again, ' +
    'or send it again with the same Idempotency-Key';
  return new FhirError('timeout', message, {
    cause,
    text:
      "La base de données a été perdue pendant l'enregistrement : il a peut-être eu lieu. " +
      'Relisez avant de recommencer.',
  });
}
