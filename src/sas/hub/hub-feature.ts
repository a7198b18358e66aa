/** The messages to the LRM: the operations for operators, and the link to the Hub Santé when a broker is configured. */
import { POLL_MS, Reloaded } from '../../runtime/tls/reloaded.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import { HubMessages } from '../../store/records/hub-messages.ts';
import { brokerSettings } from './broker-settings.ts';
import { type HubLink, startHubLink } from './hub-link.ts';
import { hubOperations } from './hub-operations.ts';
import { readSamuSettings } from './samu.ts';

/**
 * Without `--amqp-url` the messages to the Hub wait in the outbox. Throws when the file of the SAMUs is missing or
 * wrong.
 */
export function hubFeature(parts: ServerParts): Feature {
  const { config, database } = parts;
  const operations: Feature['operations'] = () => hubOperations(database);
  if (config.amqpUrl === undefined) return { name: 'hub', operations };
  if (config.samu === undefined) throw new Error('--amqp-url demande / needs --samu FILE');
  const samus = new Reloaded([config.samu], ([file]) => readSamuSettings(file!));
  return { name: 'hub', operations, ...linkOf(parts, samus) };
}

function linkOf(
  { config, database, log, metrics }: ServerParts,
  samus: Reloaded<ReturnType<typeof readSamuSettings>>,
): Pick<Feature, 'start' | 'reload' | 'close'> {
  const ledger = new HubMessages(database);
  let link: HubLink | undefined;
  let timer: NodeJS.Timeout | undefined;
  metrics.gauge('creneau_hub_connected', '1 while the broker of the Hub answers', () => (link?.isConnected() ? 1 : 0));
  metrics.gauge(
    'creneau_hub_unacknowledged',
    'Messages that the Hub took and no LRM has acknowledged yet',
    async () => (await ledger.counts()).taken ?? 0,
  );
  metrics.gauge('creneau_hub_failed', 'Messages to the LRM that failed or expired and wait for somebody', async () => {
    const { failed = 0, expired = 0 } = await ledger.counts();
    return failed + expired;
  });
  return {
    start() {
      timer = setInterval(() => samus.check(log), POLL_MS);
      const settings = {
        broker: brokerSettings(config, 'creneau platform'),
        clientId: config.hubClientId,
        exchange: config.hubExchange,
        ttlMs: config.hubTtlMinutes * 60_000,
        samus: () => samus.current,
        // The Hub and the LRM judge the times of a message by the clock of the world, never by a test's.
        now: Date.now,
      };
      link = startHubLink(database, settings, log);
    },
    reload: () => void samus.check(log),
    async close() {
      clearInterval(timer);
      await link?.close();
    },
  };
}
