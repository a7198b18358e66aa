/**
 * The report of an appointment to the SAS platform: written from an explicit list of elements, so that no patient data
 * can leave. Pure. Spec: 1.9, 6.5, traps C1, C3, C4, C5, C14
 */
import { FRANCE } from '../../../fhir/date.ts';
import type { Extension, Identifier } from '../../../fhir/resource.ts';
import type { Appointment, Participant } from '../../../fhir/resources.ts';
import { formatInstant } from '../../../scheduling/zone.ts';
import type { Reported } from '../../../store/records/reports.ts';
import { orientationCoding, type SasStatus, STATUS_OF } from '../../contract/appointment.ts';
import type { Contract } from '../../contract/contract.ts';
import type { SasIdentifier } from '../../contract/identifier.ts';

const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';

export interface ReportedActors {
  /** National identifiers of the professionals, in the form of the SAS. */
  professionals: readonly SasIdentifier[];
  /** The agenda is of a place where no professional is known beforehand. */
  isSos: boolean;
}

/** `undefined` when the appointment is not to be reported, now or ever. */
export function reportOf(
  contract: Contract,
  appointment: Appointment,
  { identifier, operator }: Reported,
  { professionals, isSos }: ReportedActors,
): Appointment | undefined {
  const { profiles, extensions } = contract;
  const status = isSos && appointment.status === 'pending' ? 'pending' : STATUS_OF[appointment.status];
  const { start, end, created } = appointment;
  if (status === undefined || start === undefined || end === undefined) return undefined;
  return {
    resourceType: 'Appointment',
    meta: { profile: [isSos ? profiles.sosAppointment : profiles.appointment] },
    extension: [
      { url: extensions.operator, valueReference: { identifier: typed(contract, operator) } },
      ...(isSos ? [] : orientation(contract, appointment)),
    ],
    identifier: [identifier],
    status,
    start: instant(start),
    end: instant(end),
    ...(created === undefined ? {} : { created: created.includes('T') ? instant(created) : created }),
    participant: participants(contract, professionals, status),
  };
}

/** Trap C5: the profile of SOS Médecins has room for the operator only. */
function orientation(contract: Contract, appointment: Appointment): Extension[] {
  const url = contract.extensions.orientationCategory;
  const coding = orientationCoding(contract, appointment);
  return url === undefined || coding === undefined ? [] : [{ url, valueCodeableConcept: { coding: [coding] } }];
}

function instant(dateTime: string): string {
  return formatInstant(Date.parse(dateTime), FRANCE, true);
}

function typed({ systems }: Contract, { system, value }: SasIdentifier): Identifier {
  const code = system === systems.platform ? 'INTRN' : 'IDNPS';
  return { type: { coding: [{ system: systems.identifierType, code }] }, system, value };
}

/** Without a known professional the place is responsible; R4's invariant app-1 then wants a type. */
function participants(contract: Contract, professionals: readonly SasIdentifier[], status: SasStatus): Participant[] {
  if (professionals.length > 0)
    return professionals.map((professional) => ({
      actor: { identifier: typed(contract, professional) },
      status: 'accepted',
    }));
  return [
    {
      type: [{ coding: [{ system: PARTICIPATION, code: 'ADM' }] }],
      status: status === 'pending' ? 'needs-action' : 'accepted',
    },
  ];
}
