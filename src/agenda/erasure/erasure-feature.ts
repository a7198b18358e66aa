/** `$expunge`, and the erasure of what is older than it is kept. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Erasure } from '../../store/records/erasure.ts';
import type { AgendaBackend } from '../agenda-backend.ts';
import { expungeOperation } from './expunge.ts';
import { eraseOld } from './retention.ts';

const HOUR_MS = 3_600_000;

export function erasureFeature({ config, database, log, now }: ServerParts): Feature<AgendaBackend> {
  const erasure = new Erasure(database);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  return {
    name: 'erasure',
    // The back end has its repository once it is built, and operations run later.
    operations: (backend) => [
      expungeOperation({
        get repository() {
          return backend.repository;
        },
        erasure,
      }),
    ],
    start({ backend: { repository } }) {
      if (config.keep.length === 0) return;
      const work = (): void => {
        running = eraseOld({ repository, erasure }, config.keep, now(), log).catch((error) =>
          log.warn({ error: (error as Error).message }, 'old resources could not be erased'),
        );
      };
      timer = setInterval(work, HOUR_MS);
      timer.unref();
      work();
    },
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
