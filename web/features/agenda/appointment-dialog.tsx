/** One appointment: what it is, and what may be done with it, which the server tells (`mayBecome`). */
import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { type FreeSlot, move, restore, setStatus } from '../booking/appointments.ts';
import { Conflict } from '../booking/conflict.tsx';
import { dayIn, instantAt, minutesBetween, plusMinutes, spoken, timeIn } from '../../fhir/zone.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { explain } from '../../ui/refusal.tsx';
import type { AgendaName } from '../../schedule/agendas.ts';
import type { ShownAgenda, ShownAppointment } from '../../schedule/shown.ts';

const KNOWN = ['booked', 'arrived', 'fulfilled', 'noshow', 'cancelled'] as const;
type Known = (typeof KNOWN)[number];

/** Tells what was done with an appointment, and offers to undo it. */
export function useAppointmentTold() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['shown'] });
    void client.invalidateQueries({ queryKey: ['free'] });
  };
  return (title: string, before: Resource, now: Resource) => {
    refresh();
    notify({
      title,
      undo: () =>
        void restore(before, now).then(
          () => {
            refresh();
            notify({ title: t('agenda.undone') });
          },
          (error) => notify({ title: t('shell.notDone'), text: explain(error).join(' '), kind: 'bad' }),
        ),
    });
  };
}

export interface AppointmentDialogProps {
  agenda: ShownAgenda;
  agendas: readonly AgendaName[];
  appointment: ShownAppointment;
  onClose: () => void;
}

export function AppointmentDialog({ agenda, agendas, appointment, onClose }: AppointmentDialogProps) {
  const { t } = useTranslation();
  const told = useAppointmentTold();
  const { zone } = agenda;
  const [refusal, setRefusal] = useState<unknown>();
  const [isMoving, setMoving] = useState(false);
  const [isCancelling, setCancelling] = useState(false);
  const [reason, setReason] = useState('');
  const [to, setTo] = useState({
    agenda: agenda.id,
    day: dayIn(appointment.start, zone),
    time: timeIn(appointment.start, zone),
    minutes: String(minutesBetween(appointment.start, appointment.end)),
  });
  const attempt = async (work: () => Promise<Resource>, title: string) => {
    setRefusal(undefined);
    try {
      told(title, appointment.resource, await work());
      onClose();
    } catch (error) {
      setRefusal(error);
    }
  };
  const become = (status: Known, why?: string) =>
    attempt(() => setStatus(appointment.resource, status, why), t(`became.${status}`));
  const moveTo = (start: string, end: string, where: string) =>
    attempt(() => move(appointment.resource, agenda.id, { agenda: where, start, end }), t('agenda.moved'));
  const submitMove = () => {
    const start = instantAt(to.day, to.time, zone);
    return moveTo(start, plusMinutes(start, Number(to.minutes), zone), to.agenda);
  };
  const choose = (slot: FreeSlot) => void moveTo(slot.start, slot.end, slot.agenda);
  return (
    <Dialog opened onClose={onClose} title={appointment.patient === '' ? t('agenda.appointment') : appointment.patient}>
      <div className="stack">
        <dl className="facts">
          <dt>{t('agenda.when')}</dt>
          <dd>{spoken(appointment.start, appointment.end, zone)}</dd>
          {appointment.what !== '' && (
            <>
              <dt>{t('booking.kind')}</dt>
              <dd dir="auto">{appointment.what}</dd>
            </>
          )}
          <dt>{t('agenda.status')}</dt>
          <dd>
            {t(`status.${appointment.status as Known}`)}
            {appointment.overbooked && ` · ${t('agenda.overbooked')}`}
          </dd>
          {appointment.resource['comment'] && (
            <>
              <dt>{t('booking.note')}</dt>
              <dd dir="auto">{appointment.resource['comment']}</dd>
            </>
          )}
        </dl>
        {appointment.mayBecome.length === 0 && <p>{t('agenda.onlyRead')}</p>}
        {!isMoving && !isCancelling && (
          <Group gap="xs">
            {KNOWN.filter((one) => one !== 'cancelled' && appointment.mayBecome.includes(one)).map((one) => (
              <Button key={one} variant="light" onClick={() => void become(one)}>
                {t(`become.${one}`)}
              </Button>
            ))}
            {agenda.mayWrite && appointment.holds && (
              <Button variant="light" onClick={() => setMoving(true)}>
                {t('agenda.move')}
              </Button>
            )}
            {appointment.mayBecome.includes('cancelled') && (
              <Button variant="light" color="red" onClick={() => setCancelling(true)}>
                {t('become.cancelled')}
              </Button>
            )}
          </Group>
        )}
        {isMoving && (
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void submitMove();
            }}
          >
            <div className="fields">
              {agendas.length > 1 && (
                <NativeSelect
                  label={t('agenda.agenda')}
                  data={agendas.map((agenda) => ({ value: agenda.id, label: `${agenda.name} ${agenda.place}` }))}
                  value={to.agenda}
                  onChange={(event) => setTo({ ...to, agenda: event.currentTarget.value })}
                />
              )}
              <TextInput
                type="date"
                required
                label={t('booking.day')}
                value={to.day}
                onChange={(event) => setTo({ ...to, day: event.currentTarget.value })}
              />
              <TextInput
                type="time"
                required
                label={t('booking.time')}
                value={to.time}
                onChange={(event) => setTo({ ...to, time: event.currentTarget.value })}
              />
              <TextInput
                type="number"
                min={1}
                max={1440}
                required
                label={t('agenda.length')}
                value={to.minutes}
                onChange={(event) => setTo({ ...to, minutes: event.currentTarget.value })}
              />
            </div>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setMoving(false)}>
                {t('shell.cancel')}
              </Button>
              <Button type="submit">{t('agenda.move')}</Button>
            </Group>
          </form>
        )}
        {isCancelling && (
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void become('cancelled', reason.trim());
            }}
          >
            <TextInput
              label={t('agenda.cancelReason')}
              maxLength={200}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setCancelling(false)}>
                {t('shell.cancel')}
              </Button>
              <Button type="submit" color="red">
                {t('become.cancelled')}
              </Button>
            </Group>
          </form>
        )}
        <Conflict error={refusal} agenda={to.agenda} zone={zone} onChoose={choose} />
      </div>
    </Dialog>
  );
}
