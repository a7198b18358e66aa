/** One appointment: its facts, and the actions that the server allows (`mayBecome`). */
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Appointment } from '../../../src/fhir/resources.ts';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import type { AgendaSummary } from '../../schedule/agendas.ts';
import { type AgendaTime, move, setStatus } from '../../schedule/appointments.ts';
import { Conflict } from '../../schedule/conflict.tsx';
import { useAppointmentNotice } from '../../schedule/notices.ts';
import { dayAndTime } from '../../ui/dates.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Step } from '../../ui/step.tsx';
import { CancelForm } from './cancel-form.tsx';
import { MoveForm } from './move-form.tsx';

const NEXT_STATUSES = ['booked', 'arrived', 'fulfilled', 'noshow'] as const;
type NextStatus = (typeof NEXT_STATUSES)[number] | 'cancelled';

const STEP_LABELS = { actions: 'agenda.actions', move: 'agenda.move', cancel: 'become.cancelled' } as const;

export interface AppointmentDialogProps {
  content: AgendaContent;
  agendas: readonly AgendaSummary[];
  appointment: AgendaAppointment;
  onClose: () => void;
}

export function AppointmentDialog({ content, agendas, appointment, onClose }: AppointmentDialogProps) {
  const { t } = useTranslation();
  const notify = useAppointmentNotice();
  const [refusal, setRefusal] = useState<{ error: unknown; agenda: string }>();
  const [step, setStep] = useState<keyof typeof STEP_LABELS>('actions');
  const attempt = async (work: () => Promise<Appointment>, title: string, agenda = content.id) => {
    try {
      notify(title, appointment.resource, await work());
      onClose();
    } catch (error) {
      setRefusal({ error, agenda });
    }
  };
  const become = (status: NextStatus, reason?: string) =>
    void attempt(() => setStatus(appointment.resource, status, reason), t(`became.${status}`));
  const moveTo = (to: AgendaTime) =>
    void attempt(() => move(appointment.resource, content.id, to), t('agenda.moved'), to.agenda);
  return (
    <Dialog onClose={onClose} title={appointment.patient || t('agenda.appointment')}>
      <div className="stack">
        <Facts appointment={appointment} zone={content.zone} />
        {appointment.mayBecome.length === 0 && <p>{t('agenda.onlyRead')}</p>}
        <Step name={step} label={t(STEP_LABELS[step])}>
          {step === 'actions' && (
            <Actions
              appointment={appointment}
              mayMove={content.mayWrite && appointment.holdsTime}
              onBecome={become}
              onStep={setStep}
            />
          )}
          {step === 'move' && (
            <MoveForm
              appointment={appointment}
              content={content}
              agendas={agendas}
              onMove={moveTo}
              onCancel={() => setStep('actions')}
            />
          )}
          {step === 'cancel' && (
            <CancelForm onSubmit={(reason) => become('cancelled', reason)} onCancel={() => setStep('actions')} />
          )}
        </Step>
        <Conflict error={refusal?.error} agenda={refusal?.agenda ?? content.id} zone={content.zone} onChoose={moveTo} />
      </div>
    </Dialog>
  );
}

function Facts({ appointment, zone }: { appointment: AgendaAppointment; zone: string }) {
  const { t } = useTranslation();
  const { kind, status, isOverbooked, resource } = appointment;
  return (
    <dl className="facts">
      <dt>{t('agenda.when')}</dt>
      <dd>{dayAndTime(appointment, zone)}</dd>
      {kind !== '' && (
        <>
          <dt>{t('booking.kind')}</dt>
          <dd dir="auto">{kind}</dd>
        </>
      )}
      <dt>{t('agenda.status')}</dt>
      <dd>
        {t(`status.${status as 'booked'}`)}
        {isOverbooked && ` · ${t('agenda.overbooked')}`}
      </dd>
      {resource.comment && (
        <>
          <dt>{t('booking.note')}</dt>
          <dd dir="auto">{resource.comment}</dd>
        </>
      )}
    </dl>
  );
}

interface ActionsProps {
  appointment: AgendaAppointment;
  mayMove: boolean;
  onBecome: (status: NextStatus) => void;
  onStep: (step: 'move' | 'cancel') => void;
}

function Actions({ appointment: { mayBecome }, mayMove, onBecome, onStep }: ActionsProps) {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      {NEXT_STATUSES.filter((status) => mayBecome.includes(status)).map((status) => (
        <Button key={status} variant="light" onClick={() => onBecome(status)}>
          {t(`become.${status}`)}
        </Button>
      ))}
      {mayMove && (
        <Button variant="light" data-opens="move" onClick={() => onStep('move')}>
          {t('agenda.move')}
        </Button>
      )}
      {mayBecome.includes('cancelled') && (
        <Button variant="light" color="red" data-opens="cancel" onClick={() => onStep('cancel')}>
          {t('become.cancelled')}
        </Button>
      )}
    </Group>
  );
}
