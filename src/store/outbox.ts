/** Messages that must reach somebody else, written with the data and delivered afterwards. */
import type { Database } from './database.ts';

export async function countWaiting(database: Database): Promise<number> {
  const [row] = await database.query<{ n: number }>('SELECT count(*) AS n FROM outbox WHERE delivered_at IS NULL');
  return row!.n;
}
