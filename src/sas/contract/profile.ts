/** The meaning of a resource at the SAS, by the profile that it declares, in any version of the guide. */
import type { Resource } from '../../fhir/resource.ts';
import { inAnyVersion } from './contract.ts';

const ACCOUNT = inAnyVersion(({ profiles }) => profiles.account);
const SOS_APPOINTMENT = inAnyVersion(({ profiles }) => profiles.sosAppointment);

/** A regulator's account, not the directory's record of a practitioner. */
export function isAccount(resource: Resource | undefined): boolean {
  return resource?.resourceType === 'Practitioner' && declares(resource, ACCOUNT);
}

/** An appointment at SOS Médecins. */
export function isSosAppointment(resource: Resource): boolean {
  return declares(resource, SOS_APPOINTMENT);
}

/** A canonical may name a version of its own: `url|1.2.0`. */
function declares({ meta }: Resource, profiles: ReadonlySet<string>): boolean {
  return meta?.profile?.some((url) => profiles.has(url.split('|')[0]!)) ?? false;
}
