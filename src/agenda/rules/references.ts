/** Literal references: where they are, and that they lead somewhere. https://hl7.org/fhir/R4/references.html */
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { localReference } from '../../fhir/local-reference.ts';
import type { Json, Resource } from '../../fhir/resource.ts';
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';

interface Found {
  reference: string;
  path: string;
}

/**
 * Throws 422 `not-found` with the place of each reference to nothing. `computed` tells which ids exist without a row.
 */
export async function checkReferences(
  reader: ResourceReader,
  resource: Resource,
  computed: (type: string, id: string) => boolean,
): Promise<void> {
  const found: Found[] = [];
  collect(resource, resource.resourceType, found);
  const contained = new Set(
    ((resource['contained'] as Resource[] | undefined) ?? []).map((contained) => `#${contained.id}`),
  );
  const issues: Issue[] = [];
  const wanted = new Map<string, string>();
  for (const { reference, path } of found) {
    if (reference.startsWith('#')) {
      if (reference !== '#' && !contained.has(reference)) issues.push(nothing(reference, path));
      continue;
    }
    const reading = localReference({ reference });
    if (reading.is !== 'local') continue;
    const { type, id } = reading;
    if (!SEARCHED_TYPES.includes(type) || computed(type, id)) continue;
    const target = `${type}/${id}`;
    if (target !== `${resource.resourceType}/${resource.id}`) wanted.set(path, target);
  }
  if (wanted.size > 0) {
    const existing = new Set(
      (await reader.readReferences(wanted.values())).map((reference) => `${reference.type}/${reference.id}`),
    );
    for (const [path, target] of wanted) if (!existing.has(target)) issues.push(nothing(target, path));
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

function collect(value: Json, path: string, found: Found[]): void {
  if (Array.isArray(value)) {
    for (const [i, one] of value.entries()) collect(one, `${path}[${i}]`, found);
  } else if (value !== null && typeof value === 'object') {
    if (typeof value.reference === 'string') found.push({ reference: value.reference, path: `${path}.reference` });
    for (const key of Object.keys(value))
      if (typeof value[key] === 'object') collect(value[key], `${path}.${key}`, found);
  }
}

function nothing(reference: string, path: string): Issue {
  return issue('error', 'not-found', `${reference.slice(0, 130)} does not exist`, {
    expression: path,
    text: `La référence ${reference.slice(0, 130)} ne mène à rien : créez d'abord cette ressource.`,
  });
}
