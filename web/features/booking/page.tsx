/** Booking one slot: where a slot's link leads those who keep the agenda. */
import { Alert, Button, Group, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { useAgendaNames } from '../../schedule/agendas.ts';
import { agendaPage } from '../agenda/route.ts';
import { useShown } from '../../schedule/shown.ts';
import { read, Refusal } from '../../fhir/client.ts';
import { addDays, dayIn, instantAt, minutesBetween, spoken } from '../../fhir/zone.ts';
import { useOpen, usePageSearch } from '../../ui/navigation.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { slotOf } from './appointments.ts';
import { BookingForm } from './form.tsx';
import { bookingPage } from './route.ts';

export default function BookingPage() {
  const { t } = useTranslation();
  const { slot, agenda } = usePageSearch(bookingPage);
  const found = useQuery({
    queryKey: ['slot', slot],
    enabled: slot !== undefined,
    queryFn: async ({ signal }) => ({ status: '', ...(await read(`Slot/${slot}`, signal)) }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const schedule = agenda ?? (found.data && slotOf(found.data).agenda);
  if (found.error instanceof Refusal && [404, 410, 400].includes(found.error.status))
    return (
      <Sheet>
        <Alert color="orange">{t('booking.unknown')}</Alert>
      </Sheet>
    );
  if (found.error !== null)
    return (
      <Sheet>
        <RefusalAlert error={found.error} />
      </Sheet>
    );
  if (schedule === undefined)
    return (
      <Sheet>{slot === undefined ? <p>{t('booking.noSlot')}</p> : <Loader aria-label={t('shell.loading')} />}</Sheet>
    );
  return (
    <Sheet>
      <BookingOf agenda={schedule} slot={found.data} />
    </Sheet>
  );
}

function Sheet({ children }: { children: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="sheet narrow stack">
      <h1>{t('booking.title')}</h1>
      {children}
    </div>
  );
}

function BookingOf({ agenda, slot }: { agenda: string; slot: Resource | undefined }) {
  const { t } = useTranslation();
  const open = useOpen();
  const [booked, setBooked] = useState<Resource>();
  const today = dayIn(Date.now(), 'UTC');
  const shown = useShown(agenda, {
    start: instantAt(today, '00:00', 'UTC'),
    end: instantAt(addDays(today, 1), '00:00', 'UTC'),
  });
  const [name] = useAgendaNames([agenda]).data ?? [];
  if (shown.data === undefined)
    return shown.error === null ? <Loader aria-label={t('shell.loading')} /> : <RefusalAlert error={shown.error} />;
  const { zone, kinds, mayOverbook } = shown.data;
  if (booked !== undefined) {
    return (
      <>
        <Alert color="green" variant="light" role="status" title={t('booking.done')}>
          {spoken(booked['start'], booked['end'], zone)}
        </Alert>
        <Group>
          <Button onClick={() => open(agendaPage, { agendas: [agenda], day: dayIn(booked['start'], zone) })}>
            {t('booking.seeAgenda')}
          </Button>
          <Button variant="default" onClick={() => setBooked(undefined)}>
            {t('booking.another')}
          </Button>
        </Group>
      </>
    );
  }
  const start = slot === undefined ? instantAt(today, '09:00', zone) : slot['start'];
  return (
    <>
      <p className="chosen">
        {t('booking.withWhom')} <strong dir="auto">{name?.name ?? ''}</strong> {name?.place}
        {slot !== undefined && (
          <>
            <br />
            {spoken(slot['start'], slot['end'], zone)}
          </>
        )}
      </p>
      {slot !== undefined && slot['status'] !== 'free' && (
        <Alert color="orange" role="alert">
          {t('booking.slotTaken')}
        </Alert>
      )}
      <BookingForm
        agenda={agenda}
        zone={zone}
        kinds={kinds}
        mayOverbook={mayOverbook}
        start={start}
        minutes={slot && minutesBetween(slot['start'], slot['end'])}
        onBooked={setBooked}
      />
    </>
  );
}
