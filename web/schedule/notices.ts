/** Notices of what was done in an agenda, each with an undo. The agendas on the page are read again after both. */
import type { Appointment } from '../../src/fhir/resources.ts';
import { useUndoNotice } from '../ui/notify.tsx';
import { restore } from './appointments.ts';

/** An appointment was changed: any agenda of the page may show it. */
export function useAppointmentNotice() {
  const notice = useUndoNotice([['agenda'], ['free']]);
  return (title: string, before: Appointment, after: Appointment) => notice(title, () => restore(before, after));
}

/** The availability of one agenda was changed. */
export function useAvailabilityNotice(agenda: string) {
  return useUndoNotice([
    ['agenda', agenda],
    ['free', agenda],
  ]);
}
