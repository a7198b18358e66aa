/**
 * The work that continues after a migration, while programs of another level still write: filling in their rows, and
 * retrying the parts that the migration had to leave.
 */
import type { Log } from '../../runtime/log.ts';
import type { Database } from './database.ts';
import { migrate, type MigrationOptions } from './migrate.ts';
import { refillWritten } from './refill.ts';

const FILL_EVERY_MS = 1000;
const FINISH_EVERY_MS = 60_000;

/** The same database; closing it ends the work first. */
export function keepFilled(database: Database, isComplete: boolean, options: MigrationOptions): Database {
  const timers = [
    repeat(
      async () => {
        while (await refillWritten(database, options.ownBases ?? []));
      },
      FILL_EVERY_MS,
      options.log,
    ),
  ];
  if (!isComplete) {
    const finish = repeat(
      async () => {
        const { complete } = await migrate(database, { ...options, isBackground: true });
        if (complete) void finish.stop();
      },
      FINISH_EVERY_MS,
      options.log,
    );
    timers.push(finish);
  }
  return {
    ...database,
    async close() {
      await Promise.all(timers.map((timer) => timer.stop()));
      await database.close();
    },
  };
}

interface Repeated {
  /** Ends after the work under way. */
  stop(): Promise<void>;
}

function repeat(work: () => Promise<void>, everyMs: number, log: Log | undefined): Repeated {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => {
      running = work()
        .catch((error) => log?.debug({ error: (error as Error).message }, 'the database cannot be kept filled'))
        .finally(() => {
          if (!isStopped) wait();
        });
    }, everyMs);
    timer.unref();
  };
  wait();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
