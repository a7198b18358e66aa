/** Who takes part in an appointment and who booked it, by the identifiers that the SAS knows. Spec: 6.5 */
import { IDNPS } from '../../../fhir/french/identifiers.ts';
import { parseJson } from '../../../fhir/json.ts';
import { localTarget } from '../../../fhir/local-reference.ts';
import type { Identifier, Json, Reference, Resource } from '../../../fhir/resource.ts';
import type { Surroundings } from '../../../server/feature.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { nationalIdentifier, type SasIdentifier } from '../../contract/identifier.ts';
import type { ReportedActors } from './appointment-report.ts';

/** Professionals who take part, else those of the agendas. */
export async function reportedActors(appointment: Resource, surroundings: Surroundings): Promise<ReportedActors> {
  const { reader } = surroundings;
  const agendas = await surroundings.agendasOf(appointment);
  const participants = ((appointment['participant'] as Json[] | undefined) ?? [])
    .filter(({ status, actor }) => status !== 'declined' && actor !== undefined)
    .map(({ actor }) => actor as Reference);
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
  appointment: Resource,
  reader: ResourceReader,
): Promise<SasIdentifier[]> {
  const professionals = new Map<string, SasIdentifier>();
  for (const actor of actors) {
    const target = localTarget(actor);
    if (target !== undefined && !isProfessional(target)) continue;
    const identifiers = await identifiersOf(actor, appointment, reader);
    const [national] = identifiers.flatMap((identifier) => nationalIdentifier(identifier, IDNPS) ?? []);
    if (national !== undefined) professionals.set(national.value, national);
  }
  return [...professionals.values()];
}

/** The reference's own identifier, else those of the resource that it names; for a role, those of its practitioner. */
export async function identifiersOf(
  { identifier, reference = '' }: Reference,
  appointment: Resource,
  reader: ResourceReader,
): Promise<Identifier[]> {
  if (identifier?.value !== undefined) return [identifier];
  if (reference.startsWith('#')) {
    const contained = (appointment['contained'] as Resource[] | undefined) ?? [];
    return identifiersIn(contained.find(({ id }) => `#${id}` === reference));
  }
  const target = localTarget({ reference });
  const [stored] = target === undefined ? [] : await reader.readReferences([target]);
  if (stored === undefined) return [];
  const resource = parseJson(stored.body!) as Resource;
  if (resource.resourceType === 'Practitioner') return identifiersIn(resource);
  const practitioner = resource['practitioner'] as Reference | undefined;
  return practitioner === undefined ? [] : identifiersOf(practitioner, resource, reader);
}

function identifiersIn(resource: Resource | undefined): Identifier[] {
  return (resource?.['identifier'] as Identifier[] | undefined) ?? [];
}
