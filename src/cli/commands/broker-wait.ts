/** Waits for the AMQP broker. */
import type { Broker } from '../../sas/hub/amqp.ts';

const SILENT_MS = 2000;

/** Says so when it takes time; a signal ends the program meanwhile. */
export async function untilConnected(broker: Broker): Promise<void> {
  const timer = setTimeout(
    () => process.stderr.write('en attente du courtier AMQP / waiting for the AMQP broker\n'),
    SILENT_MS,
  );
  await broker.ready();
  clearTimeout(timer);
}
