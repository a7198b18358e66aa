/**
 * The address in a mail by which a patient sees, moves and cancels the appointment: a new one in each. Only servers
 * with pages for the public have them, at an address that the settings name. ADR 0037
 */
import type { Appointment } from '../../fhir/resources.ts';
import type { Config } from '../../runtime/config.ts';
import type { Database } from '../../store/engine/database.ts';
import { ManageLinks } from '../../store/records/manage-links.ts';
import { giveLink } from './give-link.ts';

/** `undefined`: this person manages the appointment some other way. */
export type ManageAddress = (appointment: Appointment, person: string) => Promise<string | undefined>;

export function manageAddress(
  { publicPages, publicUrl }: Pick<Config, 'publicPages' | 'publicUrl'>,
  database: Database,
): ManageAddress {
  const links = new ManageLinks(database);
  return async (appointment, person) => {
    if (!publicPages || publicUrl === undefined || !/^(Patient|RelatedPerson)\//.test(person)) return undefined;
    return publicUrl + (await giveLink(links, appointment, person));
  };
}
