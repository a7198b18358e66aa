/**
 * `creneau accounts reset --to https://host/sas`: deactivates every active regulator account, as the platform would
 * (INT_R02), so that a run of the national conformance kit finds its identifiers and mail addresses free. Nothing is
 * deleted.
 */
import { FhirError } from '../../fhir/issue.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import type { Config } from '../../runtime/config.ts';
import { openRemote, type Remote } from './remote.ts';

const PAGE = 100;

export async function accounts(config: Config, [action, ...more]: readonly string[]): Promise<void> {
  if (action !== 'reset' || more.length > 0 || config.to === undefined)
    throw new Error('creneau accounts reset --to https://host/sas [--to-cert FILE --to-key FILE --to-ca FILE]');
  const remote = openRemote(config.to.replace(/\/fhir$/, '/sas'), config);
  try {
    const count = await deactivateAll(remote);
    process.stdout.write(`${count} comptes désactivés / accounts deactivated\n`);
  } finally {
    await remote.close();
  }
}

/** Returns how many accounts were active. */
export async function deactivateAll(remote: Pick<Remote, 'ask'>): Promise<number> {
  let count = 0;
  // Each round takes the first page: those that are deactivated leave it.
  for (let before = -1; before !== count; ) {
    before = count;
    const { entry = [] } = await remote.ask('GET', `Practitioner?active=true&_count=${PAGE}`);
    for (const { resource } of entry) {
      if (resource?.resourceType !== 'Practitioner' || resource.active === false) continue;
      const [identifier] = identifiersOf(resource);
      if (identifier?.value === undefined)
        throw new FhirError('required', `Practitioner/${resource.id} has no identifier`);
      const token = `${identifier.system}|${identifier.value}`;
      const { id: _, ...account } = resource;
      await remote.ask(
        'PUT',
        `Practitioner?identifier=${encodeURIComponent(token)}`,
        JSON.stringify({ ...account, active: false }),
      );
      count += 1;
    }
  }
  return count;
}
