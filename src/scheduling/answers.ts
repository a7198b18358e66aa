/**
 * The meaning of the answers of participants for the status of an appointment: all who are needed have accepted, or it
 * cannot take place. FHIR says that the answers decide, not how; these rules are this project's. ADR 0029
 */
import { localTarget } from '../fhir/local-reference.ts';
import { type Appointment, list, type Participant } from '../fhir/resources.ts';
import { isRequest } from './life-cycle.ts';

/** Appointments that are over, or whose patient is there already, wait for no answer. */
export function isAnswerable({ status }: Pick<Appointment, 'status'>): boolean {
  return isRequest(status) || status === 'booked';
}

/** FHIR has no default for `required`: whoever is not marked as optional is needed. */
function isNeeded({ required }: Participant): boolean {
  return required !== 'optional' && required !== 'information-only';
}

/** A request that everybody who is needed has accepted. */
export function isAccepted({ status, participant }: Pick<Appointment, 'status' | 'participant'>): boolean {
  const needed = list(participant).filter(isNeeded);
  return isRequest(status) && needed.length > 0 && needed.every((participant) => participant.status === 'accepted');
}

/**
 * The appointment cannot take place: somebody who is needed has declined. A request without time may ask several
 * professionals; it is over when the patient, or the last of them, has declined.
 */
export function isDeclined(appointment: Appointment): boolean {
  const needed = list(appointment.participant).filter(isNeeded);
  const hasDeclined = ({ status }: Participant): boolean => status === 'declined';
  if (appointment.start !== undefined || list(appointment.slot).length > 0) return needed.some(hasDeclined);
  const patients = needed.filter((participant) => isPatient(kindOf(participant)));
  const others = needed.filter((participant) => !isPatient(kindOf(participant)));
  const professionals = others.filter((participant) => kindOf(participant) !== 'Location');
  const asked = professionals.length > 0 ? professionals : others;
  return patients.some(hasDeclined) || (asked.length > 0 && asked.every(hasDeclined));
}

function kindOf({ actor }: Participant): string | undefined {
  return localTarget(actor)?.split('/')[0] ?? actor?.type;
}

function isPatient(type: string | undefined): boolean {
  return type === 'Patient' || type === 'RelatedPerson';
}
