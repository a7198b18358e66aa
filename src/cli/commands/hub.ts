/**
 * `creneau hub CLIENT...`: plays the Hub Santé on a broker, for demonstrations: the exchange, the queues of the given
 * clients, routing and errors.
 */
import type { Config } from '../../runtime/config.ts';
import { openLog } from '../../runtime/log.ts';
import { openBroker } from '../../sas/hub/amqp.ts';
import { playHub } from '../../sas/hub/dispatch.ts';
import { brokerSettings } from '../../sas/hub/broker-settings.ts';
import { untilConnected } from './broker-wait.ts';
import { untilSignal } from './signal.ts';

const HUB_ID = 'fr.health.hub';

export async function serveHub(config: Config, clients: readonly string[]): Promise<void> {
  if (clients.length < 2)
    throw new Error(
      `creneau hub CLIENT... : les identifiants clients / the client ids, ${config.hubClientId} fr.health.samu330`,
    );
  const log = openLog(config.logLevel);
  const broker = openBroker(brokerSettings(config, 'creneau hub'), log);
  await untilConnected(broker);
  const hub = await playHub(
    broker,
    { hubId: HUB_ID, clients: new Set(clients), exchange: config.hubExchange, now: Date.now },
    (line) => process.stdout.write(`${line}\n`),
    log,
  );
  process.stdout.write(
    `Hub Santé (joué / played) : échangeur / exchange ${config.hubExchange}, clients ${clients.join(', ')}\n`,
  );
  await untilSignal();
  await hub.close();
  await broker.close();
}
