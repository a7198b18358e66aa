/** The write rule of explicit Slots: a one-off opening (`free`) or a time that is closed (any other status). */
import { FhirError } from '../../fhir/issue.ts';
import { localId } from '../../fhir/local-reference.ts';
import type { Slot } from '../../fhir/resources.ts';
import { parseSlotId } from '../../scheduling/slot-id.ts';
import { type Change, sidesOf } from '../../store/write/write-rules.ts';
import type { Unit } from '../../store/write/unit.ts';
import type { RuleServices } from './services.ts';

export async function writeSlot(services: RuleServices, change: Change, unit: Unit): Promise<void> {
  const { id } = change;
  const { before, after } = sidesOf(change, 'Slot');
  if (parseSlotId(id) !== undefined) {
    throw new FhirError(
      'business-rule',
      'This is the id of a computed slot, which cannot be written: choose another id, or change the agenda',
      {
        expression: 'Slot.id',
        text: "Ce créneau est calculé à partir de l'agenda : modifiez l'agenda, ou choisissez un autre identifiant.",
      },
    );
  }
  for (const slot of [before, after]) if (slot !== undefined) unit.lock(scheduleOf(slot));
  if (after === undefined) return;
  if (Date.parse(after.start) >= Date.parse(after.end)) {
    throw new FhirError('business-rule', 'Slot.end must be after Slot.start', {
      expression: 'Slot.end',
      text: 'La fin du créneau doit suivre son début.',
    });
  }
  if (/:[^Z+-]*\.\d*[1-9]/.test(after.start)) {
    throw new FhirError('business-rule', 'Slot.start must be a whole second', {
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

/** Id of the Schedule. */
function scheduleOf({ schedule }: Slot): string {
  return localId(schedule, 'Schedule') ?? '';
}
