/** `creneau migrate`: brings the schema up to date without serving. */
import type { Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import { openDatabase } from '../../store/engine/open.ts';

export async function migrateDatabase(config: Config): Promise<void> {
  const database = await openDatabase({
    url: config.databaseUrl,
    data: config.data,
    connections: 2,
    migrationWaitMs: config.migrationWaitSeconds * 1000,
    log: openLog(config.logLevel),
  });
  await database.close();
  process.stdout.write('Base à jour. / Database up to date.\n');
}
