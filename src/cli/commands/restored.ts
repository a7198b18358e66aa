/**
 * `creneau restored`: an operator says that the database was put back to an earlier state, in a way that it cannot
 * notice itself (a snapshot of a disk, a copied folder). Followers with later numbers then start again, and versions
 * begin above all that were given. A restored dump, a recovery to a point in time and a promotion are noticed.
 */
import type { Config } from '../../runtime/config.ts';
import { beginIncarnation } from '../../store/engine/incarnation.ts';
import { openCommandDatabase } from './command-database.ts';

export async function declareRestored(config: Config): Promise<void> {
  const database = await openCommandDatabase(config);
  try {
    await beginIncarnation(database);
  } finally {
    await database.close();
  }
  process.stdout.write(
    'Base déclarée restaurée : ceux qui suivaient au-delà recommencent.\n' +
      'Declared as restored: followers that were further ahead start again.\n',
  );
}
