/** The broker of the Hub as the settings name it, and the platform's link to it. */
import type { Config } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { POLL_EVERY, Reloaded } from '../../runtime/tls/reloaded.ts';
import type { Broker, BrokerSettings } from '../../sas/hub/amqp.ts';
import { type HubLink, startHubLink } from '../../sas/hub/hub-link.ts';
import { readSamuSettings } from '../../sas/hub/samu.ts';
import type { Database } from '../../store/engine/database.ts';

const LOCAL = 'amqp://guest:guest@127.0.0.1:5672';

export function brokerSettings({ amqpUrl, amqpCa, amqpCert, amqpKey }: Config, name: string): BrokerSettings {
  return { url: amqpUrl ?? LOCAL, ca: amqpCa, cert: amqpCert, key: amqpKey, name };
}

/** Says so when it takes time; a signal ends the program meanwhile. */
export async function untilConnected(broker: Broker): Promise<void> {
  const timer = setTimeout(
    () => process.stderr.write('en attente du courtier AMQP / waiting for the AMQP broker\n'),
    2000,
  );
  await broker.ready();
  clearTimeout(timer);
}

/**
 * `undefined` without `--amqp-url`: then what is for the Hub waits in the outbox. Throws when the file of the SAMUs is
 * missing or wrong.
 */
export function openHubLink(config: Config, database: Database, log: Log, metrics: Metrics): HubLink | undefined {
  if (config.amqpUrl === undefined) return undefined;
  if (config.samu === undefined) throw new Error('--amqp-url demande / needs --samu FILE');
  const samus = new Reloaded([config.samu], ([file]) => readSamuSettings(file!));
  const timer = setInterval(() => samus.check(log), POLL_EVERY);
  const settings = {
    broker: brokerSettings(config, 'creneau platform'),
    clientId: config.hubClientId,
    exchange: config.hubExchange,
    ttlMs: config.hubTtlMinutes * 60_000,
    samus: () => samus.current,
    now: Date.now,
  };
  const link = startHubLink(database, settings, log);
  metrics.gauge('creneau_hub_connected', '1 while the broker of the Hub answers', () => (link.isConnected() ? 1 : 0));
  metrics.gauge(
    'creneau_hub_unacknowledged',
    'Messages that the Hub took and no LRM has acknowledged yet',
    async () => (await link.ledger.counts()).taken ?? 0,
  );
  metrics.gauge('creneau_hub_failed', 'Messages to the LRM that failed or expired and wait for somebody', async () => {
    const { failed = 0, expired = 0 } = await link.ledger.counts();
    return failed + expired;
  });
  return {
    ...link,
    async close() {
      clearInterval(timer);
      await link.close();
    },
  };
}
