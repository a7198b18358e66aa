/**
 * Makes `dist/empty-database.tar`: an embedded database, empty and of this version, that new ones start from. Runs
 * after the server is built, with `--import still.mjs`: one commit makes one image, byte for byte.
 */
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const image = fileURLToPath(new URL('../dist/empty-database.tar', import.meta.url));
// An image of another version cannot start.
if (existsSync(image)) rmSync(image);
const { openDatabase } = await import('../dist/store/engine/open.js');
const { writeImage } = await import('../dist/store/engine/embedded.js');
const database = await openDatabase({ url: undefined, data: 'memory:', connections: 1, ownBases: [] });
await writeImage(database);
await database.close();
