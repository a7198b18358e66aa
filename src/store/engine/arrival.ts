/** A start while the database is away waits for it, and says so. */
import type { Log } from '../../runtime/log.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Connections } from './connections.ts';
import { databaseError } from './database.ts';

const AGAIN_MS = 500;
const SAY_EVERY_MS = 5_000;

/**
 * Errors that waiting does not mend: a wrong name or password, an unknown database, a missing right. By PostgreSQL's
 * code.
 */
const FINAL: Record<string, string> = {
  '28000': 'Le serveur PostgreSQL refuse cet utilisateur : vérifiez DATABASE_URL et pg_hba.conf.',
  '28P01': 'Le serveur PostgreSQL refuse le mot de passe : vérifiez DATABASE_URL.',
  '3D000': "Cette base n'existe pas sur le serveur PostgreSQL : créez-la (createdb) ou corrigez DATABASE_URL.",
  '42501': "Cet utilisateur n'a pas le droit d'ouvrir cette base.",
};

export async function waitForServer(connections: Connections, waitMs: number, log: Log | undefined): Promise<void> {
  const until = performance.now() + waitMs;
  for (let saidAt = Number.NEGATIVE_INFINITY; ; ) {
    try {
      return await connections.use(async (client) => void (await client.query('SELECT 1')));
    } catch (cause) {
      const { code = '', message } = cause as { code?: string; message: string };
      const text = FINAL[code];
      if (text !== undefined) throw new FhirError('exception', 'The database cannot be opened', { cause, text });
      if (performance.now() + AGAIN_MS > until) throw databaseError(cause);
      if (performance.now() - saidAt >= SAY_EVERY_MS) {
        log?.warn({ code, error: message }, 'the database does not answer: waiting for it');
        saidAt = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
