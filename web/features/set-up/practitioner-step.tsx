/** Step 3: the practitioner, by the number of the national register. */
import { Checkbox } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { actorName } from '../../fhir/names.ts';
import { PractitionerFields } from '../../schedule/practitioner-fields.tsx';
import { useSession } from '../../ui/session.ts';
import type { StepContentProps } from './progress.ts';
import { StepForm } from './step-form.tsx';
import { type PractitionerValues, writePractitioner } from './writes.ts';

const EMPTY: PractitionerValues = { prefix: 'DR', family: '', given: '', rpps: '', isMe: false };

export function PractitionerStep({ progress, onDone }: StepContentProps) {
  const { t } = useTranslation();
  const { me } = useSession();
  const form = useForm<PractitionerValues>({ initialValues: EMPTY });
  const store = async () => {
    await writePractitioner(progress, form.values);
    await onDone();
  };
  return (
    <StepForm title={t('setUp.step3')} store={store}>
      {progress.practitioner !== undefined && <p>{t('setUp.already', { name: actorName(progress.practitioner) })}</p>}
      <PractitionerFields field={form.getInputProps} rpps={form.values.rpps} />
      {me.person !== null && <Checkbox label={t('setUp.isMe')} {...form.getInputProps('isMe', { type: 'checkbox' })} />}
    </StepForm>
  );
}
