/** One day of one agenda as a table to print: who comes when, and how to reach each. Cancelled ones come last. */
import { useTranslation } from 'react-i18next';
import { dayIn } from '../../fhir/zone.ts';
import { type AgendaAppointment, type AgendaContent, daysPeriod } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { useCancelled } from '../../schedule/cancelled.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { longDay, numericDay, timeSpan } from '../../ui/dates.ts';
import { CancelledList } from './cancelled-list.tsx';

export interface DaySheetProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  day: string;
  onAppointment: (appointment: AgendaAppointment) => void;
}

export default function DaySheet({ content, agenda, day, onAppointment }: DaySheetProps) {
  const { t } = useTranslation();
  const { zone } = content;
  const { data: cancelled = [] } = useCancelled(content, agenda.actors, daysPeriod(day, 1, zone));
  const rows = content.appointments.filter(({ start }) => dayIn(start, zone) === day);
  const label = t('agenda.sheet', { name: agenda.name });
  return (
    <div className="sheet day-sheet">
      <h3>
        {agenda.name}, {longDay(day)}
      </h3>
      <DataTable
        label={label}
        columns={[
          { title: t('booking.time'), cell: (appointment: AgendaAppointment) => timeSpan(appointment, zone) },
          {
            title: t('booking.patient'),
            cell: (appointment) => (
              <button type="button" className="link" dir="auto" onClick={() => onAppointment(appointment)}>
                {appointment.patient || t('agenda.held')}
              </button>
            ),
          },
          {
            title: t('booking.birthDate'),
            cell: ({ identity }) => (identity?.birthDate ? numericDay(identity.birthDate) : ''),
          },
          { title: t('booking.phone'), cell: ({ identity }) => identity?.phone ?? '' },
          { title: t('booking.kind'), cell: ({ kind }) => kind },
          { title: t('agenda.noteShort'), cell: ({ resource }) => resource.comment ?? '' },
          {
            title: t('agenda.status'),
            cell: ({ status, regulator }) =>
              `${t(`status.${status as 'booked'}`)}${regulator === undefined ? '' : ` · ${t('agenda.sas')}`}`,
          },
        ]}
        rows={rows}
        keyOf={({ id }) => id}
        empty={t('agenda.nobodyThatDay')}
      />
      <CancelledList appointments={cancelled} agenda={agenda.id} zone={zone} />
    </div>
  );
}
