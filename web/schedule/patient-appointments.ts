/** The appointments of one patient that this person may read. */
import { useQuery } from '@tanstack/react-query';
import type { Resource } from '../../src/fhir/resource.ts';
import type { Appointment } from '../../src/fhir/resources.ts';
import { search } from '../fhir/client.ts';
import { actorName } from '../fhir/names.ts';

const MAX_SHOWN = 100;

export interface ListedAppointment {
  appointment: Appointment;
  withWhom: string;
}

export function usePatientAppointments(patient: string) {
  return useQuery({
    queryKey: ['agenda', 'patient', patient, 'appointments'],
    queryFn: ({ signal }) => appointmentsOf(patient, signal),
  });
}

/** The latest first. Times that were only held for the patient are none. */
async function appointmentsOf(patient: string, signal: AbortSignal): Promise<ListedAppointment[]> {
  const { matches, included } = await search(
    'Appointment',
    { patient: `Patient/${patient}`, _sort: '-date', _count: String(MAX_SHOWN), _include: 'Appointment:practitioner' },
    signal,
  );
  const byReference = new Map<string | undefined, Resource>(
    included.map((resource) => [`${resource.resourceType}/${resource.id}`, resource]),
  );
  return matches
    .filter(({ start }) => start !== undefined)
    .map((appointment) => ({
      appointment,
      withWhom: appointment.participant
        .map(({ actor }) => actorName(byReference.get(actor?.reference)))
        .filter(Boolean)
        .join(', '),
    }));
}
