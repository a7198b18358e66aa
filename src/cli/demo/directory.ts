/**
 * The directory of the platform, made from the territory of the demonstration in place of the national directory: who
 * practises which specialty, where, and under which national identifier.
 */
import { IDNPS } from '../../fhir/french/identifiers.ts';
import type { Town } from '../../towns/town.ts';
import type { HumanName, Reference, Resource } from '../../fhir/resource.ts';
import { list, type Location, type PractitionerRole, type ResourceTypes } from '../../fhir/resources.ts';
import { parseResource } from '../../fhir/json.ts';
import { OVERSEAS, TOWNS } from '../../demo/names.ts';
import type { AgendaServer } from '../servers/agenda.ts';

/** The fictional towns, for searches by name. */
export const FICTIONAL_TOWNS: readonly Town[] = [...TOWNS, OVERSEAS].map(
  ({ name, postalCode, latitude, longitude, weight }) => ({
    code: `F${postalCode.slice(1)}`,
    name,
    postcodes: [postalCode],
    population: 1000 * weight,
    latitude,
    longitude,
  }),
);

/**
 * The practitioners, with ids of the form `ps-[national identifier]` like those that the platform learns from answers,
 * and their roles, each with its place inside.
 */
export async function directoryOf({ backend }: AgendaServer): Promise<Resource[]> {
  const all = async <T extends 'Practitioner' | 'Location' | 'PractitionerRole'>(
    type: T,
  ): Promise<ResourceTypes[T][]> =>
    (await backend.repository.reader.search(type, [], { count: 1000, total: 'none' })).rows.map((row) =>
      parseResource(type, row.body!),
    );
  const [practitioners, locations, roles] = await Promise.all([
    all('Practitioner'),
    all('Location'),
    all('PractitionerRole'),
  ]);
  const practitionerAt = new Map(
    practitioners.map((practitioner) => [`Practitioner/${practitioner.id}`, practitioner]),
  );
  const locationAt = new Map(locations.map((location) => [`Location/${location.id}`, location]));
  const people = new Map<string, Resource>();
  const found = roles.flatMap((role) => {
    const practitioner = practitionerAt.get(role.practitioner?.reference ?? '');
    const national = practitioner?.identifier?.find((identifier) => identifier.system === IDNPS);
    const place = locationAt.get(role.location?.[0]?.reference ?? '');
    if (practitioner === undefined || national?.value === undefined || place === undefined) return [];
    const id = `ps-${national.value}`;
    const name = list(practitioner.name);
    people.set(id, { resourceType: 'Practitioner', id, identifier: [national], name });
    return [
      toEntry(
        role,
        {
          reference: `Practitioner/${id}`,
          identifier: { system: IDNPS, value: national.value },
          display: displayOf(name),
        },
        place,
      ),
    ];
  });
  return [...people.values(), ...found];
}

function toEntry(
  { id, specialty }: PractitionerRole,
  practitioner: Reference,
  { id: placeId, name, address, position }: Location,
): PractitionerRole {
  const place: Location = {
    resourceType: 'Location',
    id: placeId!,
    ...(name && { name }),
    ...(address && { address }),
    ...(position === undefined ? {} : { position }),
  };
  return {
    resourceType: 'PractitionerRole',
    id: `dir-${id}`.slice(0, 64),
    contained: [place],
    active: true,
    practitioner,
    location: [{ reference: `#${placeId}`, display: String(name) }],
    ...(specialty === undefined ? {} : { specialty }),
  };
}

function displayOf([name]: readonly HumanName[]): string {
  return ['Dr', ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');
}
