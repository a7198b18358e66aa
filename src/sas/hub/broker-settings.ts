/** How the settings name the AMQP broker. */
import type { Config } from '../../runtime/config.ts';
import type { BrokerSettings } from './amqp.ts';

const LOCAL = 'amqp://guest:guest@127.0.0.1:5672';

/** `name`: what the broker shows for the connection. */
export function brokerSettings({ amqpUrl, amqpCa, amqpCert, amqpKey }: Config, name: string): BrokerSettings {
  return { url: amqpUrl ?? LOCAL, ca: amqpCa, cert: amqpCert, key: amqpKey, name };
}
