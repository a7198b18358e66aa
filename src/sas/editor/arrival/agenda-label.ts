/** Whose agenda it is and where, for people to read. */
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import { parseJson } from '../../../fhir/json.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { Json, Reference, Resource } from '../../../fhir/resource.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';

export interface AgendaLabel {
  practitioner: string;
  specialty: string;
  address: string;
  phone: string;
}

export async function agendaLabel(reader: ResourceReader, loaded: LoadedAgenda): Promise<AgendaLabel> {
  const actors = await readAll(reader, loaded.actors);
  const roles = actors.filter(({ resourceType }) => resourceType === 'PractitionerRole');
  const behindRoles = roles.flatMap((role) => [
    localTarget(role['practitioner']),
    ...((role['location'] as Reference[] | undefined) ?? []).map((location) => localTarget(location)),
  ]);
  const contained = roles.flatMap((role) => (role['contained'] as Resource[] | undefined) ?? []);
  const all = [...actors, ...(await readAll(reader, behindRoles)), ...contained];
  const first = (type: string): Resource | undefined => all.find(({ resourceType }) => resourceType === type);
  const practitioners = new Map(
    all.filter(({ resourceType }) => resourceType === 'Practitioner').map((person) => [person.id, personName(person)]),
  );
  const location = first('Location');
  const specialty = ((loaded.resource['specialty'] ?? roles[0]?.['specialty']) as Json[] | undefined)?.[0];
  return {
    practitioner:
      [...practitioners.values()].join(', ') || first('HealthcareService')?.['name'] || location?.['name'] || 'Agenda',
    specialty: specialty?.text ?? specialty?.coding?.[0]?.display ?? '',
    address: addressLine(location),
    phone: [...roles, location].flatMap(phones)[0] ?? '',
  };
}

async function readAll(reader: ResourceReader, references: readonly (string | undefined)[]): Promise<Resource[]> {
  const literal = references.filter((reference) => reference !== undefined && !reference.startsWith('#')) as string[];
  return (await reader.readReferences(literal)).map(({ body }) => parseJson(body!) as Resource);
}

function addressLine(location: Resource | undefined): string {
  const address: Json = location?.['address'];
  const city = [address?.postalCode, address?.city].filter(Boolean).join(' ');
  return [location?.['name'], ...(address?.line ?? []), city].filter(Boolean).join(', ');
}

function phones(resource: Resource | undefined): string[] {
  return ((resource?.['telecom'] as Json[] | undefined) ?? [])
    .filter(({ system }) => system === 'phone')
    .flatMap(({ value }) => (value === undefined ? [] : [String(value)]));
}

export function personName(resource: Resource): string {
  const name = (resource['name'] as Json[] | undefined)?.[0];
  return name?.text ?? [...(name?.prefix ?? []), ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');
}
