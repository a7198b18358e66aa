/** Cancelled appointments, each with who cancelled it. */
import { useTranslation } from 'react-i18next';
import { isLate } from '../../../src/fhir/french/visit-marks.ts';
import type { CancelledAppointment } from '../../schedule/cancelled.ts';
import { timeSpan } from '../../ui/dates.ts';
import { History } from './appointment/history.tsx';

export interface CancelledListProps {
  appointments: readonly CancelledAppointment[];
  /** Id of their agenda. */
  agenda: string;
  zone: string;
}

export function CancelledList({ appointments, agenda, zone }: CancelledListProps) {
  const { t } = useTranslation();
  if (appointments.length === 0) return null;
  return (
    <section aria-label={t('agenda.cancelled', { count: appointments.length })}>
      <p className="cancelled-head">{t('agenda.cancelled', { count: appointments.length })}</p>
      <ul className="lines">
        {appointments.map((appointment) => (
          <li key={appointment.id}>
            <s>{timeSpan(appointment, zone)}</s> <span dir="auto">{appointment.patient}</span>
            {isLate(appointment.resource) && ` · ${t('agenda.late')}`}
            {appointment.reason !== '' && ` · ${appointment.reason}`}
            <History appointment={appointment.id} agenda={agenda} zone={zone} />
          </li>
        ))}
      </ul>
    </section>
  );
}
