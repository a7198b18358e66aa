/** The occupied resources of agendas: `$overlaps`, and keys that are computed again while the server runs. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import { recomputeKeys } from '../rules/recompute-keys.ts';
import type { RuleServices } from '../rules/services.ts';
import { overlapsOperation } from './overlaps.ts';

/** A program of an older version writes keys by its own rule: they are wrong for no longer than this. */
const EVERY_MS = 2_000;

export function occupationFeature({ database, log }: ServerParts, services: RuleServices): Feature {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const work = (): Promise<unknown> => {
    running = recomputeKeys(services, database, log)
      .catch((error) =>
        log.debug({ error: (error as Error).message }, 'the occupied resources cannot be computed again'),
      )
      .finally(() => {
        if (isClosed) return;
        timer = setTimeout(work, EVERY_MS);
        timer.unref();
      });
    return running;
  };
  return {
    name: 'occupation',
    operations: () => [overlapsOperation(services)],
    start() {
      void work();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
