/** The participants of an appointment who take part in person, as references. */
import { equivalentTokens } from '../../fhir/french/identifiers.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
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
    if (required === 'information-only' || status === 'declined' || actor === undefined) continue;
    const reference = await resolve(reader, actor);
    if (reference === undefined) continue;
    const isRole = reference.startsWith('PractitionerRole/');
    actors.push({ reference, practitioner: isRole ? await practitionerOf(reader, reference) : undefined });
  }
  return actors;
}

/** A logical reference is looked up by its identifier. */
async function resolve(reader: ResourceReader, actor: Reference): Promise<string | undefined> {
  const literal = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/.*)?$/.exec(actor.reference ?? '')?.[1];
  if (literal !== undefined) return literal;
  if (actor.identifier?.value === undefined) return undefined;
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
  return stored === undefined ? undefined : parseResource('PractitionerRole', stored.body!).practitioner?.reference;
}
