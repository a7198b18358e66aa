/** The participants of an appointment who take part in person, as references. */
import { equivalentTokens } from '../../fhir/french/identifiers.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { localReference, localTarget } from '../../fhir/local-reference.ts';
import type { Identifier, Reference } from '../../fhir/resource.ts';
import { type Appointment, list } from '../../fhir/resources.ts';
import { SEARCHED_TYPES } from '../../fhir/search/parameters.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';

export interface AppointmentActor {
  /** `Type/id` */
  reference: string;
  /** For a PractitionerRole: its Practitioner. */
  practitioner: string | undefined;
}

/** Types in which a logical reference without a type is looked up. */
const IDENTIFIED_TYPES = ['Practitioner', 'PractitionerRole', 'Location', 'Device', 'HealthcareService'];

export async function actorsOf(reader: ResourceReader, appointment: Appointment): Promise<AppointmentActor[]> {
  const actors: AppointmentActor[] = [];
  for (const { required, status, actor } of list(appointment.participant)) {
    if (required === 'information-only' || status === 'declined') continue;
    const found = await actorIn(reader, actor);
    if (found !== undefined) actors.push(found);
  }
  return actors;
}

/** The actor that this reference names; `undefined`: nobody who is known here. */
export async function actorIn(
  reader: ResourceReader,
  actor: Reference | undefined,
): Promise<AppointmentActor | undefined> {
  const reference = actor && (await resolve(reader, actor));
  if (reference === undefined) return undefined;
  const isRole = reference.startsWith('PractitionerRole/');
  return { reference, practitioner: isRole ? await practitionerOf(reader, reference) : undefined };
}

/** A logical reference is looked up by its identifier. */
async function resolve(reader: ResourceReader, actor: Reference): Promise<string | undefined> {
  const reading = localReference(actor);
  if (reading.is === 'local') return `${reading.type}/${reading.id}`;
  if (reading.is !== 'logical' || actor.identifier?.value === undefined) return undefined;
  const isKnownType = actor.type !== undefined && SEARCHED_TYPES.includes(actor.type);
  return lookUp(reader, isKnownType ? [actor.type!] : IDENTIFIED_TYPES, actor.identifier);
}

async function lookUp(
  reader: ResourceReader,
  types: readonly string[],
  identifier: Identifier,
): Promise<string | undefined> {
  const tokens = identifier.system === undefined ? [identifier.value!] : equivalentTokens(identifier);
  const found = await reader.byIdentifier(types, tokens, 2);
  if (found.length > 1) {
    throw new FhirError('multiple-matches', 'A participant is named by an identifier that several resources have', {
      status: 422,
      expression: 'Appointment.participant.actor.identifier',
      text: 'Un participant est désigné par un identifiant que plusieurs ressources portent.',
    });
  }
  return found[0];
}

async function practitionerOf(reader: ResourceReader, role: string): Promise<string | undefined> {
  const [stored] = await reader.readReferences([role]);
  return stored === undefined ? undefined : localTarget(parseResource('PractitionerRole', stored.body!).practitioner);
}
