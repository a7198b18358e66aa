/** `creneau load-places FILE`: replaces the built-in list of communes by the complete official one. */
import { readFileSync } from 'node:fs';
import { readTowns } from '../../towns/town-file.ts';
import type { Config } from '../../runtime/config.ts';
import { Towns } from '../../store/records/towns.ts';
import { openCommandDatabase } from './command-database.ts';

export async function loadPlaces(config: Config, [file, ...more]: readonly string[]): Promise<void> {
  if (file === undefined || more.length > 0) throw new Error('load-places FILE : donnez un fichier / give one file');
  let towns: ReturnType<typeof readTowns>;
  try {
    towns = readTowns(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} : ${(error as Error).message}`);
  }
  const database = await openCommandDatabase(config);
  try {
    await new Towns(database).replace(towns);
  } finally {
    await database.close();
  }
  const placed = towns.filter((town) => town.latitude !== null).length;
  process.stdout.write(
    `${towns.length} communes, dont ${placed} avec leur position / of which ${placed} with their position\n`,
  );
}
