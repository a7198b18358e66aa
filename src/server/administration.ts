/** What operators need of every server: towns, messages that wait in the outbox, the state of the server. */
import { outboxOperations } from '../rest/operations/outbox-operations.ts';
import { stateOperation } from '../rest/operations/state-operation.ts';
import { townsOperation } from '../rest/operations/towns.ts';
import type { Config } from '../runtime/config.ts';
import { certificateDates } from '../runtime/tls/certificate-dates.ts';
import { Outbox } from '../store/delivery/outbox.ts';
import { databaseVersion } from '../store/engine/health.ts';
import { Towns } from '../store/records/towns.ts';
import type { Town } from '../towns/town.ts';
import type { Feature, ServerParts } from './feature.ts';
import { databaseMetrics } from './database-metrics.ts';
import { VERSION } from './listening.ts';

/** Options that name files with certificates. */
const CERTIFICATE_OPTIONS = [
  'tlsCert',
  'tlsClientCa',
  'partnerCert',
  'partnerCa',
  'sasClientCert',
  'sasCa',
  'amqpCert',
  'amqpCa',
] as const satisfies readonly (keyof Config)[];

/** `towns`: found beside those of the official list. */
export function administration({ config, database, metrics }: ServerParts, towns: readonly Town[] = []): Feature {
  databaseMetrics(database, metrics);
  const list = new Towns(database, towns);
  const files = CERTIFICATE_OPTIONS.map((option) => [option, config[option]] as const);
  return {
    name: 'administration',
    operations: () => [
      townsOperation((query) => list.find(query)),
      ...outboxOperations(new Outbox(database)),
      stateOperation({
        version: VERSION,
        certificates: () => certificateDates(files),
        database: () => databaseVersion(database),
      }),
    ],
  };
}
