/** Who is looked for: the directory of the platform, asked by name, specialty and place; or the identifiers as they were written. */
import type { Json } from '../../src/fhir/resource.ts';
import { search } from '../fhir/client.ts';
import type { SearchSearch } from './route.ts';

export const RPPS = 'urn:oid:1.2.250.1.71.4.2.1';

/** People of one search: beyond, the address of the request would be too long, and the answer of no use. */
export const MOST_PEOPLE = 300;

export interface Point {
  latitude: number;
  longitude: number;
}

export interface KnownPlace extends Partial<Point> {
  name: string;
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

export async function findPeople({ name, specialty, ids, near, radius = 10 }: SearchSearch, signal?: AbortSignal): Promise<Crowd> {
  const written = [...new Set((ids ?? '').split(/[\s,;]+/).filter((one) => one !== ''))];
  if (written.length > 0) {
    // Names and places, where the directory has them; the others are asked for all the same.
    const { matches } = await search('PractitionerRole', { 'practitioner.identifier': written.map((one) => `${RPPS}|${one}`).join(','), _count: '1000' }, signal);
    const known = peopleOf(matches);
    return { people: written.slice(0, MOST_PEOPLE).map((id) => known.find((one) => one.id === id) ?? { id, name: id, specialty: '', places: [] }), total: written.length };
  }
  const { matches } = await search('PractitionerRole', { active: 'true', name, specialty, near: near && `${near}|${radius}|km`, _count: '1000' }, signal);
  const people = peopleOf(matches);
  return { people: people.slice(0, MOST_PEOPLE), total: people.length };
}

function peopleOf(roles: readonly Json[]): KnownPerson[] {
  const people = new Map<string, KnownPerson>();
  for (const role of roles) {
    const id: string | undefined = role.practitioner?.identifier?.value;
    if (id === undefined) continue;
    const person: KnownPerson = people.get(id) ?? { id, name: role.practitioner.display ?? id, specialty: role.specialty?.[0]?.coding?.[0]?.display ?? role.specialty?.[0]?.text ?? '', places: [] };
    for (const place of (role.contained ?? []).filter((one: Json) => one.resourceType === 'Location')) person.places.push(placeOf(place));
    people.set(id, person);
  }
  return [...people.values()];
}

export function placeOf({ name = '', address = {}, position }: Json): KnownPlace {
  return { name, city: address.city ?? '', postalCode: address.postalCode ?? '', ...(position === undefined ? {} : { latitude: Number(position.latitude), longitude: Number(position.longitude) }) };
}

export function pointOf(near: string | undefined): Point | undefined {
  const [latitude, longitude] = (near ?? '').split('|').map(Number);
  return near === undefined || latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

/** Great-circle distance, kilometres. */
export function distanceKm(a: Point, b: Point): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 12_742 * Math.asin(Math.sqrt(half));
}
