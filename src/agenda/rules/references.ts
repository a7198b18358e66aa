/** Checks that every literal reference of a resource leads to a resource. https://hl7.org/fhir/R4/references.html */
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { localReference } from '../../fhir/local-reference.ts';
import type { Json } from '../../fhir/resource.ts';
import { list } from '../../fhir/resources.ts';
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Change } from '../../store/write/write-rules.ts';

interface FoundReference {
  reference: string;
  path: string;
}

export interface ReferenceTargets {
  /** A reference to it that was there before may stay, whatever has become of it. */
  isKept(target: string): boolean;
  /** The ids that exist without a row. */
  isComputed(type: string, id: string): boolean;
  /** Those of these `Type/id` of which the caller must not learn that they exist. */
  unseen(targets: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Throws `not-found` (422) with the path of each reference that leads nowhere. */
export async function checkReferences(
  reader: ResourceReader,
  { before, after }: Pick<Change, 'before' | 'after'>,
  { isComputed, isKept, unseen }: ReferenceTargets,
): Promise<void> {
  if (after === undefined) return;
  const resource = after;
  const found: FoundReference[] = [];
  collect(resource, resource.resourceType, found);
  const contained = new Set(list(resource.contained).map(({ id }) => `#${id}`));
  const issues: Issue[] = [];
  const wanted = new Map<string, string>();
  for (const { reference, path } of found) {
    if (reference.startsWith('#')) {
      if (reference !== '#' && !contained.has(reference)) issues.push(missing(reference, path));
      continue;
    }
    const reading = localReference({ reference });
    if (reading.is !== 'local' || !SEARCHED_TYPES.includes(reading.type)) continue;
    if (isComputed(reading.type, reading.id)) continue;
    const target = `${reading.type}/${reading.id}`;
    if (target !== `${resource.resourceType}/${resource.id}`) wanted.set(path, target);
  }
  if (wanted.size > 0) {
    const existing = await reader.existing(wanted.values());
    // A reference that was there before tells the caller nothing new.
    const earlier: FoundReference[] = [];
    if (before !== undefined) collect(before, before.resourceType, earlier);
    const known = new Set(earlier.map(({ reference }) => reference));
    for (const target of await unseen([...existing].filter((name) => !known.has(name)))) existing.delete(target);
    for (const [path, target] of wanted)
      if (!existing.has(target) && !(isKept(target) && known.has(target))) issues.push(missing(target, path));
  }
  const [first, ...more] = issues;
  if (first !== undefined) {
    throw new FhirError('not-found', first.diagnostics, {
      status: 422,
      expression: first.expression!,
      text: first.text!,
      more,
    });
  }
}

function collect(value: Json, path: string, found: FoundReference[]): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) collect(item, `${path}[${i}]`, found);
  } else if (value !== null && typeof value === 'object') {
    if (typeof value.reference === 'string') found.push({ reference: value.reference, path: `${path}.reference` });
    for (const key of Object.keys(value))
      if (typeof value[key] === 'object') collect(value[key], `${path}.${key}`, found);
  }
}

function missing(reference: string, path: string): Issue {
  return issue('error', 'not-found', `${reference.slice(0, 130)} does not exist`, {
    expression: path,
    text: `La référence ${reference.slice(0, 130)} ne mène à rien : créez d'abord cette ressource.`,
  });
}
