/**
 * Notices of what was done in an agenda, each with an undo. The agendas on the page are read again after both; until
 * they are, they already show what this person has written, so that nobody acts on an older version than their own.
 */
import { useQueryClient } from '@tanstack/react-query';
import type { Appointment } from '../../src/fhir/resources.ts';
import { useUndoNotice } from '../ui/notify.tsx';
import type { AgendaContent } from './agenda-content.ts';
import { restore, spanOf } from './appointments.ts';

/** An appointment was changed: any agenda of the page may show it. */
export function useAppointmentNotice() {
  const client = useQueryClient();
  const notice = useUndoNotice([['agenda'], ['free']]);
  return (title: string, before: Appointment, after: Appointment) => {
    client.setQueriesData<unknown>({ queryKey: ['agenda'] }, (data: unknown) =>
      isContent(data) ? written(data, after) : data,
    );
    notice(title, () => restore(before, after));
  };
}

/** An appointment of an open dialog is kept under the same key. */
function isContent(data: unknown): data is AgendaContent {
  return typeof data === 'object' && data !== null && 'appointments' in data;
}

function written(content: AgendaContent, resource: Appointment): AgendaContent {
  const { id, status } = resource;
  const appointments =
    status === 'cancelled'
      ? content.appointments.filter((shown) => shown.id !== id)
      : content.appointments.map((shown) =>
          shown.id === id ? { ...shown, ...spanOf(resource), resource, status } : shown,
        );
  return { ...content, appointments };
}

/** The availability of one agenda was changed. */
export function useAvailabilityNotice(agenda: string) {
  return useUndoNotice([
    ['agenda', agenda],
    ['free', agenda],
  ]);
}
