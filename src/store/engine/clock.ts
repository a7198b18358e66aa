/**
 * The clock of the database, by which everything is decided: several servers have one. Estimated from the last beat
 * (`presence.ts`), within a few milliseconds.
 */
import type { Database } from './database.ts';

/** Epoch milliseconds. */
export function databaseClock(database: Database): () => number {
  return () => Math.round(Date.now() + (database.health().lastBeat?.skewMs ?? 0));
}
