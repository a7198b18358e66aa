/** The patient and the note for a time that is kept. A refusal keeps what was typed, and offers the nearest times. */
import { Button, Group, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FRANCE } from '../../../fhir/zone.ts';
import { useAgendaSettings } from '../../../schedule/agenda-content.ts';
import { agendaLabel } from '../../../schedule/agendas.ts';
import type { FreeSlot } from '../../../schedule/appointments.ts';
import { Conflict } from '../../../schedule/conflict.tsx';
import { bookHeld, type HeldTime, holdSlot, renewHold } from '../../../schedule/held-times.ts';
import {
  NO_PATIENT,
  PatientField,
  type PatientValues,
  createdName,
  PATIENT_RULES,
  referenceOf,
} from '../../../schedule/patient-field.tsx';
import { clockTime, dayAndTime } from '../../../ui/dates.ts';
import { focusFirstFault } from '../../../ui/first-fault.ts';
import { notify } from '../../../ui/notify.tsx';

export interface HeldFormProps {
  held: HeldTime;
  /** Another time is held, or the same one for longer. */
  onHeld: (held: HeldTime) => void;
  /** Gives the time back and chooses again. */
  onOther: () => void;
  onBooked: () => void;
}

interface HeldValues extends PatientValues {
  note: string;
}

export function HeldForm({ held, onHeld, onOther, onBooked }: HeldFormProps) {
  const { t } = useTranslation();
  const zone = useAgendaSettings(held.agenda.id).data?.zone ?? FRANCE;
  const form = useForm<HeldValues>({
    initialValues: { ...NO_PATIENT, note: '' },
    validate: PATIENT_RULES,
  });
  const { book, attempt, refusal, isBusy } = useHeldBooking(held, (name) => {
    onBooked();
    const text = [name, held.agenda.name, dayAndTime(held, zone)].join(' · ');
    notify({ title: t('booking.done'), text });
  });
  useRenewal(held, onHeld);
  const button = useRef<HTMLButtonElement>(null);
  const wantsFocus = useRef(false);
  const chooseNearest = (slot: FreeSlot) =>
    attempt(async () => {
      onHeld(await holdSlot(slot, held));
      // The times that had the focus go away with the refusal.
      wantsFocus.current = true;
    });
  useEffect(() => {
    if (isBusy || !wantsFocus.current) return;
    wantsFocus.current = false;
    button.current?.focus();
  }, [isBusy]);
  const submit = (values: HeldValues) =>
    book(async () => {
      const patient = await referenceOf(values);
      // A patient is created once, whatever becomes of the booking.
      const name = values.isNew ? createdName(values) : values.patientName;
      form.setValues({ patient, patientName: name, isNew: false });
      return { patient, note: values.note, name };
    });
  return (
    <form className="stack" noValidate onSubmit={form.onSubmit((values) => void submit(values), focusFirstFault)}>
      <div className="held" role="status">
        <strong>{dayAndTime(held, zone)}</strong>, <span dir="auto">{agendaLabel(held.agenda)}</span>
        <br />
        <span className="dim">{t('find.heldUntil', { time: clockTime(held.until) })}</span>
      </div>
      <PatientField form={form} />
      <Textarea label={t('booking.note')} autosize={false} rows={2} maxLength={1000} {...form.getInputProps('note')} />
      <Conflict error={refusal} agenda={held.agenda.id} zone={zone} onChoose={(slot) => void chooseNearest(slot)} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onOther}>
          {t('find.other')}
        </Button>
        <Button ref={button} type="submit" loading={isBusy}>
          {t('booking.book')}
        </Button>
      </Group>
    </form>
  );
}

interface PreparedBooking {
  patient: string;
  note: string;
  name: string;
}

/** Does one thing at a time, sends a booking once, and keeps the refusal. */
function useHeldBooking(held: HeldTime, onBooked: (name: string) => void) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  // A disabled button comes too late for a quick double click.
  const isUnderWay = useRef(false);
  const attempt = async (work: () => Promise<void>) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    try {
      await work();
      setRefusal(undefined);
    } catch (error) {
      setRefusal(error);
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  const book = (prepare: () => Promise<PreparedBooking>) => {
    setRefusal(undefined);
    return attempt(async () => {
      const { name, ...booking } = await prepare();
      await bookHeld(held, booking);
      void client.invalidateQueries({ queryKey: ['agenda', held.agenda.id] });
      onBooked(name);
    });
  };
  return { book, attempt, refusal, isBusy };
}

/** Before its end, a hold is renewed by so much. */
const RENEW_BEFORE_MS = 60_000;

/** Keeps the time while the dialog is open and somebody looks at it. A hold that was lost is noticed at booking. */
function useRenewal(held: HeldTime, onHeld: (held: HeldTime) => void) {
  useEffect(() => {
    const timer = window.setTimeout(
      () => {
        if (document.visibilityState === 'visible') renewHold(held).then(onHeld, () => {});
      },
      Math.max(1000, held.until - Date.now() - RENEW_BEFORE_MS),
    );
    return () => window.clearTimeout(timer);
  }, [held, onHeld]);
}
