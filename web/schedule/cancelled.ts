/** The cancelled appointments of an agenda in a period: somebody will ask about them. */
import { useQuery } from '@tanstack/react-query';
import type { Appointment } from '../../src/fhir/resources.ts';
import { searchAll } from '../fhir/client.ts';
import { actorName } from '../fhir/names.ts';
import type { Span } from '../ui/dates.ts';
import { spanOf } from './appointments.ts';

export interface CancelledAppointment extends Span {
  id: string;
  patient: string;
  /** `''`: none was given. */
  reason: string;
  resource: Appointment;
}

/** `agenda`: id of the Schedule; `actors`: those who stand in it. */
export function useCancelled(agenda: string, actors: readonly string[], { start, end }: Span) {
  return useQuery({
    queryKey: ['agenda', agenda, 'cancelled', start, end],
    enabled: actors.length > 0,
    queryFn: ({ signal }) => cancelledOf(actors, { start, end }, signal),
  });
}

/** Times that were only held have no patient, and are nothing to ask about. */
async function cancelledOf(
  actors: readonly string[],
  { start, end }: Span,
  signal: AbortSignal,
): Promise<CancelledAppointment[]> {
  const { matches, included } = await searchAll(
    'Appointment',
    {
      actor: actors.join(','),
      status: 'cancelled',
      date: [`ge${start}`, `lt${end}`],
      _include: 'Appointment:patient',
      _count: '200',
    },
    signal,
  );
  const names = new Map(included.map((resource) => [`${resource.resourceType}/${resource.id}`, actorName(resource)]));
  return matches
    .flatMap((resource) => {
      const patient = resource.participant.find(({ actor }) => actor?.reference?.startsWith('Patient/'))?.actor;
      if (patient === undefined || resource.start === undefined || resource.end === undefined) return [];
      const name = names.get(patient.reference ?? '') || (patient.display ?? '');
      const reason = resource.cancelationReason?.text ?? '';
      return [{ id: resource.id!, ...spanOf(resource), patient: name, reason, resource }];
    })
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}
