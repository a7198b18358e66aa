/** Branches of history: a restored or promoted database begins a new one (sql/incarnation.sql). ADR 0021 */
import type { Database } from './database.ts';

/** An operator says that the database was put back to an earlier state, where it cannot notice that itself. */
export async function beginIncarnation(database: Database): Promise<void> {
  await database.query('SELECT enter_incarnation(true)');
}
