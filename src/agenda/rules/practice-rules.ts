/**
 * The writes of the manager of a practice beside agendas: its structures, places, devices, services, professionals and
 * their roles. Each belongs to the practice before and after the change, and so does whatever it newly refers to: a
 * manager neither takes something from another practice nor enters one.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseAnyResource, parseResource } from '../../fhir/json.ts';
import { localTarget } from '../../fhir/local-reference.ts';
import type { Json, Reference, Resource } from '../../fhir/resource.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { Change } from '../../store/write/write-rules.ts';
import { practicesOf } from './read-scope.ts';
import type { RuleServices } from './services.ts';

/** The element that names the practice of a resource. */
const PRACTICE_OF: Readonly<Record<string, string>> = {
  Organization: 'partOf',
  Location: 'managingOrganization',
  Device: 'owner',
  HealthcareService: 'providedBy',
  PractitionerRole: 'organization',
};

/** Elements that lead to other parts of a practice. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  Location: ['partOf'],
  Device: ['location'],
  HealthcareService: ['location'],
  PractitionerRole: ['location', 'healthcareService'],
};

/** Throws `forbidden` (403). */
export async function requirePractice(services: RuleServices, context: Context, change: Change): Promise<void> {
  const { type, before, after } = change;
  const practices = practicesOf(context);
  if (type === 'Practitioner') return requireOwnPractitioner(services.reader, practices, change);
  const isOwn = (resource: Resource | undefined): boolean =>
    resource === undefined ||
    (type === 'Organization' && practices.includes(`Organization/${change.id}`)) ||
    targetsOf(resource, PRACTICE_OF[type]!).some((target) => practices.includes(target));
  if (!isOwn(before) || !isOwn(after)) throw elsewhere(type);
  await requireOwnLinks(services.reader, practices, change);
  const [professional] = targetsOf(after, 'practitioner');
  if (type !== 'PractitionerRole' || professional === undefined) return;
  if (targetsOf(before, 'practitioner').includes(professional)) return;
  if (await isElsewhere(services, practices, professional)) throw takenPractitioner();
}

/** A practitioner who works elsewhere too is nobody's to change. */
async function requireOwnPractitioner(
  reader: ResourceReader,
  practices: readonly string[],
  { id, before }: Change,
): Promise<void> {
  if (before === undefined) return;
  const roles = await rolesOf(reader, `Practitioner/${id}`);
  if (roles.length === 0 || !roles.every((role) => isOfPractice(role, practices))) throw elsewhere('Practitioner');
}

async function requireOwnLinks(
  reader: ResourceReader,
  practices: readonly string[],
  { type, before, after }: Change,
): Promise<void> {
  for (const element of LINKS[type] ?? []) {
    const present = targetsOf(before, element);
    const added = targetsOf(after, element).filter((target) => !present.includes(target));
    const found = await reader.readReferences(added);
    const isEachOwn = found.every(({ type: linked, body }) => {
      const resource = parseAnyResource(body!);
      return targetsOf(resource, PRACTICE_OF[linked] ?? '').some((target) => practices.includes(target));
    });
    if (!isEachOwn) throw elsewhere(type, `${type}.${element}`);
  }
}

/** Does the practitioner have a role, or an agenda, that is not of these practices? */
async function isElsewhere(
  { reader, agendas }: RuleServices,
  practices: readonly string[],
  practitioner: string,
): Promise<boolean> {
  const roles = await rolesOf(reader, practitioner);
  if (roles.length > 0) return !roles.some((role) => isOfPractice(role, practices));
  return (await agendas.stored.ofActors([practitioner])).length > 0;
}

async function rolesOf(reader: ResourceReader, practitioner: string): Promise<Resource[]> {
  const references = await reader.referringTo('PractitionerRole', 'practitioner', [practitioner]);
  return (await reader.readReferences(references)).map(({ body }) => parseResource('PractitionerRole', body!));
}

function isOfPractice(role: Resource, practices: readonly string[]): boolean {
  return targetsOf(role, 'organization').some((target) => practices.includes(target));
}

/** The references of one element, as `Type/id`. */
function targetsOf(resource: Resource | undefined, element: string): string[] {
  const value: Json = resource?.[element];
  return [value ?? []].flat().flatMap((reference: Reference) => localTarget(reference) ?? []);
}

function elsewhere(type: string, expression = type): FhirError {
  return new FhirError('forbidden', `This ${type} is not of a practice that this person runs`, {
    expression,
    text: "Cela n'appartient pas au cabinet que vous gérez.",
  });
}

function takenPractitioner(): FhirError {
  return new FhirError('forbidden', 'This practitioner works in another practice', {
    expression: 'PractitionerRole.practitioner',
    text: "Ce praticien exerce déjà dans un autre cabinet : son exercice ici se crée par l'exploitant.",
  });
}
