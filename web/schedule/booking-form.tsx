/**
 * Books an appointment: the patient, the kind of visit, a free time of the agenda. A refusal loses nothing of what was
 * typed.
 */
import { Alert, Button, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { CodeableConcept } from '../../src/fhir/resource.ts';
import type { Appointment } from '../../src/fhir/resources.ts';
import { conceptName } from '../fhir/names.ts';
import { dayIn, instantAt, plusMinutes, timeIn } from '../fhir/zone.ts';
import { focusFirstFault } from '../ui/first-fault.ts';
import type { AgendaContent, VisitKind } from './agenda-content.ts';
import type { FreeSlot } from './appointments.ts';
import { Conflict } from './conflict.tsx';
import { FreeTimes } from './free-times.tsx';
import {
  createdName,
  NO_PATIENT,
  PatientField,
  PATIENT_RULES,
  type PatientValues,
  referenceOf,
} from './patient-field.tsx';
import { type Overbooking, useBooking } from './use-booking.ts';
import './schedule.css';

export interface BookingFormProps {
  agenda: AgendaContent;
  /** The instant proposed first. */
  start: string;
  /** The length proposed first. */
  minutes?: number | undefined;
  onBooked: (appointment: Appointment) => void;
  onCancel?: () => void;
}

interface BookingValues extends PatientValues {
  day: string;
  time: string;
  /** Index in the choices. */
  choice: string;
  /** Of the kind, unless somebody has typed another length. */
  minutes: string;
  note: string;
}

/** A kind of visit with one of its service types. */
interface VisitChoice {
  name: string;
  minutes: number;
  serviceType: CodeableConcept | undefined;
}

const DEFAULT_MINUTES = 15;
const MAX_MINUTES = 1440;

export function BookingForm({ agenda, start, minutes, onBooked, onCancel }: BookingFormProps) {
  const { t } = useTranslation();
  const { zone } = agenda;
  const button = useRef<HTMLButtonElement>(null);
  const choices = useVisitChoices(agenda.kinds);
  const first = Math.max(
    0,
    choices.findIndex((choice) => choice.minutes === minutes),
  );
  const form = useBookingValues(zone, start, first, choices[first]?.minutes ?? DEFAULT_MINUTES);
  const { day, time } = form.values;
  const choice = choices[Number(form.values.choice)] ?? choices[0];
  const { book, refusal, isBusy, overbooks, setOverbooking, settle } = useBooking(agenda.id, onBooked);
  const submit = async (values: BookingValues) => {
    await book(async () => {
      const patient = await referenceOf(values);
      // A patient is created once, whatever becomes of the booking.
      if (values.isNew)
        form.setValues({
          patient,
          patientName: createdName(values),
          isNew: false,
        });
      const from = instantAt(values.day, values.time, zone);
      const end = plusMinutes(from, Number(values.minutes), zone);
      return { patient, start: from, end, serviceType: choice?.serviceType, note: values.note };
    });
  };
  const chooseSlot = (slot: FreeSlot) => {
    form.setValues({ day: dayIn(slot.start, zone), time: timeIn(slot.start, zone) });
    settle();
  };
  // The nearest times go with the conflict that named them.
  const chooseNearest = (slot: FreeSlot) => {
    button.current?.focus();
    chooseSlot(slot);
  };
  return (
    <form className="stack" noValidate onSubmit={form.onSubmit((values) => void submit(values), focusFirstFault)}>
      <PatientField form={form} />
      <VisitFields form={form} choices={choices} />
      <FreeTimes agenda={agenda} day={day} time={time} minutes={Number(form.values.minutes)} onChoose={chooseSlot} />
      <Textarea label={t('booking.note')} autosize={false} rows={2} maxLength={1000} {...form.getInputProps('note')} />
      {overbooks && <OverbookingWarning why={overbooks} />}
      <Conflict
        error={refusal}
        agenda={agenda.id}
        zone={zone}
        onChoose={chooseNearest}
        onOverbook={agenda.mayOverbook && overbooks === undefined ? setOverbooking : undefined}
      />
      <Group justify="flex-end">
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t('app.cancel')}
          </Button>
        )}
        <Button ref={button} type="submit" loading={isBusy} {...(overbooks ? { color: 'red' } : {})}>
          {overbooks ? t(`booking.anyway.${overbooks}`) : t('booking.book')}
        </Button>
      </Group>
    </form>
  );
}

/** Takes the focus, so that it is read before the button that confirms. */
function OverbookingWarning({ why }: { why: Overbooking }) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <Alert ref={box} tabIndex={-1} color="orange" variant="light" title={t(`booking.overbookTitle.${why}`)}>
      {t(`booking.overbookWarning.${why}`)}
    </Alert>
  );
}

/** The kind of visit, the day and the time. */
function VisitFields({ form, choices }: { form: UseFormReturnType<BookingValues>; choices: readonly VisitChoice[] }) {
  const { t } = useTranslation();
  return (
    <div className="fields">
      <NativeSelect
        label={t('booking.kind')}
        data={choices.map((choice, i) => ({
          value: String(i),
          label: `${choice.name} (${t('booking.minutes', { count: choice.minutes })})`,
        }))}
        {...form.getInputProps('choice')}
        onChange={({ currentTarget: { value } }) => {
          // Another kind has another length.
          const { minutes = DEFAULT_MINUTES } = choices[Number(value)] ?? {};
          form.setValues({ choice: value, minutes: String(minutes) });
        }}
      />
      <TextInput label={t('booking.day')} type="date" required {...form.getInputProps('day')} />
      <TextInput label={t('booking.time')} type="time" required {...form.getInputProps('time')} />
      <TextInput
        label={t('agenda.length')}
        type="number"
        min={1}
        max={MAX_MINUTES}
        required
        {...form.getInputProps('minutes')}
      />
    </div>
  );
}

function useVisitChoices(kinds: readonly VisitKind[]): VisitChoice[] {
  const { t } = useTranslation();
  return kinds.flatMap(({ minutes, serviceTypes }): VisitChoice[] =>
    serviceTypes.length === 0
      ? [{ name: t('booking.minutes', { count: minutes }), minutes, serviceType: undefined }]
      : serviceTypes.map((serviceType) => ({ name: conceptName(serviceType), minutes, serviceType })),
  );
}

function useBookingValues(zone: string, start: string, choice: number, minutes: number) {
  const { t } = useTranslation();
  return useForm<BookingValues>({
    initialValues: {
      ...NO_PATIENT,
      day: dayIn(start, zone),
      time: timeIn(start, zone),
      choice: String(choice),
      minutes: String(minutes),
      note: '',
    },
    validate: {
      ...PATIENT_RULES,
      day: (value) => (/^\d{4}-\d\d-\d\d$/.test(value) ? null : t('booking.dayMissing')),
      time: (value) => (/^\d\d:\d\d$/.test(value) ? null : t('booking.timeMissing')),
      minutes: (value) => (Number(value) >= 1 && Number(value) <= MAX_MINUTES ? null : t('booking.lengthMissing')),
    },
  });
}
