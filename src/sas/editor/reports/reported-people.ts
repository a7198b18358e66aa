/** The participants of an appointment and the person who booked it, by the identifiers that the SAS knows. Spec: 6.5 */
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { Identifier, Reference, Resource } from '../../../fhir/resource.ts';
import { type Appointment, asType, isType, list } from '../../../fhir/resources.ts';
import { identifiersOf } from '../../../fhir/shared-elements.ts';
import { parseAnyResource } from '../../../fhir/json.ts';
import type { Surroundings } from '../../../server/feature.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { nationalIdentifier, type SasIdentifier } from '../../contract/identifier.ts';
import type { ReportedActors } from './appointment-report.ts';

/** Professionals who take part, else those of the agendas. */
export async function reportedActors(appointment: Appointment, surroundings: Surroundings): Promise<ReportedActors> {
  const { reader } = surroundings;
  const agendas = await surroundings.agendasOf(appointment);
  const participants = list(appointment.participant)
    .filter(({ status }) => status !== 'declined')
    .flatMap(({ actor }) => (actor === undefined ? [] : [actor]));
  const named = await professionalsAmong(participants, appointment, reader);
  const owners = agendas.flatMap(({ actors }) => actors.filter(isProfessional)).map((reference) => ({ reference }));
  return {
    professionals: named.length > 0 ? named : await professionalsAmong(owners, appointment, reader),
    isSos: agendas.length > 0 && owners.length === 0,
  };
}

function isProfessional(reference: string): boolean {
  return /^Practitioner(Role)?\//.test(reference);
}

async function professionalsAmong(
  actors: readonly Reference[],
  appointment: Appointment,
  reader: ResourceReader,
): Promise<SasIdentifier[]> {
  const professionals = new Map<string, SasIdentifier>();
  for (const actor of actors) {
    const target = localTarget(actor);
    if (target !== undefined && !isProfessional(target)) continue;
    const identifiers = await identifiersBehind(actor, appointment, reader);
    const [national] = identifiers.flatMap((identifier) => nationalIdentifier(identifier, IDNPS) ?? []);
    if (national !== undefined) professionals.set(national.value, national);
  }
  return [...professionals.values()];
}

/** The reference's own identifier, else those of the resource that it names; for a role, those of its practitioner. */
export async function identifiersBehind(
  { identifier, reference = '' }: Reference,
  holder: Resource,
  reader: ResourceReader,
): Promise<Identifier[]> {
  if (identifier?.value !== undefined) return [identifier];
  if (reference.startsWith('#')) return identifiersOf(holder.contained?.find(({ id }) => `#${id}` === reference));
  const target = localTarget({ reference });
  const [stored] = target === undefined ? [] : await reader.readReferences([target]);
  if (stored === undefined) return [];
  const resource = parseAnyResource(stored.body!);
  if (isType(resource, 'Practitioner')) return identifiersOf(resource);
  const practitioner = asType(resource, 'PractitionerRole')?.practitioner;
  return practitioner === undefined ? [] : identifiersBehind(practitioner, resource, reader);
}
