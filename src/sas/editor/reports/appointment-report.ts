/**
 * An appointment as it is reported to the SAS platform. It is written from a list of what may leave, so that nothing of
 * the patient can. Pure. Spec: 1.9, 6.5, traps C1, C3, C4, C5 and C14
 */
import type { Identifier, Json, Resource } from '../../../fhir/resource.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import type { Key, Reported } from '../../../store/records/reports.ts';
import { PLATFORM_SYSTEM } from '../accounts/account.ts';
import { ID_TYPE } from '../codes.ts';

const APPOINTMENT = 'http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS';
const SOS_APPOINTMENT = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-appointment';
const OPERATOR = 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator';
const PARIS = 'Europe/Paris';

/** What the contract calls the states of FHIR; others are not yet appointments. */
const STATUS: Record<string, string> = {
  booked: 'booked',
  arrived: 'booked',
  'checked-in': 'booked',
  fulfilled: 'fulfilled',
  noshow: 'noshow',
  cancelled: 'cancelled',
  'entered-in-error': 'cancelled',
};

export interface Seen {
  /** National identifiers of the professionals, prefixed. */
  professionals: readonly Key[];
  /** An agenda of a place where no professional is known beforehand. */
  isSos: boolean;
}

/** `undefined`: there is nothing to report of it, not yet or for ever. */
export function reportOf(
  appointment: Resource,
  { identifier, operator }: Reported,
  { professionals, isSos }: Seen,
): Resource | undefined {
  const status = isSos && appointment['status'] === 'pending' ? 'pending' : STATUS[appointment['status']];
  const { start, end, created } = appointment;
  if (status === undefined || start === undefined || end === undefined) return undefined;
  return {
    resourceType: 'Appointment',
    meta: { profile: [isSos ? SOS_APPOINTMENT : APPOINTMENT] },
    extension: [{ url: OPERATOR, valueReference: { identifier: typed(operator) } }],
    identifier: [identifier],
    status,
    start: formatInstant(Date.parse(start), PARIS, true),
    end: formatInstant(Date.parse(end), PARIS, true),
    ...(created === undefined
      ? {}
      : { created: /T/.test(created) ? formatInstant(Date.parse(created), PARIS, true) : created }),
    participant: participants(professionals, status),
  };
}

function typed({ system, value }: Key): Identifier {
  return {
    type: { coding: [{ system: ID_TYPE, code: system === PLATFORM_SYSTEM ? 'INTRN' : 'IDNPS' }] },
    system,
    value,
  };
}

/** Nobody known: the place will see to it (app-1 wants a type then). */
function participants(professionals: readonly Key[], status: string): Json[] {
  if (professionals.length > 0)
    return professionals.map((professional) => ({ actor: { identifier: typed(professional) }, status: 'accepted' }));
  return [
    {
      type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ADM' }] }],
      status: status === 'pending' ? 'needs-action' : 'accepted',
    },
  ];
}
