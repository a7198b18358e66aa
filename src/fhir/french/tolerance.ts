/** Deviations in Appointments that French software is known to send, repaired with a warning. Traps C1 and C2. */
import { type Issue, issue } from '../issue.ts';
import type { Resource } from '../resource.ts';

/** Repairs the appointment in place, before its structure is checked: no element is sure to have its type. */
export function tolerateAppointment(appointment: Resource): Issue[] {
  return [...tolerateStatus(appointment), ...tolerateParticipants(appointment)];
}

function tolerateStatus(appointment: Resource): Issue[] {
  const status: unknown = appointment.status;
  if (typeof status !== 'string' || status === status.toLowerCase()) return [];
  appointment.status = status.toLowerCase();
  return [
    issue('warning', 'value', `Appointment.status is written in lower case: ${status.toLowerCase().slice(0, 30)}`, {
      expression: 'Appointment.status',
      text: 'Statut enregistré en minuscules.',
    }),
  ];
}

/** The guide's own example of an update says "refused". */
function tolerateParticipants(appointment: Resource): Issue[] {
  const { participant: participants } = appointment;
  return (Array.isArray(participants) ? participants : []).flatMap((participant, i) => {
    if (participant?.status !== 'refused') return [];
    participant.status = 'declined';
    return [
      issue('warning', 'code-invalid', 'participant.status "refused" is not a FHIR code; stored as "declined"', {
        expression: `Appointment.participant[${i}].status`,
        text: 'Statut « refused » enregistré comme « declined ».',
      }),
    ];
  });
}
