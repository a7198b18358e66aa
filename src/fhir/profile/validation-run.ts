/** The state of one validation: the resources of a Bundle by name, and the faults that were found already. */
import type { Issue } from '../issue.ts';
import type { Resource } from '../resource.ts';
import { isType, list } from '../resources.ts';
import type { ProfileDefinition } from './definition.ts';

/** State of the validation of one resource or Bundle. */
export interface ValidationRun {
  /** The resources of a Bundle by what refers to them: the `fullUrl`, its last two parts, type and id. */
  entries: ReadonlyMap<string, Resource>;
  faults: Map<Resource, Map<ProfileDefinition, Issue[]>>;
}

export function openRun(validated: Resource): ValidationRun {
  const entries = new Map<string, Resource>();
  for (const { fullUrl, resource } of isType(validated, 'Bundle') ? list(validated.entry) : []) {
    if (resource === undefined) continue;
    for (const name of [fullUrl, fullUrl?.split('/').slice(-2).join('/'), `${resource.resourceType}/${resource.id}`]) {
      if (name !== undefined && !entries.has(name)) entries.set(name, resource);
    }
  }
  return { entries, faults: new Map() };
}
