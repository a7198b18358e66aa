/**
 * `creneau secrets check`: how many secrets of the database are sealed with the first key of the settings. `creneau
 * secrets reseal`: seals the others, while servers work. Exit status 1: something is in clear or cannot be opened.
 */
import { parseResource, stringifyJson } from '../../fhir/json.ts';
import type { Config } from '../../runtime/config.ts';
import { Secrets } from '../../runtime/secrets.ts';
import { resealAll } from '../../store/records/sealed-places.ts';
import { resealHeaders } from '../../sync/subscriptions/header-secrets.ts';
import { openCommandDatabase } from './command-database.ts';

export async function secretsCommand(config: Config, files: readonly string[]): Promise<void> {
  const [action] = files;
  if (action !== 'check' && action !== 'reseal') throw new Error('creneau secrets check | reseal');
  const secrets = new Secrets(config.secretKeys);
  if (!secrets.hasKey)
    throw new Error('--secret-key : sans clé, les secrets sont en clair / secrets are in clear text');
  const database = await openCommandDatabase(config);
  try {
    const channel = (body: string): string | undefined => resealed(secrets, body);
    if (action === 'reseal') await resealAll(database, secrets, channel, true);
    const counts = await resealAll(database, secrets, channel, false);
    for (const [place, { current, others, lost }] of counts)
      process.stdout.write(
        `${place} : ${current} chiffrés / sealed, ${others} à chiffrer / to seal, ${lost} illisibles / lost\n`,
      );
    if ([...counts.values()].some(({ others }) => others > 0)) process.exitCode = 1;
  } finally {
    await database.close();
  }
}

/**
 * The text of a stored Subscription: unchanged if each of its headers is sealed with the first key, `undefined` if no
 * key opens them.
 */
export function resealed(secrets: Secrets, body: string): string | undefined {
  const subscription = parseResource('Subscription', body);
  const sealed = resealHeaders(secrets, subscription);
  if (sealed === undefined) return undefined;
  const isSame = stringifyJson(sealed.channel) === stringifyJson(subscription.channel);
  return isSame ? body : stringifyJson(sealed);
}
