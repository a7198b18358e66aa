/** The e-mail addresses of a person or a place that a calendar can write as `mailto:`. */
import type { Resource } from '../../../fhir/resource.ts';
import { telecomsOf } from '../../../fhir/shared-elements.ts';

export function mailAddressesOf(resource: Resource | undefined): string[] {
  return telecomsOf(resource)
    .filter(({ system, use }) => system === 'email' && use !== 'old')
    .flatMap(({ value }) => (value !== undefined && /^[^\s<>",;:@]+@[^\s<>",;:@]+$/.test(value) ? [value] : []));
}
