/**
 * `_summary` and `_elements`: a part of a resource, marked SUBSETTED so that it is not written back.
 * https://hl7.org/fhir/R4/search.html#summary, #elements
 */
import { elementsOf } from './definitions.ts';
import type { Json, Resource } from './resource.ts';
import { isType, list } from './resources.ts';

export type Subset = { summary: 'true' | 'text' | 'data' } | { elements: readonly string[] };

const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
const ALWAYS = new Set(['resourceType', 'id', 'meta']);

/** Of a Bundle, each entry's resource is cut and the Bundle itself stays whole. */
export function subset(resource: Resource, asked: Subset): Resource {
  if (isType(resource, 'Bundle')) {
    const entry = resource.entry?.map((entry) =>
      entry.resource === undefined || entry.search?.mode === 'outcome'
        ? entry
        : { ...entry, resource: cut(entry.resource, asked) },
    );
    return { ...resource, ...(entry ? { entry } : {}) };
  }
  return cut(resource, asked);
}

function cut(resource: Resource, asked: Subset): Resource {
  const keep = kept(resource.resourceType, asked);
  const result: Json = {};
  for (const [name, value] of Object.entries(resource)) {
    const element = name.startsWith('_') ? name.slice(1) : name;
    if (ALWAYS.has(element) || keep(element)) result[name] = value;
  }
  const tag = [...list(resource.meta?.tag), SUBSETTED];
  result.meta = { ...(resource.meta ?? {}), tag };
  return result;
}

function kept(type: string, asked: Subset): (element: string) => boolean {
  const elements = elementsOf(type);
  if ('elements' in asked) {
    const names = new Set(asked.elements.map((element) => element.replace(`${type}.`, '')));
    return (element) =>
      names.has(element) || names.has(elements.get(element)?.name ?? '') || (elements.get(element)?.min ?? 0) > 0;
  }
  if (asked.summary === 'data') return (element) => element !== 'text';
  const isMandatory = (element: string): boolean => (elements.get(element)?.min ?? 0) > 0;
  if (asked.summary === 'text') return (element) => element === 'text' || isMandatory(element);
  return (element) => elements.get(element)?.isSummary === true || isMandatory(element);
}
