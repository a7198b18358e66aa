/** One appointment: its facts, and the actions that the server allows (`mayBecome`). */
import { Alert, Button, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Appointment } from '../../../src/fhir/resources.ts';
import { type AgendaAppointment, type AgendaContent, replacementOf } from '../../schedule/agenda-content.ts';
import { type AgendaSummary, agendaLabel } from '../../schedule/agendas.ts';
import { type AgendaTime, move, setStatus } from '../../schedule/appointments.ts';
import { Conflict } from '../../schedule/conflict.tsx';
import { useAppointmentNotice } from '../../schedule/notices.ts';
import { dayAndTime, numericDay } from '../../ui/dates.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Step } from '../../ui/step.tsx';
import { History } from './appointment/history.tsx';
import { CancelForm } from './cancel-form.tsx';
import { PatientIdentityFacts } from './patient-identity.tsx';
import { MoveForm } from './move-form.tsx';
import { type ChangeElsewhere, useCurrent } from './use-current.ts';

const NEXT_STATUSES = ['booked', 'arrived', 'fulfilled', 'noshow'] as const;
type NextStatus = (typeof NEXT_STATUSES)[number] | 'cancelled';

const STEP_LABELS = { actions: 'agenda.actions', move: 'agenda.move', cancel: 'become.cancelled' } as const;

export type AppointmentStep = keyof typeof STEP_LABELS;

export interface AppointmentDialogProps {
  content: AgendaContent;
  agenda: AgendaSummary;
  /** The agendas that it can move to. */
  agendas: readonly AgendaSummary[];
  /** As it was when the dialog was opened. */
  opened: AgendaAppointment;
  /** Shown first; the actions, if absent. */
  firstStep?: AppointmentStep | undefined;
  /** Shows the record of the patient; absent: it is shown already. */
  onPatient?: (patient: string) => void;
  onClose: () => void;
}

export function AppointmentDialog({
  content,
  agenda,
  agendas,
  opened,
  firstStep = 'actions',
  onPatient,
  onClose,
}: AppointmentDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { appointment, change } = useCurrent(content, opened);
  const isGone = change === 'cancelled' || change === 'moved';
  const notify = useAppointmentNotice();
  const [refusal, setRefusal] = useState<{ error: unknown; agenda: string }>();
  const [step, setStep] = useState(firstStep);
  const attempt = async (work: () => Promise<Appointment>, title: string, target = content.id) => {
    try {
      notify([title, agenda.name, appointment.patient].filter(Boolean).join(' · '), appointment.resource, await work());
      onClose();
    } catch (error) {
      setRefusal({ error, agenda: target });
      // Somebody else may have been faster: the next attempt begins from what is there now.
      void client.invalidateQueries({ queryKey: ['agenda', content.id] });
    }
  };
  const become = (status: NextStatus, reason?: string) =>
    void attempt(() => setStatus(appointment.resource, status, reason), t(`became.${status}`));
  const [wish, setWish] = useState<AgendaTime>();
  const moveTo = (to: AgendaTime, isOverbooking = false) => {
    setWish(to);
    void attempt(() => move(appointment.resource, content.id, to, isOverbooking), t('agenda.moved'), to.agenda);
  };
  return (
    <Dialog onClose={onClose} title={appointment.patient || t('agenda.appointment')}>
      <div className="stack">
        <Facts
          appointment={appointment}
          agenda={agenda}
          zone={content.zone}
          locum={replacementOf(content, appointment.start)?.name}
        />
        <PatientIdentityFacts appointment={appointment} agenda={content.id} mayWrite={content.mayWrite && !isGone} />
        {onPatient && !isGone && <PatientLink appointment={appointment} onPatient={onPatient} />}
        {change && <ChangeNotice change={change} />}
        {appointment.mayBecome.length === 0 && !isGone && <p>{t('agenda.onlyRead')}</p>}
        <Step name={step} label={t(STEP_LABELS[step])}>
          {step === 'actions' && (
            <Actions
              appointment={appointment}
              mayMove={content.mayWrite && appointment.holdsTime}
              onBecome={become}
              onStep={setStep}
            />
          )}
          {step === 'move' && !isGone && (
            <MoveForm
              appointment={appointment}
              content={content}
              agendas={agendas}
              onMove={moveTo}
              onCancel={() => setStep('actions')}
            />
          )}
          {step === 'cancel' && !isGone && (
            <CancelForm onSubmit={(reason) => become('cancelled', reason)} onCancel={() => setStep('actions')} />
          )}
        </Step>
        <History appointment={appointment.id} agenda={content.id} zone={content.zone} />
        <Conflict
          error={refusal?.error}
          agenda={refusal?.agenda ?? content.id}
          zone={content.zone}
          onChoose={moveTo}
          onOverbook={content.mayOverbook && wish ? () => moveTo(wish, true) : undefined}
        />
      </div>
    </Dialog>
  );
}

interface PatientLinkProps {
  appointment: AgendaAppointment;
  onPatient: (patient: string) => void;
}

function PatientLink({ appointment: { identity }, onPatient }: PatientLinkProps) {
  const { t } = useTranslation();
  if (identity === undefined) return null;
  return (
    <div>
      <Button variant="subtle" size="compact-sm" onClick={() => onPatient(identity.id)}>
        {t('patient.file')}
      </Button>
    </div>
  );
}

/** Takes the focus when the actions went away, which had it. */
function ChangeNotice({ change }: { change: ChangeElsewhere }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (change !== 'changed') box.current?.focus();
  }, [change]);
  return (
    <Alert ref={box} tabIndex={-1} color="orange" variant="light" role="alert">
      {t(`agenda.elsewhere.${change}`)}
    </Alert>
  );
}

interface FactsProps {
  appointment: AgendaAppointment;
  agenda: AgendaSummary;
  zone: string;
  /** Takes the appointment in the place of the practitioner. */
  locum: string | undefined;
}

function Facts({ appointment, agenda, zone, locum }: FactsProps) {
  const { t } = useTranslation();
  const { kind, status, isOverbooked, resource, identity, regulator } = appointment;
  return (
    <dl className="facts">
      <dt>{t('agenda.when')}</dt>
      <dd>{dayAndTime(appointment, zone)}</dd>
      {identity !== undefined && (
        <>
          <dt>{t('booking.birthDate')}</dt>
          <dd>{identity.birthDate === '' ? t('patient.unknown') : numericDay(identity.birthDate)}</dd>
          <dt>{t('booking.phone')}</dt>
          <dd>
            {identity.phone === '' ? (
              t('patient.unknown')
            ) : (
              <a href={`tel:${identity.phone.replace(/\s/g, '')}`}>{identity.phone}</a>
            )}
          </dd>
        </>
      )}
      <dt>{t('booking.withWhom')}</dt>
      <dd dir="auto">
        {locum === undefined
          ? agendaLabel(agenda)
          : t('replacement.with', { name: locum, holder: agendaLabel(agenda) })}
      </dd>
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
      {regulator !== undefined && (
        <>
          <dt>{t('agenda.origin')}</dt>
          <dd dir="auto">{t('agenda.fromSas', { who: regulator })}</dd>
        </>
      )}
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
