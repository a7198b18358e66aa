/** The cancelled appointments of an agenda in a period: somebody will ask about them. */
import { useQuery } from '@tanstack/react-query';
import { type Appointment, list } from '../../src/fhir/resources.ts';
import { searchAll } from '../fhir/client.ts';
import { actorName } from '../fhir/names.ts';
import type { Span } from '../ui/dates.ts';
import type { AgendaContent } from './agenda-content.ts';
import { spanOf } from './appointments.ts';

export interface CancelledAppointment extends Span {
  id: string;
  patient: string;
  /** `''`: none was given. */
  reason: string;
  resource: Appointment;
}

/** `actors`: those who stand in the agenda. */
export function useCancelled(
  { id, code }: Pick<AgendaContent, 'id' | 'code'>,
  actors: readonly string[],
  { start, end }: Span,
) {
  return useQuery({
    queryKey: ['agenda', id, 'cancelled', start, end],
    enabled: actors.length > 0,
    queryFn: ({ signal }) => cancelledOf({ code, actors }, { start, end }, signal),
  });
}

interface AgendaKey {
  code: string;
  actors: readonly string[];
}

/**
 * Somebody may have several agendas: a slot says of which one an appointment was, else the role, the place or the
 * machine that it names.
 */
function isOfAgenda({ slot, participant }: Appointment, { code, actors }: AgendaKey): boolean {
  const slots = list(slot).flatMap(({ reference }) => /^Slot\/([0-9a-z]+)\./.exec(reference ?? '')?.[1] ?? []);
  if (slots.length > 0) return slots.includes(code);
  const named = participant.flatMap(({ actor }) => actor?.reference ?? []);
  const others = named.filter((reference) => !/^(Patient|RelatedPerson|Practitioner)\//.test(reference));
  return others.length === 0 || others.some((reference) => actors.includes(reference));
}

/** Times that were only held have no patient, and are nothing to ask about. */
async function cancelledOf(
  agenda: AgendaKey,
  { start, end }: Span,
  signal: AbortSignal,
): Promise<CancelledAppointment[]> {
  const { matches, included } = await searchAll(
    'Appointment',
    {
      actor: agenda.actors.join(','),
      status: 'cancelled',
      date: [`ge${start}`, `lt${end}`],
      _include: 'Appointment:patient',
      _count: '200',
    },
    signal,
  );
  const names = new Map(included.map((resource) => [`${resource.resourceType}/${resource.id}`, actorName(resource)]));
  return matches
    .filter((resource) => isOfAgenda(resource, agenda))
    .flatMap((resource) => {
      const patient = resource.participant.find(({ actor }) => actor?.reference?.startsWith('Patient/'))?.actor;
      if (patient === undefined || resource.start === undefined || resource.end === undefined) return [];
      const name = names.get(patient.reference ?? '') || (patient.display ?? '');
      const reason = resource.cancelationReason?.text ?? '';
      return [{ id: resource.id!, ...spanOf(resource), patient: name, reason, resource }];
    })
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
}
