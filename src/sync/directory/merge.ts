/**
 * A resource of the directory laid over the one that is stored. Of resources that the directory has brought it owns
 * names, addresses, professions and states; of a practice's own it completes identifiers and professions only.
 * Everything else stays: telephone numbers, durations, places and extensions that a practice has added.
 */
import type { CodeableConcept, Coding, Identifier, Json, Reference } from '../../fhir/resource.ts';
import { list, type Practitioner, type PractitionerRole } from '../../fhir/resources.ts';
import {
  DIRECTORY_TAG,
  type DirectoryResource,
  isDirectoryCode,
  isSpecialty,
  professionsIn,
  specialtiesIn,
} from './entry.ts';

/** Is it one of those that the directory has brought? */
export function isDirectorys({ meta }: DirectoryResource): boolean {
  return list(meta?.tag).some(({ system, code }) => system === DIRECTORY_TAG.system && code === DIRECTORY_TAG.code);
}

export function tagged<R extends DirectoryResource>(resource: R): R {
  return { ...resource, meta: { tag: [DIRECTORY_TAG] } };
}

/** The elements that the directory owns of what it has brought: where it says nothing, there is nothing. */
const OWNED: ReadonlyMap<string, readonly string[]> = new Map([
  ['Organization', ['name', 'type', 'alias', 'address', 'partOf', 'active']],
  ['Location', ['name', 'address', 'status', 'managingOrganization']],
  ['PractitionerRole', ['code', 'specialty', 'practitioner', 'organization', 'active']],
]);

/** `stored`: as it is now. */
export function merged(
  stored: DirectoryResource,
  fresh: DirectoryResource,
  keepsSpecialties: boolean,
): DirectoryResource {
  const isOwned = isDirectorys(stored);
  // A tombstone has its id and its state, and ends what the directory has brought.
  if (fresh['active'] === false && fresh['name'] === undefined && fresh['practitioner'] === undefined)
    return isOwned ? { ...stored, active: false } : stored;
  const kept = { ...stored, ...identifiersOf(stored, fresh) };
  if (stored.resourceType === 'Practitioner' && fresh.resourceType === 'Practitioner')
    return { ...stored, ...identifiersOf(stored, fresh), ...practitionerParts(stored, fresh, keepsSpecialties) };
  if (!isOwned) return kept;
  const owned = OWNED.get(stored.resourceType) ?? [];
  const isKept = ([name]: [string, unknown]): boolean =>
    !owned.includes(name) || (name === 'specialty' && keepsSpecialties);
  const own = Object.fromEntries(Object.entries(kept).filter(isKept));
  const brought = Object.fromEntries(Object.entries(fresh).filter(([name]) => owned.includes(name)));
  const added = Object.fromEntries(Object.entries(fresh).filter(([name]) => !(name in kept)));
  return { ...own, ...brought, ...added } as DirectoryResource;
}

function identifiersOf(stored: DirectoryResource, fresh: DirectoryResource): { identifier?: Identifier[] } {
  const own = list(stored.identifier);
  const added = list(fresh.identifier).filter(
    ({ system, value }) => !own.some((known) => known.system === system && known.value === value),
  );
  return own.length + added.length === 0 ? {} : { identifier: [...own, ...added] };
}

function practitionerParts(
  stored: Practitioner,
  fresh: Practitioner,
  keepsSpecialties: boolean,
): Partial<Practitioner> {
  const isOwned = isDirectorys(stored);
  const others = list(stored.qualification).filter(
    ({ code }) => !isDirectoryCode(code) || (keepsSpecialties && isSpecialty(code)),
  );
  const qualification = [...list(fresh.qualification), ...others];
  return {
    ...(qualification.length === 0 ? {} : { qualification }),
    ...((isOwned || stored.name === undefined) && fresh.name !== undefined ? { name: fresh.name } : {}),
    ...(isOwned && fresh.active !== undefined ? { active: fresh.active } : {}),
  };
}

/** The role with what the guides search: profession and specialties of its person, place of its structure. */
export function completed(role: PractitionerRole, person: Practitioner | undefined, place: string | undefined) {
  const code = [...list(role.code), ...(person === undefined ? [] : professionsIn(person))];
  const specialty = person === undefined ? [] : specialtiesIn(person);
  const location: Reference[] = place === undefined ? [] : [{ reference: place }];
  return {
    ...role,
    ...(code.length === 0 ? {} : { code: distinct(code) }),
    ...(specialty.length === 0 ? {} : { specialty: distinct(specialty) }),
    ...(location.length === 0 ? {} : { location }),
  };
}

function distinct(concepts: readonly CodeableConcept[]): CodeableConcept[] {
  const keyOf = ({ coding }: CodeableConcept): string => JSON.stringify(list(coding).map(keyOfCoding));
  return [...new Map(concepts.map((concept) => [keyOf(concept), concept])).values()];
}

function keyOfCoding({ system, code }: Coding): string {
  return `${system}|${code}`;
}

/** Without the part of `meta` that each write changes. */
export function contentOf({ meta, ...content }: DirectoryResource): Json {
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...kept } = meta ?? {};
  return { ...content, meta: kept };
}
