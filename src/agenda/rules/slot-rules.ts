/** Writing an explicit Slot: a one-off opening (`free`) or a time that is gone (any other status). */
import { FhirError } from '../../fhir/issue.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import type { Change } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { RuleServices } from './services.ts';
import { localId } from '../../fhir/local-reference.ts';

export async function writeSlot(services: RuleServices, change: Change, unit: Unit): Promise<void> {
  const { id, before, after } = change;
  if (parseSlotId(id) !== undefined) {
    throw new FhirError(
      'business-rule',
      'This id is one of computed slots: it cannot be written; choose another id, or change the agenda',
      {
        expression: 'Slot.id',
        text: "Ce créneau est calculé à partir de l'agenda : modifiez l'agenda, ou choisissez un autre identifiant.",
      },
    );
  }
  for (const resource of [before, after]) if (resource !== undefined) unit.lock(scheduleOf(resource));
  if (after === undefined) return;
  if (Date.parse(after['start']) >= Date.parse(after['end'])) {
    throw new FhirError('business-rule', 'Slot.end must be after Slot.start', {
      expression: 'Slot.end',
      text: 'La fin du créneau doit suivre son début.',
    });
  }
  if (/:[^Z+-]*\.\d*[1-9]/.test(after['start'])) {
    throw new FhirError('business-rule', 'Slot.start is a whole second', {
      expression: 'Slot.start',
      text: 'Le début du créneau doit être à la seconde près.',
    });
  }
  const [row] = await services.agendas.stored.rows([scheduleOf(after)]);
  if (row === undefined) {
    throw new FhirError('not-found', 'Slot.schedule leads to no agenda', {
      status: 422,
      expression: 'Slot.schedule',
      text: "L'agenda de ce créneau n'existe pas.",
    });
  }
}

function scheduleOf(slot: Resource): string {
  return localId(slot['schedule'], 'Schedule') ?? '';
}
