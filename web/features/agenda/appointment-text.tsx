/** The text of an appointment in its box of the calendar, and the rest of it for screen readers. */
import { useTranslation } from 'react-i18next';
import { readComing } from '../../../src/fhir/french/visit-marks.ts';
import { minutesBetween, timeIn } from '../../fhir/zone.ts';
import type { AgendaAppointment } from '../../schedule/agenda-content.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { type CalendarView, TWO_LINES_MINUTES } from './calendar-events.ts';

/**
 * The status for people who do not see the colour; screen readers get it in full, and the legend explains the marks.
 */
const MARKS: Record<string, string> = {
  arrived: '→',
  'checked-in': '→',
  fulfilled: '✓',
  noshow: '✗',
  proposed: '?',
  pending: '?',
  waitlist: '?',
};

export interface AppointmentTextProps {
  appointment: AgendaAppointment;
  zone: string;
  view: CalendarView;
}

export function AppointmentText({ appointment, zone, view }: AppointmentTextProps) {
  const { t } = useTranslation();
  const { start, end, kind, status, isOverbooked } = appointment;
  const mark = MARKS[status];
  const hasRoom = view !== 'month' && minutesBetween(start, end) >= TWO_LINES_MINUTES;
  const details = [dayAndTime(appointment, zone), kind, t(`status.${status as 'booked'}`)].filter(Boolean);
  return (
    <span className="appt-text" dir="auto">
      <span className="appt-time">{timeIn(start, zone)}</span>{' '}
      {mark !== undefined && <span aria-hidden="true">{mark} </span>}
      {appointment.regulator !== undefined && <span className="appt-sas">{t('agenda.sas')}</span>}
      {appointment.patient || t(status === 'pending' ? 'agenda.held' : 'agenda.appointment')}
      {readComing(appointment.resource) !== undefined && <span className="appt-sas">{t('agenda.coming')}</span>}
      {hasRoom && kind !== '' && <span className="appt-what">{kind}</span>}
      {(status === 'noshow' || isOverbooked) && (
        <span className="appt-what">{isOverbooked ? t('agenda.overbooked') : t('status.noshow')}</span>
      )}
      <span className="sr-only">{details.map((detail) => `, ${detail}`).join('')}</span>
    </span>
  );
}
