/** The operations that both servers offer: towns, what waits for others, the state of the server. */
import type { Place } from '../../towns/town.ts';
import type { Operation } from '../../rest/backend.ts';
import { outboxOperations } from '../../rest/operations/outbox-operations.ts';
import { placesOperation } from '../../rest/operations/towns.ts';
import { stateOperation } from '../../rest/operations/state-operation.ts';
import type { Config } from '../../runtime/config.ts';
import { certificateDates } from '../../runtime/tls/certificate-dates.ts';
import type { Database } from '../../store/engine/database.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { Places } from '../../store/records/towns.ts';
import { VERSION } from './listening.ts';

/**
 * `towns`: found beside those of the official list. `more`: files with certificates that are not options of their own.
 */
export function commonOperations(config: Config, database: Database, towns: readonly Place[] = []): Operation[] {
  const places = new Places(database, towns);
  const files = (
    ['tlsCert', 'tlsClientCa', 'partnerCert', 'partnerCa', 'sasClientCert', 'sasCa', 'amqpCert', 'amqpCa'] as const
  ).map((key) => [key, (config as unknown as Record<string, string | undefined>)[key]] as const);
  const state = {
    version: VERSION,
    certificates: () => certificateDates(files),
    database: async () => {
      const [row] = await database.query<{ v: string }>(`SELECT current_setting('server_version') AS v`);
      return `${database.kind === 'embedded' ? 'PGlite, PostgreSQL' : 'PostgreSQL'} ${row!.v}`;
    },
  };
  return [
    placesOperation((query) => places.find(query)),
    ...outboxOperations(new Outbox(database)),
    stateOperation(state),
  ];
}
