/** The appointments of a patient, to come and past; each opens in its own agenda. */
import { Button } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Appointment } from '../../../../src/fhir/resources.ts';
import { conceptName } from '../../../fhir/names.ts';
import { addDays, dayIn, FRANCE } from '../../../fhir/zone.ts';
import { agendaQuery, daysPeriod } from '../../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../../schedule/agendas.ts';
import { spanOf } from '../../../schedule/appointments.ts';
import { possibleAgendas } from '../../../schedule/held-times.ts';
import { type ListedAppointment, usePatientAppointments } from '../../../schedule/patient-appointments.ts';
import { dayAndTime } from '../../../ui/dates.ts';
import { AppointmentDialog } from '../appointment-dialog.tsx';

export interface PatientAppointmentsProps {
  /** Id of the patient. */
  patient: string;
  own: readonly AgendaSummary[];
}

export function PatientAppointments({ patient, own }: PatientAppointmentsProps) {
  const { t } = useTranslation();
  const { data } = usePatientAppointments(patient);
  const [opened, setOpened] = useState<Appointment>();
  const now = Date.now();
  const coming = (data ?? []).filter(({ appointment }) => Date.parse(appointment.start!) >= now).reverse();
  const past = (data ?? []).filter(({ appointment }) => Date.parse(appointment.start!) < now);
  const section = (title: string, items: readonly ListedAppointment[]) => (
    <section aria-label={title}>
      <h3>{title}</h3>
      {items.length === 0 && <p className="dim">{t('patient.noAppointments')}</p>}
      <ul className="lines">
        {items.map((item) => (
          <AppointmentItem
            key={item.appointment.id}
            item={item}
            agenda={possibleAgendas(item.appointment, own)[0]}
            onOpen={() => setOpened(item.appointment)}
          />
        ))}
      </ul>
    </section>
  );
  return (
    <>
      {section(t('patient.coming'), coming)}
      {section(t('patient.past'), past)}
      {opened && <OpenedAppointment appointment={opened} own={own} onClose={() => setOpened(undefined)} />}
    </>
  );
}

interface AppointmentItemProps {
  item: ListedAppointment;
  /** `undefined`: an agenda of somebody else. */
  agenda: AgendaSummary | undefined;
  onOpen: () => void;
}

function AppointmentItem({ item: { appointment, withWhom }, agenda, onOpen }: AppointmentItemProps) {
  const { t } = useTranslation();
  const { status, serviceType } = appointment;
  const time = dayAndTime(spanOf(appointment), agenda?.zone ?? FRANCE);
  const details = [withWhom, conceptName(serviceType?.[0]), t(`status.${status as 'booked'}`)].filter(Boolean);
  return (
    <li className={`appt-line-${status}`}>
      <span>
        <strong>{time}</strong> · <span dir="auto">{details.join(' · ')}</span>
      </span>{' '}
      {agenda !== undefined && status !== 'cancelled' && (
        <Button size="compact-sm" variant="default" aria-label={`${t('patient.open')} ${time}`} onClick={onOpen}>
          {t('patient.open')}
        </Button>
      )}
    </li>
  );
}

interface OpenedAppointmentProps {
  appointment: Appointment;
  own: readonly AgendaSummary[];
  onClose: () => void;
}

/** The dialog of an appointment needs its agenda, around its day. A practitioner may have several. */
function OpenedAppointment({ appointment, own, onClose }: OpenedAppointmentProps) {
  const day = dayIn(appointment.start!, 'UTC');
  const period = daysPeriod(addDays(day, -1), 3, 'UTC');
  const agendas = possibleAgendas(appointment, own);
  const contents = useQueries({ queries: agendas.map(({ id }) => agendaQuery(id, period)) });
  for (const [i, { data }] of contents.entries()) {
    const found = data?.appointments.find(({ id }) => id === appointment.id);
    if (data !== undefined && found !== undefined)
      return <AppointmentDialog content={data} agenda={agendas[i]!} agendas={own} opened={found} onClose={onClose} />;
  }
  return null;
}
