/** Opens the database that the settings name, brought to this version. */
import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';
import { openServer } from './server.ts';

export interface DatabaseSettings {
  /** `postgres://...`; absent: embedded. */
  url: string | undefined;
  /** Folder of the embedded database, or `memory:`. */
  data: string;
  connections: number;
}

export async function openDatabase({ url, data, connections }: DatabaseSettings): Promise<Database> {
  const database =
    url === undefined ? await openEmbedded(data === 'memory:' ? undefined : data) : openServer(url, { connections });
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
