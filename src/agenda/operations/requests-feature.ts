/** Ends requests that nobody answers in time (`rules/request-expiry.ts`), and lists mails that reached nobody. */
import type { Feature, ServerParts } from '../../server/feature.ts';
import { Outbox } from '../../store/delivery/outbox.ts';
import { type Relay, startRelay } from '../../store/delivery/relay.ts';
import { undeliveredOperations } from './undelivered.ts';
import { endRequest, REQUESTS } from '../rules/request-expiry.ts';
import type { RuleServices } from '../rules/services.ts';

export function requestsFeature({ database, log, now }: ServerParts, services: RuleServices): Feature {
  let relay: Relay | undefined;
  return {
    name: 'requests',
    operations: () => undeliveredOperations(services),
    start({ backend }) {
      relay = startRelay({
        outbox: new Outbox(database),
        destination: REQUESTS,
        deliver: ({ payload }) => endRequest(services, backend, payload, now()),
        log,
      });
    },
    close: () => relay?.close(),
  };
}
