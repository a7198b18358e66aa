/** The identifier of a conditional update: that of the body as the criterion, or that of the criterion in the body. */
import { elementOf } from '../../fhir/definitions.ts';
import { type Issue, issue, missing } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { identifiersOf } from '../../fhir/shared-elements.ts';
import type { Backend } from '../backend.ts';

/** The criterion that the body's own identifier makes. Throws `required` (400) unless it has exactly one. */
export function criterionOf(resource: Resource): string {
  const [identifier, ...more] = identifiersOf(resource);
  if (identifier?.value === undefined || more.length > 0) {
    throw missing(
      'PUT without an id needs search criteria, or one identifier in the body',
      'PUT sans identifiant dans l’adresse : donnez un critère, ou un seul identifiant métier dans le contenu.',
      `${resource.resourceType}.identifier`,
    );
  }
  const escaped = (text: string): string => encodeURIComponent(text.replace(/[\\,|$]/g, '\\$&'));
  return `identifier=${escaped(identifier.system ?? '')}|${escaped(identifier.value)}`;
}

/**
 * The body with the identifier of a criterion `identifier=system|value` that it lacks, so that the same request finds
 * it the next time; with a warning. Any other criterion changes nothing.
 */
export function withCriterion(
  { addsIdentifiers }: Pick<Backend, 'addsIdentifiers'>,
  resource: Resource,
  query: string,
): { resource: Resource; warnings: Issue[] } {
  const unchanged = { resource, warnings: [] };
  if (addsIdentifiers !== true) return unchanged;
  const pairs = [...new URLSearchParams(query)].filter(([name]) => name.toLowerCase() === 'identifier');
  const [system = '', value = '', ...more] = pairs.length === 1 ? pairs[0]![1].split('|') : [];
  if (value === '' || more.length > 0 || /[\\,]/.test(system + value)) return unchanged;
  if (elementOf(resource.resourceType, 'identifier')?.isList !== true) return unchanged;
  // A system has several spellings: the same value is the same identifier.
  if (identifiersOf(resource).some((own) => own.value === value)) return unchanged;
  const added = { ...(system === '' ? {} : { system }), value };
  const expression = `${resource.resourceType}.identifier`;
  return {
    resource: { ...resource, identifier: [...identifiersOf(resource), added] },
    warnings: [
      issue('warning', 'value', 'The identifier of the criterion was added to the resource', {
        expression,
        text: "L'identifiant du critère a été ajouté à la ressource.",
      }),
    ],
  };
}
