/**
 * Whether a balancer should send requests here: the server is not stopping, the database answers and accepts writes,
 * the schema is ours, the feed is alive, the event loop is not behind. Told from what is known already, so that it is
 * answered at once under any load.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Database } from '../store/engine/database.ts';
import { isServed } from '../store/engine/health.ts';

/** An event loop that is behind by more cannot serve more. */
const MAX_LOOP_DELAY_MS = 2_000;
const LOOK_EVERY_MS = 1_000;

export interface Readiness {
  /** The reasons why the server is not ready; empty: it is. */
  faults(): string[];
  /** Asks about one more thing: a reason, or `undefined`. */
  ask(question: () => string | undefined): void;
  close(): void;
}

export function openReadiness(database: Database): Readiness {
  const questions: (() => string | undefined)[] = [];
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let loopDelayMs = 0;
  let isSchemaOurs = true;
  const timer = setInterval(() => {
    loopDelayMs = delay.max / 1e6;
    delay.reset();
    isServed(database).then(
      (served) => (isSchemaOurs = served),
      () => {}, // A database that is away is told by its health.
    );
  }, LOOK_EVERY_MS);
  timer.unref();
  questions.push(
    () => (database.health().isWritable ? undefined : 'the database does not answer, or accepts no writes'),
    () => (isSchemaOurs ? undefined : 'the schema wants a newer program'),
    () => (loopDelayMs > MAX_LOOP_DELAY_MS ? `the event loop is behind by ${Math.round(loopDelayMs)} ms` : undefined),
  );
  return {
    faults: () => questions.map((question) => question()).filter((fault) => fault !== undefined),
    ask: (question) => void questions.push(question),
    close() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
