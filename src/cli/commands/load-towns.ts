/** `creneau load-places FILE`: the complete official list of communes, in place of the built-in one. */
import { readFileSync } from 'node:fs';
import { readPlaces } from '../../towns/town-file.ts';
import type { Config } from '../../runtime/config.ts';
import { openDatabase } from '../../store/engine/open.ts';
import { Places } from '../../store/records/towns.ts';

export async function loadPlaces(config: Config, [file, ...more]: readonly string[]): Promise<void> {
  if (file === undefined || more.length > 0) throw new Error('load-places FILE : donnez un fichier / give one file');
  let places: ReturnType<typeof readPlaces>;
  try {
    places = readPlaces(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} : ${(error as Error).message}`);
  }
  const database = await openDatabase({ url: config.databaseUrl, data: config.data, connections: 2 });
  try {
    await new Places(database).replace(places);
  } finally {
    await database.close();
  }
  const placed = places.filter((place) => place.latitude !== null).length;
  process.stdout.write(
    `${places.length} communes, dont ${placed} avec leur position / of which ${placed} with their position\n`,
  );
}
