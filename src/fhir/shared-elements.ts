/** Elements that many resource types have, of a resource whose type does not matter to the reader. */
import type { ContactPoint, HumanName, Identifier, Resource } from './resource.ts';
import { isType } from './resources.ts';

export function identifiersOf(resource: Resource | undefined): Identifier[] {
  return arrayOf(resource?.['identifier']);
}

export function telecomsOf(resource: Resource | undefined): ContactPoint[] {
  return arrayOf(resource?.['telecom']);
}

/** The names of a person: none for a place, whose name is a text. */
export function humanNamesOf(resource: Resource | undefined): HumanName[] {
  return arrayOf(resource?.['name']);
}

/** The name of a person, a place or a thing on one line: `Dr Anne Vasseur`. */
export function nameOf(resource: Resource): string | undefined {
  if (isType(resource, 'Device')) return resource.deviceName?.[0]?.name;
  if (typeof resource['name'] === 'string') return resource['name'];
  const [name] = humanNamesOf(resource);
  if (name === undefined) return undefined;
  const { text, prefix = [], given = [], family } = name;
  return (text ?? [...prefix, ...given, family].filter(Boolean).join(' ')) || undefined;
}

/** The structure check has seen what is in them. */
function arrayOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? value : [];
}
