/**
 * Writing a Subscription: its topic, filters and endpoint make sense; callers ask it to begin (`requested`) or to end
 * (`off`), the server tells how it goes.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Change } from '../../store/write/repository.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import { masked, readChannel, unmasked } from './subscription.ts';
import { requireOpen } from '../way-out.ts';

/** The Subscription with its header values, apart from every FHIR request. */
export const CHANNEL = 'SubscriptionChannel';

/** The server itself, when it activates a Subscription or gives it up; no caller has this role. */
export const RELAY: Readonly<Omit<Context, 'now'>> = {
  requestId: 'subscription',
  caller: 'créneau',
  roles: ['urn:creneau:relay'],
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
    const isOurs = context.roles.includes(RELAY.roles[0]!);
    if (!isOurs && !['requested', 'off'].includes(change.after['status'])) {
      throw new FhirError(
        'business-rule',
        'Subscription.status is requested (to begin) or off (to end); the server makes it active, or error',
        {
          expression: 'Subscription.status',
          text: 'status attend « requested » (commencer) ou « off » (arrêter) ; le serveur écrit « active » ou « error ».',
        },
      );
    }
    const stored = await reader.read(CHANNEL, id);
    const whole = unmasked(change.after, stored?.body === undefined ? undefined : (parseJson(stored.body) as Resource));
    const { endpoint } = readChannel(whole);
    if (!isOurs) {
      await requireOpen(endpoint, allowPrivate, 'Subscription.channel.endpoint');
      delete whole['error'];
    }
    unit.put(whole, method, CHANNEL);
    change.after = masked(whole);
  };
}
