/**
 * Statements that need a table to themselves. A session that waits for such a lock makes all later ones wait, so the
 * migration asks for half a second at a time, until a deadline; then the sessions that hold the table are named.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Log } from '../../runtime/log.ts';
import { type Queries, type Row, sqlState } from './database.ts';

/** How a migration runs. */
export interface MigrationContext {
  session: Queries;
  /** The embedded database has no other session, and takes no locks that anybody waits for. */
  isServer: boolean;
  /** Epoch milliseconds: what waits for somebody else gives up then. */
  until: number;
  log: Log | undefined;
}

const LOCK_MS = 500;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 3000;
const LOCK_NOT_AVAILABLE = '55P03';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a script in one transaction. Throws `transient` when the tables are held until the deadline. */
export async function alter({ session, isServer, until, log }: MigrationContext, sql: string): Promise<void> {
  if (!isServer) return session.script(sql);
  await setLockTimeout(session, LOCK_MS);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await session.script(sql);
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
      const holders = await longTransactions(session);
      if (performance.now() + pauseMs > until) throw held(holders);
      log?.warn({ holders }, 'the migration waits for transactions that hold a table');
    }
    await pause(pauseMs);
  }
}

/** Builds an index beside the writers; false when others kept it from being built within the time. */
export async function buildIndex({ session, isServer }: MigrationContext, sql: string, ms: number): Promise<boolean> {
  if (!isServer) {
    await session.script(sql);
    return true;
  }
  await setLockTimeout(session, ms);
  try {
    await session.script(sql);
    return true;
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    return false;
  }
}

function setLockTimeout(session: Queries, ms: number): Promise<Row[]> {
  return session.query(`SELECT set_config('lock_timeout', $1, false)`, [String(ms)]);
}

async function longTransactions(session: Queries): Promise<string[]> {
  const rows = await session.query<{ pid: number; application: string; seconds: number }>(
    `SELECT pid, application_name AS application, extract(epoch FROM clock_timestamp() - xact_start)::integer AS seconds
     FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND xact_start < clock_timestamp() - interval '1 second'
     ORDER BY xact_start LIMIT 3`,
  );
  return rows.map(({ pid, application, seconds }) => `${application || 'session'} (pid ${pid}, ${seconds} s)`);
}

function held(holders: string[]): FhirError {
  const names = holders.length === 0 ? '?' : holders.join(', ');
  return new FhirError('transient', `The migration cannot alter a table while others hold it: ${names}`, {
    text: `La mise à niveau attend une table que d'autres tiennent : ${names}. Relancez quand ils ont fini.`,
  });
}
