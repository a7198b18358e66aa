/** Delivered messages are kept for a while, then deleted by a running server; what waits or was refused stays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAgenda } from '../src/cli/servers/agenda.ts';
import { freshDatabase, testConfig } from './harness.ts';
import { eventually } from './receiver.ts';

let folder: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'creneau-outbox-'));
  database = await freshDatabase();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** A server on the database of this test. */
const start = (outboxDays: number) =>
  startAgenda({ ...testConfig(database.url), outboxDays, ...(database.url === undefined ? { data: folder } : {}) });

it('a server deletes what was delivered longer ago than its setting, and nothing else', async () => {
  const forever = await start(0);
  for (const [name, delivered, failed] of [
    ['old', "now() - interval '2 days'", 'NULL'],
    ['new', "now() - interval '2 hours'", 'NULL'],
    ['refused', 'NULL', "now() - interval '200 days'"],
    ['waiting', 'NULL', 'NULL'],
  ])
    await forever.database.query(
      `INSERT INTO outbox (destination, ordering_key, payload, created_at, delivered_at, failed_at)
       VALUES ('nowhere', '${name}', '{}', now() - interval '300 days', ${delivered}, ${failed})`,
    );
  await forever.close();
  const still = await start(0);
  const left = async (server: typeof still): Promise<string[]> =>
    (
      await server.database.query<{ key: string }>(
        `SELECT ordering_key AS key FROM outbox WHERE destination = 'nowhere' ORDER BY 1`,
      )
    ).map(({ key }) => key);
  expect(await left(still)).toEqual(['new', 'old', 'refused', 'waiting']);
  await still.close();
  const server = await start(1);
  await eventually(
    () => left(server),
    (found) => !found.includes('old'),
  );
  expect(await left(server)).toEqual(['new', 'refused', 'waiting']);
  await server.close();
});
