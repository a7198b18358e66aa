/** The owner and the place of an agenda, for people to read. */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { isType, list, type Location } from '../../../fhir/resources.ts';
import { nameOf, telecomsOf } from '../../../fhir/shared-elements.ts';
import { readResources } from '../../../store/resources/read-resources.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';

export interface AgendaLabel {
  practitioner: string;
  specialty: string;
  address: string;
  phone: string;
}

export async function agendaLabel(reader: ResourceReader, loaded: LoadedAgenda): Promise<AgendaLabel> {
  const actors = await readResources(reader, loaded.actors);
  const roles = actors.filter((actor) => isType(actor, 'PractitionerRole'));
  const behindRoles = roles.flatMap(({ practitioner, location }) =>
    [practitioner, ...list(location)].flatMap((reference) => localTarget(reference) ?? []),
  );
  const contained = roles.flatMap((role) => list(role.contained));
  const all = [...actors, ...(await readResources(reader, behindRoles)), ...contained];
  const practitioners = new Map(
    all.flatMap((actor) => (isType(actor, 'Practitioner') ? [[actor.id, nameOf(actor) ?? '']] : [])),
  );
  const location = all.find((actor) => isType(actor, 'Location'));
  const service = all.find((actor) => isType(actor, 'HealthcareService'));
  const [specialty] = list(loaded.resource.specialty ?? roles[0]?.specialty);
  return {
    practitioner: [...practitioners.values()].join(', ') || service?.name || location?.name || 'Agenda',
    specialty: specialty?.text ?? specialty?.coding?.[0]?.display ?? '',
    address: addressLine(location),
    phone: [...roles, location].flatMap(phones)[0] ?? '',
  };
}

function addressLine(location: Location | undefined): string {
  const { line = [], postalCode, city } = location?.address ?? {};
  return [location?.name, ...line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean).join(', ');
}

function phones(resource: Resource | undefined): string[] {
  return telecomsOf(resource)
    .filter(({ system }) => system === 'phone')
    .flatMap(({ value }) => value ?? []);
}
