/** Everything of one agenda that waits for somebody: appointments in closed time, and requests without time. */
import { Button, Group } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaAppointment, AgendaContent } from '../../schedule/agenda-content.ts';
import { dayAndTime } from '../../ui/dates.ts';
import type { AppointmentStep } from './appointment-dialog.tsx';
import { Requests } from './requests.tsx';

export interface InboxProps {
  content: AgendaContent;
  today: string;
  onAppointment: (appointment: AgendaAppointment, step?: AppointmentStep) => void;
}

export default function Inbox({ content, today, onAppointment }: InboxProps) {
  const { t } = useTranslation();
  return (
    <section className="inbox no-print" aria-label={t('inbox.title')}>
      {content.closedOver.length > 0 && <ClosedOver content={content} onAppointment={onAppointment} />}
      {content.requests.length > 0 && <Requests content={content} today={today} />}
    </section>
  );
}

function ClosedOver({ content, onAppointment }: Pick<InboxProps, 'content' | 'onAppointment'>) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const hasOpened = useRef(false);
  const { closedOver: appointments, zone, mayWrite } = content;
  useEffect(() => {
    // The button that opened the dialog went away with its appointment, and took the focus along.
    if (hasOpened.current && document.activeElement === document.body) heading.current?.focus();
    hasOpened.current = false;
  }, [appointments.length]);
  return (
    <>
      <h3 ref={heading} tabIndex={-1}>
        {t('inbox.closed', { count: appointments.length })}
      </h3>
      <p className="dim">{t('inbox.closedHint')}</p>
      <ul>
        {appointments.map((appointment) => (
          <ClosedOverItem
            key={appointment.id}
            appointment={appointment}
            zone={zone}
            mayWrite={mayWrite}
            onStep={(step) => {
              hasOpened.current = true;
              onAppointment(appointment, step);
            }}
          />
        ))}
      </ul>
    </>
  );
}

interface ClosedOverItemProps {
  appointment: AgendaAppointment;
  zone: string;
  mayWrite: boolean;
  onStep: (step: AppointmentStep) => void;
}

function ClosedOverItem({ appointment, zone, mayWrite, onStep }: ClosedOverItemProps) {
  const { t } = useTranslation();
  const { patient, kind, mayBecome } = appointment;
  const name = patient || t('agenda.appointment');
  const time = dayAndTime(appointment, zone);
  const action = (step: 'move' | 'cancel', label: string) => (
    <Button size="xs" variant="light" aria-label={`${label} : ${name}, ${time}`} onClick={() => onStep(step)}>
      {label}
    </Button>
  );
  return (
    <li>
      <p>
        <strong dir="auto">{name}</strong>
        {kind && ` · ${kind}`} · {time}
      </p>
      {mayWrite && (
        <Group gap="xs">
          {action('move', t('agenda.move'))}
          {mayBecome.includes('cancelled') && action('cancel', t('become.cancelled'))}
        </Group>
      )}
    </li>
  );
}
