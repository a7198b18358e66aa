/** Step 3: the practitioner, by the number of the national register. */
import { Alert, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { actorName } from '../../fhir/names.ts';
import { useSession } from '../../ui/session.ts';
import { isLuhn } from '../../fhir/luhn.ts';
import type { StepContentProps } from './progress.ts';
import { StepForm } from './step-form.tsx';
import { type PractitionerValues, writePractitioner } from './writes.ts';

const EMPTY: PractitionerValues = { prefix: 'DR', family: '', given: '', rpps: '', isMe: false };

export function PractitionerStep({ progress, onDone }: StepContentProps) {
  const { t } = useTranslation();
  const { me } = useSession();
  const form = useForm<PractitionerValues>({ initialValues: EMPTY });
  const { rpps } = form.values;
  const store = async () => {
    await writePractitioner(progress, form.values);
    await onDone();
  };
  return (
    <StepForm title={t('setUp.step3')} store={store}>
      {progress.practitioner !== undefined && <p>{t('setUp.already', { name: actorName(progress.practitioner) })}</p>}
      <div className="fields">
        <NativeSelect
          label={t('setUp.prefix')}
          data={[
            { value: 'DR', label: 'Dr' },
            { value: 'PR', label: 'Pr' },
            { value: '', label: t('setUp.noPrefix') },
          ]}
          {...form.getInputProps('prefix')}
        />
        <TextInput required maxLength={100} label={t('setUp.family')} {...form.getInputProps('family')} />
        <TextInput required maxLength={100} label={t('setUp.given')} {...form.getInputProps('given')} />
      </div>
      <TextInput
        required
        pattern="(\s*\d){11}\s*"
        inputMode="numeric"
        label={t('setUp.rpps')}
        description={t('setUp.rppsHelp')}
        {...form.getInputProps('rpps')}
      />
      <div role="status">
        {/^(\s*\d){11}\s*$/.test(rpps) && !isLuhn(rpps) && (
          <Alert color="orange" variant="light">
            {t('setUp.luhn')}
          </Alert>
        )}
      </div>
      {me.person !== null && <Checkbox label={t('setUp.isMe')} {...form.getInputProps('isMe', { type: 'checkbox' })} />}
    </StepForm>
  );
}
