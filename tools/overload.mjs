/**
 * `npm run overload [-- --seconds 10] [-- --callers 400] [-- --postgres URL]`: an agenda server with a heap of 512 MB,
 * asked for ten times what it can do, by callers who leave, and by callers who each want 5,000 slots. The table of
 * what was found is in docs/fiabilite.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from './setup.mjs';

setUp();
const { overload } = await import('../bench/overload.mjs');
const { fill } = await import('../bench/territory.mjs');
const { startServer, stopServer } = await import('../bench/server.mjs');
const { openDatabase } = await import('../dist/store/engine/open.js');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    callers: { type: 'string', default: '400' },
    postgres: { type: 'string' },
  },
});
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'creneau-overload-'));
/** The database of `--postgres` must be empty, and is not emptied afterwards. */
const url = values.postgres ?? process.env.TEST_DATABASE_URL;
try {
  const database = await openDatabase({ url, data: folder, connections: 4, ownBases: [] });
  await fill(database, 1000, today);
  await database.close();
  const server = await startServer('agenda', ['--data', folder, '--max-url', '60000', '--max-page', '5000'], {
    NODE_OPTIONS: '--max-old-space-size=512',
    CRENEAU_CACHE_MB: '64',
    ...(url === undefined ? {} : { DATABASE_URL: url }),
  });
  try {
    const { load, ...others } = await overload(server, {
      ...{ today, seconds: Number(values.seconds), callers: Number(values.callers) },
    });
    console.table(load);
    for (const table of Object.values(others)) console.table([table]);
  } finally {
    await stopServer(server);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
