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
  /** URLs of standbys of the server that searches may go to. */
  replicas?: readonly string[];
  /** How long to wait for a database that is away, in ms; a command waits ten seconds. */
  waitMs?: number;
  /** How long a migration waits for tables that others hold, in ms. */
  migrationWaitMs?: number;
  /** See `MigrationOptions`. Required: whoever opens the database may be the first to migrate it. */
  ownBases: readonly string[];
  log?: Log | undefined;
  /** A clock that a test holds, in the place of the database's. */
  testClock?: (() => number) | undefined;
}

const COMMAND_WAIT_MS = 10_000;

export async function openDatabase(settings: DatabaseSettings): Promise<Database> {
  const {
    url,
    data,
    connections,
    replicas = [],
    waitMs = COMMAND_WAIT_MS,
    migrationWaitMs,
    ownBases,
    log,
    testClock,
  } = settings;
  const database =
    url === undefined
      ? await openEmbedded(data === 'memory:' ? undefined : data)
      : openServer(url, { connections, log, replicas });
  const options = {
    log,
    ...(migrationWaitMs === undefined ? {} : { waitMs: migrationWaitMs }),
    ownBases,
  };
  try {
    await database.arrive(waitMs);
    const { complete } = await migrate(database, options);
    const kept = database.kind === 'embedded' ? database : keepFilled(database, complete, options);
    return testClock === undefined ? kept : { ...kept, testClock, now: testClock };
  } catch (error) {
    await database.close();
    throw error;
  }
}
