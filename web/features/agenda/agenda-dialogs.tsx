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

export type OpenDialog =
  | { is: 'booking'; start: string; minutes?: number }
  | { is: 'appointment'; appointment: AgendaAppointment; step?: AppointmentStep }
  | { is: 'availability'; values: AvailabilityValues };

export interface AgendaDialogsProps {
  content: AgendaContent;
  agendas: readonly AgendaSummary[];
  dialog: OpenDialog | undefined;
  onClose: () => void;
}

export function AgendaDialogs({ content, agendas, dialog, onClose }: AgendaDialogsProps) {
  switch (dialog?.is) {
    case 'booking':
      return <BookingDialog content={content} start={dialog.start} minutes={dialog.minutes} onClose={onClose} />;
    case 'appointment':
      return (
        <AppointmentDialog
          content={content}
          agendas={agendas}
          opened={dialog.appointment}
          firstStep={dialog.step}
          onClose={onClose}
        />
      );
    case 'availability':
      return <AvailabilityDialog agenda={content.id} zone={content.zone} initial={dialog.values} onClose={onClose} />;
    default:
      return null;
  }
}

interface BookingDialogProps {
  content: AgendaContent;
  start: string;
  minutes: number | undefined;
  onClose: () => void;
}

function BookingDialog({ content, start, minutes, onClose }: BookingDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} title={t('agenda.newAppointment')} size="large">
      <BookingForm
        agenda={content}
        start={start}
        minutes={minutes}
        onCancel={onClose}
        onBooked={(appointment) => {
          onClose();
          notify({ title: t('booking.done'), text: dayAndTime(spanOf(appointment), content.zone) });
        }}
      />
    </Dialog>
  );
}
