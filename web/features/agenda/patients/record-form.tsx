/** Changes what the desk keeps of a patient. Confirmed traits change by a document or by INSi alone. */
import { Button, Group } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { identityStatusOf } from '../../../../src/fhir/french/identity.ts';
import type { Patient } from '../../../../src/fhir/resources.ts';
import { patientName } from '../../../fhir/names.ts';
import { RECORD_RULES, recordOf, writePatient } from '../../../schedule/patient-record.ts';
import { RecordFields } from '../../../schedule/record-fields.tsx';
import { focusFirstFault } from '../../../ui/first-fault.ts';
import { notify } from '../../../ui/notify.tsx';
import { RefusalAlert } from '../../../ui/refusal.tsx';

export interface RecordFormProps {
  patient: Patient;
  onDone: () => void;
  onCancel: () => void;
}

export function RecordForm({ patient, onDone, onCancel }: RecordFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm({
    initialValues: recordOf(patient),
    validate: {
      ...RECORD_RULES,
      family: (value) => (value.trim() === '' ? t('booking.familyMissing') : null),
    },
  });
  const save = form.onSubmit(async (values) => {
    setRefusal(undefined);
    try {
      await writePatient(patient, values);
      notify({ title: t('patient.saved'), text: patientName(patient) });
      onDone();
    } catch (error) {
      setRefusal(error);
    }
  }, focusFirstFault);
  return (
    <form className="stack" noValidate onSubmit={save}>
      <RecordFields form={form} isConfirmed={identityStatusOf(patient) !== 'provisional'} />
      <RefusalAlert error={refusal} takesFocus />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button type="submit">{t('app.save')}</Button>
      </Group>
    </form>
  );
}
