/** The patient of a booking: a known one, or a new one with few fields. */
import { Button, Fieldset, Group } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { identityStatusOf } from '../../src/fhir/french/identity.ts';
import { patientName } from '../fhir/names.ts';
import { FRANCE } from '../fhir/zone.ts';
import { Choice, type ChoiceOption } from '../ui/choice.tsx';
import { dayAndTime, numericDay } from '../ui/dates.ts';
import { phoneOf, phoneText } from '../ui/phone.ts';
import { Step } from '../ui/step.tsx';
import { t } from '../ui/texts.ts';
import { spanOf } from './appointments.ts';
import { KnownRecords } from './known-records.tsx';
import { usePatientAppointments } from './patient-appointments.ts';
import { createPatient, NO_RECORD, RECORD_RULES, type RecordValues, recordOf } from './patient-record.ts';
import { findPatients } from './patient-search.ts';
import { RecordFields } from './record-fields.tsx';

export interface PatientValues extends RecordValues {
  /** `Patient/x`, or '' when none is chosen. */
  patient: string;
  patientName: string;
  isNew: boolean;
}

export const NO_PATIENT: PatientValues = { ...NO_RECORD, patient: '', patientName: '', isNew: false };

export async function findOptions(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  return (await findPatients(text, signal)).map((patient) => ({
    value: `Patient/${patient.id}`,
    label: patientName(patient),
    detail: [
      patient.birthDate && numericDay(patient.birthDate),
      recordOf(patient).phone,
      t(`identity.${identityStatusOf(patient)}`),
    ]
      .filter(Boolean)
      .join(' · '),
  }));
}

/** The reference to book for. A new patient is created. */
export async function referenceOf(values: PatientValues): Promise<string> {
  if (!values.isNew) return values.patient;
  const { id } = await createPatient(values);
  return `Patient/${id}`;
}

/** The name of the patient whom these values create. */
export function createdName({ family, given }: PatientValues): string {
  return patientName({ name: [{ family: family.trim(), given: given.trim() === '' ? [] : [given.trim()] }] });
}

/** The rules of a new patient count only where there is one. */
function ofNew<Value>(rule: (value: Value, values: PatientValues) => string | null) {
  return (value: Value, values: PatientValues): string | null => (values.isNew ? rule(value, values) : null);
}

/** The rules of the patient of a booking, for the form. */
export const PATIENT_RULES = {
  patient: (value: string, values: PatientValues): string | null =>
    value === '' && !values.isNew ? t('booking.patientMissing') : null,
  family: ofNew((value: string) => (value.trim() === '' ? t('booking.familyMissing') : null)),
  birthDate: ofNew(RECORD_RULES.birthDate),
  phone: ofNew(RECORD_RULES.phone),
  email: ofNew(RECORD_RULES.email),
};

export interface PatientFieldProps<Values extends PatientValues> {
  form: UseFormReturnType<Values>;
}

export function PatientField<Values extends PatientValues>({ form }: PatientFieldProps<Values>) {
  const { t } = useTranslation();
  const { patient, patientName, isNew } = form.values;
  const step = isNew ? 'new' : patient === '' ? 'search' : 'chosen';
  const labels = {
    new: t('booking.newPatient'),
    search: t('booking.patient'),
    chosen: `${t('booking.for')} ${patientName}`,
  };
  return (
    <Step name={step} label={labels[step]} focusWhole={step === 'chosen'}>
      {step === 'new' && <NewPatient form={form} />}
      {step === 'search' && <PatientSearch form={form} />}
      {step === 'chosen' && <ChosenPatient form={form} />}
    </Step>
  );
}

function setPatient<Values extends PatientValues>(form: UseFormReturnType<Values>, changes: Partial<PatientValues>) {
  form.setValues(changes as Partial<Values>);
}

function ChosenPatient<Values extends PatientValues>({ form }: PatientFieldProps<Values>) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" className="chosen">
      <span>
        {t('booking.for')} <strong dir="auto">{form.values.patientName}</strong>
        <AlreadyComing patient={form.values.patient} />
      </span>
      <Button variant="subtle" size="compact-sm" onClick={() => setPatient(form, { patient: '', patientName: '' })}>
        {t('booking.otherPatient')}
      </Button>
    </Group>
  );
}

const MAX_COMING = 3;

/** Says which appointments the patient has to come: callers forget them, and book twice. */
function AlreadyComing({ patient }: { patient: string }) {
  const { t } = useTranslation();
  const { data } = usePatientAppointments(patient.split('/').at(-1)!);
  const coming = (data ?? [])
    .filter(({ appointment: { status, start } }) => status === 'booked' && Date.parse(start!) > Date.now())
    .reverse();
  if (coming.length === 0) return null;
  return (
    <>
      <br />
      <span className="dim">
        {t('patient.already', { count: coming.length })}{' '}
        {coming
          .slice(0, MAX_COMING)
          .map(({ appointment, withWhom }) => [dayAndTime(spanOf(appointment), FRANCE), withWhom].join(', '))
          .join(' ; ')}
      </span>
    </>
  );
}

function PatientSearch<Values extends PatientValues>({ form }: PatientFieldProps<Values>) {
  const { t } = useTranslation();
  return (
    <div>
      <Choice
        label={t('booking.patient')}
        description={t('booking.patientHelp')}
        name="patients"
        find={findOptions}
        required
        error={form.errors['patient'] as string | undefined}
        onChoose={({ value, label }) => setPatient(form, { patient: value, patientName: label })}
        create={{
          label: (text) => t('booking.createPatient', { name: text }),
          onCreate: (text) => setPatient(form, { isNew: true, ...typedRecord(text) }),
        }}
      />
      <Button variant="subtle" size="compact-sm" mt={4} onClick={() => setPatient(form, { isNew: true })}>
        {t('booking.newPatient')}
      </Button>
    </div>
  );
}

/** A number is a telephone, and anything else a name. */
function typedRecord(text: string): Partial<RecordValues> {
  return phoneOf(text) === undefined ? { family: text } : { phone: phoneText(text) };
}

function NewPatient<Values extends PatientValues>({ form }: PatientFieldProps<Values>) {
  const { t } = useTranslation();
  return (
    <Fieldset legend={t('booking.newPatient')}>
      <div className="stack">
        <RecordFields form={form} />
        <KnownRecords
          person={form.values}
          onChoose={(known) =>
            setPatient(form, { patient: `Patient/${known.id}`, patientName: patientName(known), isNew: false })
          }
        />
      </div>
      <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setPatient(form, { isNew: false })}>
        {t('booking.knownPatient')}
      </Button>
    </Fieldset>
  );
}
