/** The tools of operators on every server: towns, messages that wait in the outbox, the state of the server. */
import { outboxOperations } from '../rest/operations/outbox-operations.ts';
import { stateOperation } from '../rest/operations/state-operation.ts';
import { townsOperation } from '../rest/operations/towns.ts';
import type { Config } from '../runtime/config.ts';
import { Outbox } from '../store/delivery/outbox.ts';
import { databaseVersion } from '../store/engine/health.ts';
import { Towns } from '../store/records/towns.ts';
import type { Town } from '../towns/town.ts';
import type { Feature, ServerParts } from './feature.ts';
import { keepOutbox } from './keep-outbox.ts';
import { databaseMetrics } from './database-metrics.ts';
import { VERSION } from './listening.ts';

/** Options that name files with certificates. */
export const CERTIFICATE_OPTIONS = [
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
export function administration(parts: ServerParts, towns: readonly Town[] = []): Feature {
  const { config, database, log, metrics, certificates } = parts;
  databaseMetrics(database, metrics);
  const list = new Towns(database, towns);
  const outbox = new Outbox(database);
  let keeping: ReturnType<typeof keepOutbox> | undefined;
  return {
    name: 'administration',
    operations: () => [
      townsOperation((query) => list.find(query)),
      ...outboxOperations(outbox),
      stateOperation({
        version: VERSION,
        certificates: () => certificates.dates(),
        database: () => databaseVersion(database),
      }),
    ],
    start() {
      certificates.start();
      keeping = keepOutbox(outbox, config.outboxDays, log);
    },
    async close() {
      certificates.close();
      await keeping?.close();
    },
  };
}
