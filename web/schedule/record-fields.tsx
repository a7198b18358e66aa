/** The fields of a patient's record, in any form that has its values. */
import { Checkbox, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { RecordValues } from './patient-record.ts';

export interface RecordFieldsProps<Values extends RecordValues> {
  form: UseFormReturnType<Values>;
  /** The traits were confirmed by a document or by INSi, and change by these alone. */
  isConfirmed?: boolean;
}

export function RecordFields<Values extends RecordValues>({ form, isConfirmed = false }: RecordFieldsProps<Values>) {
  const { t } = useTranslation();
  const field = (name: keyof RecordValues) => form.getInputProps(name as never);
  return (
    <>
      <div className="fields">
        <TextInput
          label={t('booking.family')}
          required
          autoComplete="off"
          disabled={isConfirmed}
          {...field('family')}
        />
        <TextInput label={t('booking.given')} autoComplete="off" disabled={isConfirmed} {...field('given')} />
        <TextInput label={t('booking.birthDate')} type="date" disabled={isConfirmed} {...field('birthDate')} />
        <TextInput label={t('booking.phone')} type="tel" autoComplete="off" {...field('phone')} />
        <TextInput label={t('patient.email')} type="email" autoComplete="off" {...field('email')} />
      </div>
      <Checkbox
        label={t('patient.mayWrite')}
        description={t('patient.mayWriteHelp')}
        {...form.getInputProps('isWrittenTo' as never, { type: 'checkbox' })}
      />
    </>
  );
}
