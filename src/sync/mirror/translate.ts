/** A resource of one server as the other one is to have it: references and identifiers are those of the target. */
import { isDeepStrictEqual } from 'node:util';
import { isExtension } from '../../fhir/extension.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Extension, Json, Resource } from '../../fhir/resource.ts';
import { list } from '../../fhir/resources.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import type { Side } from './side.ts';

/** From `Type/id` of one server to that of the other. */
export type References = ReadonlyMap<string, string>;

export interface Direction {
  from: Side;
  to: Side;
  references: References;
}

/**
 * Slots are computed by each server: the time and the actors say the same. Delegations are between the manager and its
 * callers.
 */
export function translated<T extends Resource>(resource: T, { from, to, references }: Direction): T {
  const own = identifiersOf(resource).filter(({ system }) => system !== `${to.base}/${resource.resourceType}`);
  const isCopy = to.originalOf(resource) !== undefined;
  const profile = resource.meta?.['profile'];
  const extension = list(resource.extension).filter((extension) => !isExtension(extension, 'delegation'));
  return moved(
    {
      ...resource,
      ...{ id: undefined, slot: undefined, text: undefined },
      meta: profile === undefined ? undefined : { profile },
      identifier: isCopy ? own : [...own, from.markOf(resource)],
      extension: extension.length === 0 ? undefined : extension,
    },
    from.base,
    references,
  );
}

/** Resources that are not mirrored are named by their address, and so belong to nobody else. */
function moved(value: Json, base: string, references: References): Json {
  if (Array.isArray(value)) return value.map((item) => moved(item, base, references));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key !== 'reference' || typeof item !== 'string') return [key, moved(item as Json, base, references)];
      const target = localTarget({ reference: item });
      return [key, target === undefined ? item : (references.get(target) ?? `${base}/${target}`)];
    }),
  );
}

/** Elements that each server writes by itself. */
const OWN = ['id', 'meta', 'text', 'slot', 'identifier', 'created'];

/** Two resources say the same, beside what each server writes by itself. */
export function isSame(a: Resource, b: Resource): boolean {
  const content = (resource: Resource): Json =>
    JSON.parse(JSON.stringify({ ...resource, ...Object.fromEntries(OWN.map((name) => [name, undefined])) }));
  return isDeepStrictEqual(content(a), content(b));
}

function isAvailability(extension: Extension): boolean {
  return isExtension(extension, 'availabilityTime');
}

/** An agenda with the availabilities of another one. */
export function withAvailabilities<T extends Resource>(schedule: T, other: Resource): T {
  const rest = list(schedule.extension).filter((extension) => !isAvailability(extension));
  return { ...schedule, extension: [...rest, ...list(other.extension).filter(isAvailability)] };
}
