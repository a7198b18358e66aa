/** The patient of a booking: a known one, or a new one with few fields. */
import { Button, Fieldset, Group, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { identityStatusOf } from '../../src/fhir/french/identity.ts';
import type { Patient } from '../../src/fhir/resources.ts';
import { create, search } from '../fhir/client.ts';
import { patientName } from '../fhir/names.ts';
import { Choice, type ChoiceOption } from '../ui/choice.tsx';
import { numericDay } from '../ui/dates.ts';
import { t } from '../ui/texts.ts';
import { Step } from '../ui/step.tsx';

export interface PatientValues {
  /** `Patient/x`, or '' when none is chosen. */
  patient: string;
  patientName: string;
  isNew: boolean;
  family: string;
  given: string;
  birthDate: string;
  phone: string;
}

export const NO_PATIENT: PatientValues = {
  patient: '',
  patientName: '',
  isNew: false,
  family: '',
  given: '',
  birthDate: '',
  phone: '',
};

const MAX_WORDS = 4;

export async function findPatients(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  const words = text.split(/\s+/).slice(0, MAX_WORDS);
  const { matches } = await search('Patient', { 'name:contains': words, _count: '8' }, signal);
  return matches.map((patient) => ({
    value: `Patient/${patient.id}`,
    label: patientName(patient),
    detail: [patient.birthDate && numericDay(patient.birthDate), t(`identity.${identityStatusOf(patient)}`)]
      .filter(Boolean)
      .join(' · '),
  }));
}

/** The reference to book for. A new patient is created. */
export async function referenceOf(values: PatientValues): Promise<string> {
  if (!values.isNew) return values.patient;
  const { id } = await create(newPatient(values));
  return `Patient/${id}`;
}

function newPatient({ family, given, birthDate, phone }: PatientValues): Patient {
  const givenNames = given.trim() === '' ? {} : { given: [given.trim()] };
  return {
    resourceType: 'Patient',
    name: [{ use: 'usual', family: family.trim(), ...givenNames }],
    ...(birthDate === '' ? {} : { birthDate }),
    ...(phone.trim() === '' ? {} : { telecom: [{ system: 'phone', value: phone.trim() }] }),
  };
}

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
      </span>
      <Button variant="subtle" size="compact-sm" onClick={() => setPatient(form, { patient: '', patientName: '' })}>
        {t('booking.otherPatient')}
      </Button>
    </Group>
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
        find={findPatients}
        required
        error={form.errors['patient'] as string | undefined}
        onChoose={({ value, label }) => setPatient(form, { patient: value, patientName: label })}
        create={{
          label: (text) => t('booking.createPatient', { name: text }),
          onCreate: (text) => setPatient(form, { isNew: true, family: text }),
        }}
      />
      <Button variant="subtle" size="compact-sm" mt={4} onClick={() => setPatient(form, { isNew: true })}>
        {t('booking.newPatient')}
      </Button>
    </div>
  );
}

function NewPatient<Values extends PatientValues>({ form }: PatientFieldProps<Values>) {
  const { t } = useTranslation();
  const field = (name: keyof PatientValues) => form.getInputProps(name as never);
  return (
    <Fieldset legend={t('booking.newPatient')}>
      <div className="fields">
        <TextInput label={t('booking.family')} required autoComplete="off" {...field('family')} />
        <TextInput label={t('booking.given')} autoComplete="off" {...field('given')} />
        <TextInput label={t('booking.birthDate')} type="date" {...field('birthDate')} />
        <TextInput label={t('booking.phone')} type="tel" autoComplete="off" {...field('phone')} />
      </div>
      <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setPatient(form, { isNew: false })}>
        {t('booking.knownPatient')}
      </Button>
    </Fieldset>
  );
}
