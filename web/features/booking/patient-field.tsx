/** For whom: a known patient, or a new one with few fields. */
import { Button, Fieldset, Group, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { create, search } from '../../fhir/client.ts';
import { personName } from '../../fhir/names.ts';
import { Choice, type Found } from '../../ui/choice.tsx';

export interface PatientValues {
  /** `Patient/x`, or '' when not chosen. */
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

function found(one: Resource): Found {
  return { value: `Patient/${one.id}`, label: personName(one), detail: one['birthDate'] };
}

async function findPatients(text: string, signal: AbortSignal): Promise<Found[]> {
  const words = text.split(/\s+/).slice(0, 4);
  return (await search('Patient', { 'name:contains': words, _count: '8' }, signal)).matches.map(found);
}

/** The reference to book for; a new patient is created once, whatever becomes of the booking. */
export async function patientOf(values: PatientValues): Promise<string> {
  if (!values.isNew) return values.patient;
  const { id } = await create({
    resourceType: 'Patient',
    name: [
      {
        use: 'official',
        family: values.family.trim(),
        ...(values.given.trim() === '' ? {} : { given: [values.given.trim()] }),
      },
    ],
    ...(values.birthDate === '' ? {} : { birthDate: values.birthDate }),
    ...(values.phone.trim() === '' ? {} : { telecom: [{ system: 'phone', value: values.phone.trim() }] }),
  });
  return `Patient/${id}`;
}

export function PatientField<Values extends PatientValues>({ form }: { form: UseFormReturnType<Values> }) {
  const { t } = useTranslation();
  const { values } = form;
  const set = (changes: Partial<PatientValues>) => form.setValues(changes as Partial<Values>);
  if (values.patient !== '' && !values.isNew) {
    return (
      <Group justify="space-between" className="chosen">
        <span>
          {t('booking.for')} <strong dir="auto">{values.patientName}</strong>
        </span>
        <Button variant="subtle" size="compact-sm" onClick={() => set({ patient: '', patientName: '' })}>
          {t('booking.otherPatient')}
        </Button>
      </Group>
    );
  }
  if (!values.isNew) {
    return (
      <div>
        <Choice
          label={t('booking.patient')}
          description={t('booking.patientHelp')}
          name="patients"
          find={findPatients}
          required
          first
          error={form.errors['patient'] as string | undefined}
          onChoose={(one) => set({ patient: one.value, patientName: one.label })}
        />
        <Button variant="subtle" size="compact-sm" mt={4} onClick={() => set({ isNew: true })}>
          {t('booking.newPatient')}
        </Button>
      </div>
    );
  }
  const field = (name: keyof PatientValues) => form.getInputProps(name as never);
  return (
    <Fieldset legend={t('booking.newPatient')}>
      <div className="fields">
        <TextInput label={t('booking.family')} required autoComplete="off" {...field('family')} />
        <TextInput label={t('booking.given')} autoComplete="off" {...field('given')} />
        <TextInput label={t('booking.birthDate')} type="date" {...field('birthDate')} />
        <TextInput label={t('booking.phone')} type="tel" autoComplete="off" {...field('phone')} />
      </div>
      <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => set({ isNew: false })}>
        {t('booking.knownPatient')}
      </Button>
    </Fieldset>
  );
}
