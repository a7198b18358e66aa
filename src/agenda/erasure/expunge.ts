/** `$expunge`: the erasure of a patient on request (RGPD, article 17). It cannot be undone. */
import { wrongValue } from '../../fhir/issue.ts';
import { parameters } from '../../fhir/foundation.ts';
import type { Resource } from '../../fhir/resource.ts';
import { isType } from '../../fhir/resources.ts';
import type { Operation } from '../../rest/backend.ts';
import { type ErasureParts, erasePatient, planErasure } from './erase-patient.ts';

export function expungeOperation(parts: ErasureParts): Operation {
  return {
    name: 'expunge',
    on: ['Patient'],
    level: 'instance',
    safe: false,
    description:
      'Efface un patient : ses proches, ses rendez-vous passés, toutes leurs versions, les messages et les adresses ' +
      'qui en viennent. Sans retour ; dryRun dit seulement ce qui serait effacé.',
    async run(context, { id, resource }) {
      const isRehearsal = readDryRun(resource);
      const plan = await planErasure(parts, id!, context.now);
      const erased = isRehearsal ? undefined : await erasePatient(parts, context, plan);
      const counts = {
        appointments: plan.whole.filter((name) => name.startsWith('Appointment/')).length,
        sharedAppointments: plan.shared.length,
        relatedPersons: plan.people.length - 1,
        ...erased,
      };
      const parameter = Object.entries(counts).map(([name, valueInteger]) => ({ name, valueInteger }));
      return { resource: parameters(parameter) };
    },
  };
}

function readDryRun(resource: Resource | undefined): boolean {
  if (resource === undefined) return false;
  const given = isType(resource, 'Parameters') ? resource.parameter?.find(({ name }) => name === 'dryRun') : undefined;
  const isRight = given === undefined || typeof given.valueBoolean === 'boolean';
  if (resource.resourceType !== 'Parameters' || !isRight)
    throw wrongValue('dryRun is a boolean of Parameters', 'dryRun attend valueBoolean dans Parameters.', 'dryRun');
  return given?.valueBoolean === true;
}
