/** A practitioner by name and number of the national register. A key that fails warns and never refuses. */
import { Alert, Button, NativeSelect, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isLuhn } from '../../fhir/luhn.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import type { Target } from './people.ts';
import { addPractitioner } from './practitioners.ts';

export interface PractitionerFormProps {
  practice: string;
  places: readonly Target[];
  onDone: () => void;
}

export function PractitionerForm({ practice, places, onDone }: PractitionerFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm({
    initialValues: { prefix: 'DR', family: '', given: '', rpps: '', place: places[0]?.value ?? '' },
  });
  const { rpps } = form.values;
  const submit = form.onSubmit(({ place, ...person }) => {
    setRefusal(undefined);
    addPractitioner(practice, place, person).then(onDone, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
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
      <NativeSelect label={t('cabinet.place')} data={[...places]} {...form.getInputProps('place')} />
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}
