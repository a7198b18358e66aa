/**
 * The practitioners to search for: found in the platform's directory by name, specialty and place, or the identifiers
 * as they were typed.
 */
import { IDNPS, prefixed } from '../../../src/fhir/french/identifiers.ts';
import { isType, type Location, list, type PractitionerRole } from '../../../src/fhir/resources.ts';
import { search } from '../../fhir/client.ts';
import { DEFAULT_RADIUS_KM, type SearchParams } from './params.ts';
import type { Point } from './points.ts';
import { sameSpecialties } from './specialties.ts';

/** More would make the address of the request too long, and an answer that nobody reads. */
export const MAX_PRACTITIONERS = 300;

export interface DirectoryPlace extends Partial<Point> {
  name: string;
  /** Number and street. */
  line: string;
  city: string;
  postalCode: string;
}

export interface DirectoryPractitioner {
  /** National identifier, with its prefix. */
  id: string;
  name: string;
  specialty: string;
  places: DirectoryPlace[];
}

export interface DirectoryAnswer {
  /** The first `MAX_PRACTITIONERS`. */
  practitioners: DirectoryPractitioner[];
  total: number;
}

export async function findPractitioners(params: SearchParams, signal?: AbortSignal): Promise<DirectoryAnswer> {
  if (params.ids !== undefined) return named(identifiersIn(params.ids), signal);
  const { name, specialty, near, radius = DEFAULT_RADIUS_KM } = params;
  const place = near && `${near}|${radius}|km`;
  const { matches } = await search(
    'PractitionerRole',
    {
      active: 'true',
      // First and last names come in any order.
      'name:contains': name?.split(/[\s,]+/).filter(Boolean),
      specialty: specialty && sameSpecialties(specialty).join(','),
      near: place,
      _count: '1000',
    },
    signal,
  );
  const practitioners = practitionersOf(matches);
  return { practitioners: practitioners.slice(0, MAX_PRACTITIONERS), total: practitioners.length };
}

/** Practitioners that the directory does not know are searched for all the same. */
async function named(ids: readonly string[], signal: AbortSignal | undefined): Promise<DirectoryAnswer> {
  if (ids.length === 0) return { practitioners: [], total: 0 };
  const searched = ids.slice(0, MAX_PRACTITIONERS);
  const identifiers = searched.map((id) => `${IDNPS}|${id}`).join(',');
  const { matches } = await search(
    'PractitionerRole',
    { 'practitioner.identifier': identifiers, _count: '1000' },
    signal,
  );
  const known = new Map(practitionersOf(matches).map((practitioner) => [practitioner.id, practitioner]));
  return {
    practitioners: searched.map((id) => known.get(id) ?? { id, name: id, specialty: '', places: [] }),
    total: ids.length,
  };
}

/** Each once, whatever separates them, with the prefix of their kind or without. */
export function identifiersIn(text: string): string[] {
  const values = text
    .split(/[\s,;]+/)
    .map((part) => part.slice(part.lastIndexOf('|') + 1))
    .filter((value) => value !== '');
  return [...new Set(values.map((value) => prefixed({ system: IDNPS, value })?.value ?? value))];
}

function practitionersOf(roles: readonly PractitionerRole[]): DirectoryPractitioner[] {
  const practitioners = new Map<string, DirectoryPractitioner>();
  for (const role of roles) {
    const id = role.practitioner?.identifier?.value;
    if (id === undefined) continue;
    const practitioner = practitioners.get(id) ?? newPractitioner(id, role);
    practitioner.places.push(...locationsOf(role).map(placeOf));
    practitioners.set(id, practitioner);
  }
  return [...practitioners.values()];
}

function newPractitioner(id: string, role: PractitionerRole): DirectoryPractitioner {
  const [specialty] = list(role.specialty);
  return {
    id,
    name: role.practitioner?.display ?? id,
    specialty: specialty?.coding?.[0]?.display ?? specialty?.text ?? '',
    places: [],
  };
}

/** Directories put the places of a role into the role itself. */
export function locationsOf(role: PractitionerRole | undefined): Location[] {
  return list(role?.contained).filter((resource) => isType(resource, 'Location'));
}

export function placeOf({ name = '', address, position }: Location): DirectoryPlace {
  const { latitude, longitude } = position ?? {};
  return {
    name,
    line: list(address?.line).join(', '),
    city: address?.city ?? '',
    postalCode: address?.postalCode ?? '',
    ...(position === undefined ? {} : { latitude: Number(latitude), longitude: Number(longitude) }),
  };
}
