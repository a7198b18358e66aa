/** The dialogs of one agenda: a new appointment, an appointment, an availability. One is open at a time. */
import { useTranslation } from 'react-i18next';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import type { AvailabilityValues } from '../../schedule/availability.ts';
import { spanOf } from '../../schedule/appointments.ts';
import { BookingForm } from '../../schedule/booking-form.tsx';
import { dayAndTime } from '../../ui/dates.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { AppointmentDialog, type AppointmentStep } from './appointment-dialog.tsx';
import { AvailabilityDialog } from './availability-dialog.tsx';
import PatientsDialog from './patients/patients-dialog.tsx';

export type OpenDialog =
  | { is: 'booking'; start: string; minutes?: number }
  | { is: 'appointment'; appointment: AgendaAppointment; step?: AppointmentStep }
  | { is: 'availability'; values: AvailabilityValues }
  /** Id of a patient. */
  | { is: 'patient'; patient: string };

export interface AgendaDialogsProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  agendas: readonly AgendaSummary[];
  dialog: OpenDialog;
  /** Another dialog takes the place of this one. */
  onOpen: (dialog: OpenDialog) => void;
  onClose: () => void;
}

export default function AgendaDialogs({ content, agenda, agendas, dialog, onOpen, onClose }: AgendaDialogsProps) {
  switch (dialog.is) {
    case 'booking':
      return (
        <BookingDialog
          content={content}
          agenda={agenda}
          start={dialog.start}
          minutes={dialog.minutes}
          onClose={onClose}
        />
      );
    case 'appointment':
      return (
        <AppointmentDialog
          content={content}
          agenda={agenda}
          agendas={agendas}
          opened={dialog.appointment}
          firstStep={dialog.step}
          onPatient={(patient) => onOpen({ is: 'patient', patient })}
          onClose={onClose}
        />
      );
    case 'patient':
      return <PatientsDialog first={dialog.patient} onClose={onClose} />;
    case 'availability':
      return (
        <AvailabilityDialog
          agenda={content.id}
          name={agenda.name}
          zone={content.zone}
          others={agendas.filter(({ id, isPractitioner }) => id !== content.id && isPractitioner)}
          initial={dialog.values}
          onClose={onClose}
        />
      );
  }
}

interface BookingDialogProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  start: string;
  minutes: number | undefined;
  onClose: () => void;
}

function BookingDialog({ content, agenda, start, minutes, onClose }: BookingDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} title={`${t('agenda.newAppointment')} · ${agenda.name}`} size="large">
      <BookingForm
        agenda={content}
        start={start}
        minutes={minutes}
        onCancel={onClose}
        onBooked={(appointment) => {
          onClose();
          const time = dayAndTime(spanOf(appointment), content.zone);
          notify({ title: t('booking.done'), text: `${agenda.name} · ${time}` });
        }}
      />
    </Dialog>
  );
}
