/** The appointment of an open dialog as it is now, and what others have done to it since the dialog opened. */
import { useQuery } from '@tanstack/react-query';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { read } from '../../fhir/client.ts';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import { spanOf } from '../../schedule/appointments.ts';

/** `moved`: to another agenda, or to days that are not shown. */
export type ChangeElsewhere = 'changed' | 'cancelled' | 'moved';

export interface CurrentAppointment {
  appointment: AgendaAppointment;
  change: ChangeElsewhere | undefined;
}

export function useCurrent(
  { id: agenda, appointments, closedOver }: AgendaContent,
  opened: AgendaAppointment,
): CurrentAppointment {
  const listed = [...appointments, ...closedOver].find(({ id }) => id === opened.id);
  const { data: gone } = useQuery({
    queryKey: ['agenda', agenda, 'appointment', opened.id],
    enabled: listed === undefined,
    queryFn: ({ signal }) => read('Appointment', opened.id, signal),
  });
  if (listed !== undefined)
    return { appointment: listed, change: versionOf(listed) === versionOf(opened) ? undefined : 'changed' };
  if (gone === undefined) return { appointment: opened, change: undefined };
  return { appointment: withoutActions(opened, gone), change: gone.status === 'cancelled' ? 'cancelled' : 'moved' };
}

function versionOf({ resource }: AgendaAppointment): string | undefined {
  return resource.meta?.versionId;
}

/** The server says what an appointment may become only where it lists it. */
function withoutActions(opened: AgendaAppointment, resource: Appointment): AgendaAppointment {
  return { ...opened, ...spanOf(resource), resource, status: resource.status, mayBecome: [], holdsTime: false };
}
