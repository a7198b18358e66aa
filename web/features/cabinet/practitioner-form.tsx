/** A new practitioner of the practice, with the place of the work. */
import { Button, NativeSelect } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PractitionerFields } from '../../schedule/practitioner-fields.tsx';
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
  const submit = form.onSubmit(({ place, ...person }) => {
    setRefusal(undefined);
    addPractitioner(practice, place, person).then(onDone, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <PractitionerFields field={form.getInputProps} rpps={form.values.rpps} />
      <NativeSelect label={t('cabinet.place')} data={[...places]} {...form.getInputProps('place')} />
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}
