/** Booking one slot: the page that a slot's link opens for people who keep the agenda. */
import { Alert, Button, Group, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Appointment, Slot } from '../../../src/fhir/resources.ts';
import { read, Refusal } from '../../fhir/client.ts';
import { dayIn, instantAt, minutesBetween } from '../../fhir/zone.ts';
import { type AgendaContent, useAgendaSettings } from '../../schedule/agenda-content.ts';
import { AGENDA_PATH, type AgendaParams } from '../../schedule/agenda-params.ts';
import { useAgendaSummaries } from '../../schedule/agendas.ts';
import { slotOf, spanOf } from '../../schedule/appointments.ts';
import { BookingForm } from '../../schedule/booking-form.tsx';
import { dayAndTime } from '../../ui/dates.ts';
import { useOpen } from '../../ui/navigation.ts';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { BookingParams } from './params.ts';

export default function BookingPage({ params: { slot: id, agenda } }: PageProps<BookingParams>) {
  const { t } = useTranslation();
  const { data: slot, error } = useQuery({
    queryKey: ['slot', id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => read('Slot', id!, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const schedule = agenda ?? (slot && slotOf(slot).agenda);
  return (
    <div className="sheet narrow stack">
      <h1>{t('booking.title')}</h1>
      {isUnknown(error) ? (
        <Alert color="orange">{t('booking.unknown')}</Alert>
      ) : error !== null ? (
        <RefusalAlert error={error} />
      ) : schedule !== undefined ? (
        <BookingIn agenda={schedule} slot={slot} />
      ) : id === undefined ? (
        <p>{t('booking.noSlot')}</p>
      ) : (
        <Loader aria-label={t('app.loading')} />
      )}
    </div>
  );
}

function isUnknown(error: unknown): boolean {
  return error instanceof Refusal && [400, 404, 410].includes(error.status);
}

function BookingIn({ agenda, slot }: { agenda: string; slot: Slot | undefined }) {
  const { t } = useTranslation();
  const [booked, setBooked] = useState<Appointment>();
  const { data: content, error } = useAgendaSettings(agenda);
  if (content === undefined)
    return error === null ? <Loader aria-label={t('app.loading')} /> : <RefusalAlert error={error} />;
  if (booked !== undefined)
    return <Booked appointment={booked} content={content} onAnother={() => setBooked(undefined)} />;
  const today = dayIn(Date.now(), content.zone);
  return (
    <>
      <ChosenTime content={content} slot={slot} />
      {slot !== undefined && slot.status !== 'free' && (
        <Alert color="orange" role="alert">
          {t('booking.slotTaken')}
        </Alert>
      )}
      <BookingForm
        agenda={content}
        start={slot?.start ?? instantAt(today, '09:00', content.zone)}
        minutes={slot && minutesBetween(slot.start, slot.end)}
        onBooked={setBooked}
      />
    </>
  );
}

function ChosenTime({ content, slot }: { content: AgendaContent; slot: Slot | undefined }) {
  const { t } = useTranslation();
  const [agenda] = useAgendaSummaries([content.id]).data ?? [];
  return (
    <p className="chosen">
      {t('booking.withWhom')} <strong dir="auto">{agenda?.name ?? ''}</strong> {agenda?.place}
      {slot !== undefined && (
        <>
          <br />
          {dayAndTime(spanOf(slot), content.zone)}
        </>
      )}
    </p>
  );
}

interface BookedProps {
  appointment: Appointment;
  content: AgendaContent;
  onAnother: () => void;
}

function Booked({ appointment, content: { id, zone }, onAnother }: BookedProps) {
  const { t } = useTranslation();
  const openAgenda = useOpen<AgendaParams>(AGENDA_PATH);
  return (
    <>
      <Alert color="green" variant="light" role="status" title={t('booking.done')}>
        {dayAndTime(spanOf(appointment), zone)}
      </Alert>
      <Group>
        <Button onClick={() => openAgenda({ agendas: [id], day: dayIn(spanOf(appointment).start, zone) })}>
          {t('booking.seeAgenda')}
        </Button>
        <Button variant="default" onClick={onAnother}>
          {t('booking.another')}
        </Button>
      </Group>
    </>
  );
}
