/** The database of a command that works without serving. It is brought up to date first, as a server would do it. */
import type { Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import { ownBases } from '../../runtime/own-bases.ts';
import type { Database } from '../../store/engine/database.ts';
import { openDatabase } from '../../store/engine/open.ts';

/** Throws when the database is away for ten seconds, or when others hold its tables for longer than the setting. */
export function openCommandDatabase(config: Config, connections = 2): Promise<Database> {
  return openDatabase({
    ...{ url: config.databaseUrl, data: config.data, connections, log: openLog(config.logLevel) },
    migrationWaitMs: config.migrationWaitSeconds * 1000,
    ownBases: ownBases(config),
  });
}
