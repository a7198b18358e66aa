/** `creneau migrate`: brings the schema up to date without serving. */
import type { Config } from '../../runtime/config.ts';
import { openCommandDatabase } from './command-database.ts';

export async function migrateDatabase(config: Config): Promise<void> {
  const database = await openCommandDatabase(config);
  await database.close();
  process.stdout.write('Base à jour. / Database up to date.\n');
}
