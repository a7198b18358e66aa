/** Opens the database that the settings name, brought to this version. */
import type { Log } from '../../runtime/log.ts';
import type { Database } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { keepFilled } from './keep-filled.ts';
import { migrate } from './migrate.ts';
import { openServer } from './server.ts';

export interface DatabaseSettings {
  /** `postgres://...`; absent: embedded. */
  url: string | undefined;
  /** Folder of the embedded database, or `memory:`. */
  data: string;
  connections: number;
  /** How long a migration waits for tables that others hold, in ms. */
  migrationWaitMs?: number;
  log?: Log | undefined;
}

export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const { url, data, connections, migrationWaitMs, log } = settings;
  const database =
    url === undefined ? await openEmbedded(data === 'memory:' ? undefined : data) : openServer(url, { connections });
  const options = { log, ...(migrationWaitMs === undefined ? {} : { waitMs: migrationWaitMs }) };
  try {
    const { complete } = await migrate(database, options);
    return database.kind === 'embedded' ? database : keepFilled(database, complete, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}
