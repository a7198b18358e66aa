/** How people and things are called in front of people. */
import type { Json, Resource } from '../../src/fhir/resource.ts';

export function personName(resource: Resource | undefined): string {
  const [name] = (resource?.['name'] ?? []) as Json[];
  if (name === undefined) return '';
  if (name.text !== undefined) return name.text;
  const prefix = String(name.prefix?.[0] ?? '')
    .replace(/^DR$/i, 'Dr')
    .replace(/^PR$/i, 'Pr');
  return [prefix, (name.given ?? []).join(' '), name.family].filter(Boolean).join(' ');
}

/** Of any resource that stands in an agenda. */
export function actorName(resource: Resource | undefined): string {
  switch (resource?.resourceType) {
    case 'Practitioner':
    case 'Patient':
    case 'RelatedPerson':
      return personName(resource);
    case 'Device':
      return resource['deviceName']?.[0]?.name ?? resource['type']?.text ?? '';
    default:
      return typeof resource?.['name'] === 'string' ? resource['name'] : '';
  }
}

export function conceptName(concept: Json): string {
  return concept?.text ?? concept?.coding?.[0]?.display ?? concept?.coding?.[0]?.code ?? '';
}
