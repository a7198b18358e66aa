/** Moves what was dragged in the calendar, and puts the drawing back when the server refuses. */
import { useTranslation } from 'react-i18next';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { read } from '../../fhir/client.ts';
import { dayIn, timeIn } from '../../fhir/zone.ts';
import type { AgendaContent } from '../../schedule/agenda-content.ts';
import { isTaken, move, nearestOf } from '../../schedule/appointments.ts';
import {
  type AvailabilityValues,
  availabilityValues,
  dayCode,
  undoWrite,
  writeAvailability,
} from '../../schedule/availability.ts';
import { useAppointmentNotice, useAvailabilityNotice } from '../../schedule/notices.ts';
import { dayAndTime, type Span } from '../../ui/dates.ts';
import { notify, notifyFailure } from '../../ui/notify.tsx';
import type { CalendarProps } from './calendar.tsx';

/** `name`: of the agenda, for the notices. */
export function useMoves(
  { id: agenda, zone }: AgendaContent,
  name: string,
): Pick<CalendarProps, 'onMove' | 'onAvailabilityMove' | 'onReceive'> {
  const { t } = useTranslation();
  const notifyAppointment = useAppointmentNotice();
  const notifyAvailability = useAvailabilityNotice(agenda);

  const moveAppointment = async (appointment: Appointment, from: string, to: Span, revert: () => void) => {
    try {
      const moved = await move(appointment, from, { agenda, ...to });
      notifyAppointment(`${t('agenda.moved')} · ${name}`, appointment, moved);
    } catch (error) {
      revert();
      if (!isTaken(error)) return notifyFailure(error);
      const nearest = nearestOf(error, agenda).map((slot) => dayAndTime(slot, zone));
      const offer = nearest.length > 0 ? `${t('booking.nearest')} ${nearest.join(' ; ')}` : '';
      notify({ title: `${t('app.notDone')} · ${name}`, text: `${t('booking.taken')} ${offer}`, kind: 'bad' });
    }
  };

  const moveAvailability = async (id: string, from: Span, to: Span, revert: () => void) => {
    try {
      const values = availabilityValues(await read('Schedule', agenda), id, zone);
      if (values === undefined) return revert();
      const write = await writeAvailability(agenda, shifted(values, from, to, zone), zone);
      notifyAvailability(`${t('agenda.timesChanged')} · ${name}`, () => undoWrite(write));
    } catch (error) {
      revert();
      notifyFailure(error);
    }
  };

  return {
    onMove: ({ resource }, to, revert) => void moveAppointment(resource, agenda, to, revert),
    onAvailabilityMove: (id, from, to, revert) => void moveAvailability(id, from, to, revert),
    onReceive: (id, from, to, revert) =>
      void read('Appointment', id).then((appointment) => moveAppointment(appointment, from, to, revert), revert),
  };
}

/** The times of all occurrences follow; the day too, of an availability that has one day only. */
function shifted(values: AvailabilityValues, from: Span, to: Span, zone: string): AvailabilityValues {
  const [before, after] = [dayIn(from.start, zone), dayIn(to.start, zone)];
  const days = values.days.map((day) => (day === dayCode(before) ? dayCode(after) : day));
  return {
    ...values,
    from: timeIn(to.start, zone),
    to: timeIn(to.end, zone),
    days: [...new Set(days)],
    ...(values.isWeekly ? {} : { day: after, lastDay: after }),
  };
}
