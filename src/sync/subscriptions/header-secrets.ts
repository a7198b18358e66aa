/**
 * The header values of a Subscription are secrets of its endpoint. Inside they are sealed, each in its line
 * (`Authorization: sealed:1:…`), and opened for the delivery alone.
 */
import { FhirError } from '../../fhir/issue.ts';
import type { Subscription } from '../../fhir/foundation.ts';
import { isSealed, type Secrets } from '../../runtime/secrets.ts';

/** Seals values that are plain. Throws `business-rule` (422) for one that looks sealed: a caller wrote it so. */
export function sealHeaders(secrets: Secrets, subscription: Subscription): Subscription {
  return withValues(subscription, (value, place) => {
    if (!isSealed(value)) return secrets.seal(value, place);
    throw new FhirError('business-rule', 'A header value cannot begin with sealed:1:', {
      expression: 'Subscription.channel.header',
      text: 'Valeur d’en-tête refusée.',
    });
  });
}

/** Seals anew with the first key; `undefined` when no key opens a value. */
export function resealHeaders(secrets: Secrets, subscription: Subscription): Subscription | undefined {
  let isLost = false;
  const sealed = withValues(subscription, (value, place) => {
    const again = secrets.reseal(value, place);
    isLost ||= again === undefined;
    return again;
  });
  return isLost ? undefined : sealed;
}

/** Throws `exception` when no key opens a value: better no delivery than one without its header. */
export function openHeaders(secrets: Secrets, subscription: Subscription): Subscription {
  return withValues(subscription, (value, place) => {
    const opened = secrets.open(value, place);
    if (opened === undefined) throw new FhirError('exception', 'No --secret-key opens a header of this Subscription');
    return opened;
  });
}

/** Without the lines whose value no key opens: their writer sends it anew. */
export function knownHeaders(secrets: Secrets, subscription: Subscription): Subscription {
  return withValues(subscription, (value, place) => secrets.open(value, place));
}

function withValues(
  subscription: Subscription,
  change: (value: string, place: string) => string | undefined,
): Subscription {
  const { header } = subscription.channel ?? {};
  if (header === undefined) return subscription;
  const lines = header.flatMap((line) => {
    const [, name = '', value] = /^([^:]*):[ \t]*(.*)$/s.exec(line) ?? [];
    if (value === undefined) return line;
    const changed = change(value, `header:${subscription.id}:${name.toLowerCase()}`);
    return changed === undefined ? [] : `${name}: ${changed}`;
  });
  return { ...subscription, channel: { ...subscription.channel, header: lines } };
}
