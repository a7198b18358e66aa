/** The names by which people know persons, places, devices and concepts. */
import type { CodeableConcept, HumanName, Resource } from '../../src/fhir/resource.ts';
import { isType } from '../../src/fhir/resources.ts';

function personName(person: { name?: HumanName[] } | undefined): string {
  const [name] = person?.name ?? [];
  if (name === undefined) return '';
  if (name.text !== undefined) return name.text;
  return [shortPrefix(name), ...(name.given ?? []), name.family].filter(Boolean).join(' ');
}

/** `MARTIN Alice`, as French lists do: the family name stays in sight when the rest is cut. */
export function patientName(patient: { name?: HumanName[] } | undefined): string {
  const [name] = patient?.name ?? [];
  if (name?.family === undefined) return personName(patient);
  return [name.family.toLocaleUpperCase('fr'), ...(name.given ?? [])].join(' ');
}

/** National registers write DR and PR. */
function shortPrefix({ prefix }: HumanName): string {
  return (prefix?.[0] ?? '').replace(/^DR$/i, 'Dr').replace(/^PR$/i, 'Pr');
}

/** The name of a resource that may stand in an agenda. */
export function actorName(actor: Resource | undefined): string {
  if (actor === undefined) return '';
  if (isType(actor, 'Patient')) return patientName(actor);
  if (isType(actor, 'Practitioner') || isType(actor, 'RelatedPerson')) return personName(actor);
  if (isType(actor, 'Device')) return actor.deviceName?.[0]?.name ?? actor.type?.text ?? '';
  return typeof actor['name'] === 'string' ? actor['name'] : '';
}

export function conceptName(concept: CodeableConcept | undefined): string {
  const [coding] = concept?.coding ?? [];
  return concept?.text ?? coding?.display ?? coding?.code ?? '';
}
