/**
 * The write rule of Subscription: topic, filters and endpoint must be usable. Callers write `requested` (start) or
 * `off` (stop); only the server writes `active` and `error`.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import { masked, readChannel, unmasked } from './subscription.ts';
import { requirePublicAddress } from '../outbound-http.ts';

/** Stores the Subscription with its header values, in a table that no FHIR request reads. */
export const CHANNEL = 'SubscriptionChannel';

/** No caller has this role. */
const RELAY_ROLE = 'urn:creneau:relay';

/** The server itself, when it activates a Subscription or gives it up. */
export const RELAY: Readonly<Omit<Context, 'now'>> = {
  requestId: 'subscription',
  caller: 'créneau',
  roles: ['*', RELAY_ROLE],
  strict: false,
  base: '',
};

export function subscriptionRule(
  reader: ResourceReader,
  allowPrivate: boolean,
): (context: Context, change: Change, unit: Unit) => Promise<void> {
  return async (context, change, unit) => {
    const { id, version, method } = change;
    if (change.after === undefined) {
      unit.remove(CHANNEL, id, version, new Date(context.now).toISOString());
      return;
    }
    const isServer = context.roles.includes(RELAY_ROLE);
    if (!isServer && !['requested', 'off'].includes(change.after['status'])) {
      throw new FhirError(
        'business-rule',
        'Subscription.status must be requested (start) or off (stop); only the server writes active and error',
        {
          expression: 'Subscription.status',
          text: 'status attend « requested » (commencer) ou « off » (arrêter) ; le serveur écrit « active » ou « error ».',
        },
      );
    }
    const stored = await reader.read(CHANNEL, id);
    const whole = unmasked(change.after, stored?.body === undefined ? undefined : (parseJson(stored.body) as Resource));
    const { endpoint } = readChannel(whole);
    if (!isServer) {
      await requirePublicAddress(endpoint, allowPrivate, 'Subscription.channel.endpoint');
      delete whole['error'];
    }
    unit.put(whole, method, CHANNEL);
    change.after = masked(whole);
  };
}
