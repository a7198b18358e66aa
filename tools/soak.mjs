/**
 * `npm run soak [-- --minutes 60] [-- --rate 20] [-- --postgres URL]`: an agenda server under a mixed load for an
 * hour, and the curve of its memory. Fails when an answer was 5xx but 503, or when the memory of the last third is a
 * tenth above that of the second. The results are in docs/fiabilite.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setUp } from './setup.mjs';

setUp();
const { soak } = await import('../bench/soak.mjs');
const { fill } = await import('../bench/territory.mjs');
const { startServer, stopServer } = await import('../bench/server.mjs');
const { openDatabase } = await import('../dist/store/engine/open.js');

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20' },
    postgres: { type: 'string' },
  },
});
const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'creneau-soak-'));
/** The database of `--postgres` must be empty, and is not emptied afterwards. */
const url = values.postgres ?? process.env.TEST_DATABASE_URL;
try {
  const database = await openDatabase({ url, data: folder, connections: 4, ownBases: [] });
  await fill(database, 1000, today);
  await database.close();
  const args = ['--data', folder, '--max-url', '60000', '--max-page', '5000'];
  const server = await startServer('agenda', args, url === undefined ? {} : { DATABASE_URL: url });
  try {
    const found = await soak(server, { today, minutes: Number(values.minutes), perSecond: Number(values.rate) });
    const every = Math.max(1, Math.floor(found.samples.length / 20));
    console.table(
      found.samples
        .filter((_, i) => i % every === 0)
        .map(({ minute, ...sample }) => ({ minute: minute.toFixed(1), ...sample })),
    );
    console.table(found.thirds);
    console.log('statuses', found.statuses, 'callers who left', found.left, 'failures', found.failures);
    const [, second, last] = found.thirds;
    const isFlat = ['RSS MB', 'heap MB'].every((what) => last[what] <= 1.1 * second[what]);
    const isWrong = Object.keys(found.statuses).some((status) => Number(status) >= 500 && status !== '503');
    if (!isFlat || isWrong) process.exitCode = 1;
    console.log(isFlat ? 'flat' : 'NOT FLAT', isWrong ? 'ANSWERS OF 5xx' : '');
  } finally {
    await stopServer(server);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
