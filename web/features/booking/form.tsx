/**
 * Books one appointment: the kind of visit, a free time of the agenda, the patient. Nothing that was typed is lost when
 * the server says no.
 */
import { Alert, Button, Group, NativeSelect, TextInput, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Kind } from '../../schedule/shown.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { conceptName } from '../../fhir/names.ts';
import { addDays, dayIn, instantAt, longDay, plusMinutes, timeIn } from '../../fhir/zone.ts';
import { toFirstFault } from '../../ui/first-fault.ts';
import { book, type FreeSlot, freeSlots } from './appointments.ts';
import { Conflict } from './conflict.tsx';
import { NO_PATIENT, PatientField, patientOf, type PatientValues } from './patient-field.tsx';
import './booking.css';

export interface BookingFormProps {
  agenda: string;
  zone: string;
  kinds: readonly Kind[];
  mayOverbook: boolean;
  /** What is asked for to begin with: instants. */
  start: string;
  /** Minutes, when a slot gives them. */
  minutes?: number | undefined;
  onBooked: (appointment: Resource) => void;
  onCancel?: () => void;
}

interface Values extends PatientValues {
  day: string;
  time: string;
  kind: string;
  note: string;
}

interface Choice {
  name: string;
  minutes: number;
  serviceType: Kind['serviceTypes'][number] | undefined;
}

export function BookingForm({
  agenda,
  zone,
  kinds,
  mayOverbook,
  start,
  minutes,
  onBooked,
  onCancel,
}: BookingFormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const under = useRef(false);
  const [busy, setBusy] = useState(false);
  const [overbook, setOverbook] = useState(false);
  const choices: Choice[] = kinds.flatMap((kind): Choice[] =>
    kind.serviceTypes.length === 0
      ? [{ name: t('booking.minutes', { count: kind.minutes }), minutes: kind.minutes, serviceType: undefined }]
      : kind.serviceTypes.map((type) => ({ name: conceptName(type), minutes: kind.minutes, serviceType: type })),
  );
  const first = Math.max(
    0,
    choices.findIndex((choice) => choice.minutes === minutes),
  );
  const form = useForm<Values>({
    initialValues: { ...NO_PATIENT, day: dayIn(start, zone), time: timeIn(start, zone), kind: String(first), note: '' },
    validate: {
      patient: (value, all) => (value === '' && !all.isNew ? t('booking.patientMissing') : null),
      family: (value, all) => (all.isNew && value.trim() === '' ? t('booking.familyMissing') : null),
      day: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? null : t('booking.dayMissing')),
      time: (value) => (/^\d\d:\d\d$/.test(value) ? null : t('booking.timeMissing')),
    },
  });
  const { day, time, kind } = form.values;
  const chosen = choices[Number(kind)] ?? choices[0];
  const free = useQuery({
    queryKey: ['free', agenda, day],
    enabled: /^\d{4}-\d\d-\d\d$/.test(day),
    queryFn: ({ signal }) =>
      freeSlots(agenda, instantAt(day, '00:00', zone), instantAt(addDays(day, 1), '00:00', zone), signal),
  });
  const fitting = (free.data ?? []).filter(
    (one) => Math.round((Date.parse(one.end) - Date.parse(one.start)) / 60_000) === chosen?.minutes,
  );
  const submit = async (values: Values) => {
    // Twice at once is once: the button that is greyed comes too late for a hand that is quick.
    if (under.current) return;
    under.current = true;
    setBusy(true);
    setRefusal(undefined);
    try {
      const patient = await patientOf(values);
      if (values.isNew)
        form.setValues({ patient, patientName: `${values.given} ${values.family}`.trim(), isNew: false });
      const from = instantAt(values.day, values.time, zone);
      const appointment = await book({
        agenda,
        start: from,
        end: plusMinutes(from, chosen?.minutes ?? 15, zone),
        patient,
        serviceType: chosen?.serviceType,
        note: values.note,
        overbook,
      });
      void client.invalidateQueries({ queryKey: ['shown', agenda] });
      void client.invalidateQueries({ queryKey: ['free', agenda] });
      onBooked(appointment);
    } catch (error) {
      setRefusal(error);
      void free.refetch();
    } finally {
      under.current = false;
      setBusy(false);
    }
  };
  const choose = (slot: FreeSlot) => {
    form.setValues({ day: dayIn(slot.start, zone), time: timeIn(slot.start, zone) });
    setOverbook(false);
    setRefusal(undefined);
  };
  return (
    <form className="stack" noValidate onSubmit={form.onSubmit((values) => void submit(values), toFirstFault)}>
      <PatientField form={form} />
      <div className="fields">
        <NativeSelect
          label={t('booking.kind')}
          data={choices.map((choice, i) => ({
            value: String(i),
            label: `${choice.name} (${t('booking.minutes', { count: choice.minutes })})`,
          }))}
          {...form.getInputProps('kind')}
        />
        <TextInput label={t('booking.day')} type="date" required {...form.getInputProps('day')} />
        <TextInput label={t('booking.time')} type="time" required {...form.getInputProps('time')} />
      </div>
      <fieldset className="times">
        <legend>{t('booking.freeOn', { day: /^\d{4}-\d\d-\d\d$/.test(day) ? longDay(day) : '' })}</legend>
        {fitting.length === 0 && !free.isFetching && <p>{t('booking.noneFree')}</p>}
        <div className="time-list">
          {fitting.map((one) => (
            <button
              key={one.id}
              type="button"
              className="time"
              aria-pressed={timeIn(one.start, zone) === time}
              onClick={() => choose(one)}
            >
              {timeIn(one.start, zone)}
            </button>
          ))}
        </div>
      </fieldset>
      <Textarea label={t('booking.note')} autosize={false} rows={2} maxLength={1000} {...form.getInputProps('note')} />
      {overbook && (
        <Alert color="orange" variant="light" title={t('booking.overbookTitle')}>
          {t('booking.overbookWarning')}
        </Alert>
      )}
      <Conflict
        error={refusal}
        agenda={agenda}
        zone={zone}
        onChoose={choose}
        onOverbook={
          mayOverbook && !overbook
            ? () => {
                setOverbook(true);
                setRefusal(undefined);
              }
            : undefined
        }
      />
      <Group justify="flex-end">
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t('shell.cancel')}
          </Button>
        )}
        <Button type="submit" loading={busy} {...(overbook ? { color: 'red' } : {})}>
          {overbook ? t('booking.bookAnyway') : t('booking.book')}
        </Button>
      </Group>
    </form>
  );
}
