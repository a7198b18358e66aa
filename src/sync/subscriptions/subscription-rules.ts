/**
 * The write rule of Subscription: topic, filters and endpoint must be usable. Callers write `requested` (start) or
 * `off` (stop); only the server writes `active` and `error`.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType } from '../../fhir/resources.ts';
import { type Author, authorOf } from '../../server/authors.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Unit } from '../../store/write/unit.ts';
import { knownHeaders, sealHeaders } from './header-secrets.ts';
import { isOwnTopic, masked, readChannel, unknownTopic, unmasked } from './subscription.ts';
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
  secrets: Secrets,
): (context: Context, change: Change, unit: Unit) => Promise<void> {
  return async (context, change, unit) => {
    const { id, version, method } = change;
    const after = asType(change.after, 'Subscription');
    if (after === undefined) {
      unit.remove(CHANNEL, id, version, new Date(context.now).toISOString());
      return;
    }
    const isServer = context.roles.includes(RELAY_ROLE);
    if (!isServer && !['requested', 'off'].includes(after.status)) {
      throw new FhirError(
        'business-rule',
        'Subscription.status must be requested (start) or off (stop); only the server writes active and error',
        {
          expression: 'Subscription.status',
          text:
            'status attend « requested » (commencer) ou « off » (arrêter) ; ' +
            'le serveur écrit « active » ou « error ».',
        },
      );
    }
    const stored = await reader.read(CHANNEL, id);
    const before = stored?.body === undefined ? undefined : parseResource('Subscription', stored.body);
    const plain = unmasked(after, before && knownHeaders(secrets, before));
    const whole = sealHeaders(secrets, plain);
    const { endpoint, canonical } = readChannel(plain);
    if (!isServer) {
      if (!isOwnTopic(canonical, context.base)) throw unknownTopic();
      await requirePublicAddress(endpoint, allowPrivate, 'Subscription.channel.endpoint');
      delete whole.error;
    }
    change.after = masked(whole);
    // The last caller who wrote the Subscription answers for it; the server only notes how it is doing.
    const author = isServer ? readAuthor(before) : authorOf(context);
    unit.put({ ...whole, ...(author === undefined ? {} : { [AUTHOR]: author }) }, method, CHANNEL);
  };
}

/** Element of the internal copy alone. */
const AUTHOR = 'creneauAuthor';

/** `undefined` where an older version of the program wrote the Subscription. */
export function readAuthor(channel: Resource | undefined): Author | undefined {
  return channel?.[AUTHOR] as Author | undefined;
}
