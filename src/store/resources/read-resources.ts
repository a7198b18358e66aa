/** The resources behind references, read into values. */
import { parseAnyResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceReader } from './resource-reader.ts';

/** Living resources by their `Type/id`; missing ones are left out. */
export async function resourcesByReference(
  reader: Pick<ResourceReader, 'readReferences'>,
  references: Iterable<string>,
): Promise<Map<string, Resource>> {
  const stored = await reader.readReferences(references);
  return new Map(stored.map(({ type, id, body }) => [`${type}/${id}`, parseAnyResource(body!)]));
}

/** The same without their references. */
export async function readResources(
  reader: Pick<ResourceReader, 'readReferences'>,
  references: Iterable<string>,
): Promise<Resource[]> {
  return [...(await resourcesByReference(reader, references)).values()];
}
