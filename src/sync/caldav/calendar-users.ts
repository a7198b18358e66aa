/**
 * By which addresses calendar programs know agendas (`calendar-user-address`): the e-mail addresses of their
 * professionals, or of their place or device where they have none; and the address of the collection itself.
 */
import { actorsOf } from '../../fhir/actors.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Resource } from '../../fhir/resource.ts';
import { isType, type Schedule } from '../../fhir/resources.ts';
import { resourcesByReference } from '../../store/resources/read-resources.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { mailAddressesOf } from '../ical/out/mail-addresses.ts';

/** Somebody or something that an agenda is of. */
export interface CalendarUser {
  /** Id of the Schedule. */
  schedule: string;
  /** `Practitioner/x`, for a role too; `Location/x`. */
  reference: string;
  /** In their canonical form. */
  addresses: string[];
}

export async function calendarUsers(
  reader: Pick<ResourceReader, 'readReferences'>,
  schedules: readonly Schedule[],
): Promise<CalendarUser[]> {
  const actors = await resourcesByReference(reader, schedules.flatMap(actorsOf));
  const people = await resourcesByReference(reader, [...actors.values()].flatMap(playerOf));
  return schedules.flatMap((schedule) => {
    const own = actorsOf(schedule);
    const professionals = own.filter((reference) => /^Practitioner(Role)?\//.test(reference));
    return (professionals.length === 0 ? own : professionals).map((actor) => {
      const resource = actors.get(actor);
      const [player] = resource === undefined ? [] : playerOf(resource);
      const addresses = [resource, people.get(player ?? '')].flatMap(mailAddressesOf).map(mailtoOf);
      return { schedule: schedule.id!, reference: player ?? actor, addresses: [...new Set(addresses)] };
    });
  });
}

/** The practitioner of a role. */
function playerOf(resource: Resource): string[] {
  return isType(resource, 'PractitionerRole') ? [localTarget(resource.practitioner) ?? []].flat() : [];
}

export const mailtoOf = (email: string): string => `mailto:${email.toLowerCase()}`;

/** One form for each address: mail in lower case; a path where the address is one of this server (`host`). */
export function canonicalAddress(address: string, host: string | undefined): string {
  if (/^mailto:/i.test(address)) return address.toLowerCase();
  const [, server, path = address] = /^https?:\/\/([^/?#]+)(\/[^?#]*)$/i.exec(address) ?? [];
  if (server !== undefined && server.toLowerCase() !== host?.toLowerCase()) return address;
  return path.startsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}
