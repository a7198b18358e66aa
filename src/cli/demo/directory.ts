/**
 * The directory of the platform, made from the territory of the demonstration in place of the national directory: who
 * practises which specialty, where, and under which national identifier.
 */
import { IDNPS } from '../../fhir/french/identifiers.ts';
import { parseJson } from '../../fhir/json.ts';
import type { Town } from '../../towns/town.ts';
import type { Identifier, Json, Reference, Resource } from '../../fhir/resource.ts';
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
  const all = async (type: string): Promise<Resource[]> =>
    (await backend.repository.reader.search(type, [], { count: 1000, total: false })).rows.map(
      (row) => parseJson(row.body!) as Resource,
    );
  const [practitioners, locations, roles] = await Promise.all(
    ['Practitioner', 'Location', 'PractitionerRole'].map(all),
  );
  const byReference = new Map(
    [...practitioners!, ...locations!].map((practitioner) => [
      `${practitioner.resourceType}/${practitioner.id}`,
      practitioner,
    ]),
  );
  const people = new Map<string, Resource>();
  const found = roles!.flatMap((role) => {
    const practitioner = byReference.get((role['practitioner'] as Reference | undefined)?.reference ?? '');
    const national = (practitioner?.['identifier'] as Identifier[] | undefined)?.find(
      (identifier) => identifier.system === IDNPS,
    );
    const place = byReference.get((role['location'] as Reference[] | undefined)?.[0]?.reference ?? '');
    if (practitioner === undefined || national?.value === undefined || place === undefined) return [];
    const id = `ps-${national.value}`;
    const name = practitioner['name'] as Json[];
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
  { id, specialty }: Resource,
  practitioner: object,
  { id: placeId, name, address, position }: Resource,
): Resource {
  const place = {
    resourceType: 'Location',
    id: placeId,
    name,
    address,
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
  } as Resource;
}

function displayOf([name]: readonly Json[]): string {
  return ['Dr', ...(name?.given ?? []), name?.family].filter(Boolean).join(' ');
}
