/** At the start and once an hour, deletes messages that were delivered longer ago than the operator keeps them. */
import type { Log } from '../runtime/log.ts';
import type { Outbox } from '../store/delivery/outbox.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** `days` 0 keeps everything for ever. Messages that wait or were refused stay until an operator decides. */
export function keepOutbox(outbox: Pick<Outbox, 'sweep'>, days: number, log: Log): { close(): Promise<void> } {
  let sweeping: Promise<unknown> = Promise.resolve();
  const sweep = (): void => {
    sweeping = outbox
      .sweep(days * DAY_MS)
      .catch((error) => log.warn({ error: (error as Error).message }, 'delivered messages could not be deleted'));
  };
  const timer = days === 0 ? undefined : setInterval(sweep, HOUR_MS);
  timer?.unref();
  if (days > 0) sweep();
  return {
    async close() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
