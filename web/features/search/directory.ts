/**
 * Who is looked for: the directory of the platform, asked by name, specialty and place; or the identifiers as they were
 * written.
 */
import { IDNPS, prefixed } from '../../../src/fhir/french/identifiers.ts';
import type { Json } from '../../../src/fhir/resource.ts';
import { search } from '../../fhir/client.ts';
import type { SearchSearch } from './route.ts';

/** People of one search: beyond, the address of the request would be too long, and the answer of no use. */
export const MAX_PEOPLE = 300;

export interface Point {
  latitude: number;
  longitude: number;
}

export interface KnownPlace extends Partial<Point> {
  name: string;
  /** Number and street. */
  line: string;
  city: string;
  postalCode: string;
}

export interface KnownPerson {
  /** National identifier, with its prefix. */
  id: string;
  name: string;
  specialty: string;
  places: KnownPlace[];
}

export interface Crowd {
  people: KnownPerson[];
  /** More match than are asked for. */
  total: number;
}

/** Is there enough to look for somebody? */
export function isAsked({ name, specialty, ids, near }: SearchSearch): boolean {
  return [name, specialty, ids, near].some((one) => one !== undefined);
}

export async function findPeople(
  { name, specialty, ids, near, radius = 10 }: SearchSearch,
  signal?: AbortSignal,
): Promise<Crowd> {
  if (ids !== undefined) {
    const written = identifiersIn(ids);
    if (written.length === 0) return { people: [], total: 0 };
    // Names and places, where the directory has them; the others are asked for all the same.
    const asked = written.slice(0, MAX_PEOPLE);
    const { matches } = await search(
      'PractitionerRole',
      { 'practitioner.identifier': asked.map((one) => `${IDNPS}|${one}`).join(','), _count: '1000' },
      signal,
    );
    const known = new Map(peopleOf(matches).map((one) => [one.id, one]));
    return {
      people: asked.map((id) => known.get(id) ?? { id, name: id, specialty: '', places: [] }),
      total: written.length,
    };
  }
  const { matches } = await search(
    'PractitionerRole',
    { active: 'true', name, specialty, near: near && `${near}|${radius}|km`, _count: '1000' },
    signal,
  );
  const people = peopleOf(matches);
  return { people: people.slice(0, MAX_PEOPLE), total: people.length };
}

/** However they are separated, with the prefix of their kind or without, each once. */
export function identifiersIn(text: string): string[] {
  const values = text.split(/[\s,;]+/).map((part) => part.slice(part.lastIndexOf('|') + 1));
  return [
    ...new Set(
      values.filter((value) => value !== '').map((value) => prefixed({ system: IDNPS, value })?.value ?? value),
    ),
  ];
}

function peopleOf(roles: readonly Json[]): KnownPerson[] {
  const people = new Map<string, KnownPerson>();
  for (const role of roles) {
    const id: string | undefined = role.practitioner?.identifier?.value;
    if (id === undefined) continue;
    const person: KnownPerson = people.get(id) ?? {
      id,
      name: role.practitioner.display ?? id,
      specialty: role.specialty?.[0]?.coding?.[0]?.display ?? role.specialty?.[0]?.text ?? '',
      places: [],
    };
    for (const place of (role.contained ?? []).filter((contained: Json) => contained.resourceType === 'Location'))
      person.places.push(placeOf(place));
    people.set(id, person);
  }
  return [...people.values()];
}

export function placeOf({ name = '', address = {}, position }: Json): KnownPlace {
  return {
    name,
    line: (address.line ?? []).join(', '),
    city: address.city ?? '',
    postalCode: address.postalCode ?? '',
    ...(position === undefined ? {} : { latitude: Number(position.latitude), longitude: Number(position.longitude) }),
  };
}

export function pointOf(near: string | undefined): Point | undefined {
  const [latitude, longitude] = (near ?? '').split('|').map(Number);
  return near === undefined || latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** `47.05, 3.6` or `47,05 3,6`: what a map or an emergency call tells. `undefined`: it is no point of the earth. */
export function pointIn(text: string): Point | undefined {
  const [, latitude, longitude] =
    /^\s*(-?\d{1,2}[.,]\d+)\s*[,;|\s]\s*(-?\d{1,3}[.,]\d+)\s*$/
      .exec(text)
      ?.map((one) => Number(one.replace(',', '.'))) ?? [];
  return latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180
    ? undefined
    : { latitude, longitude };
}

/** Great-circle distance, kilometres. */
export function distanceKm(a: Point, b: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 12_742 * Math.asin(Math.sqrt(half));
}
