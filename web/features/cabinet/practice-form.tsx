/** The practice itself: its name, its number, its telephone and its address. */
import { Button, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { undoPractice } from '../../schedule/kinds.ts';
import { type PracticeValues, practiceValues, writePractice } from '../../schedule/practice.ts';
import { useUndoNotice } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';

export interface PracticeFormProps {
  organization: Resource;
  onDone: () => void;
}

export function PracticeForm({ organization, onDone }: PracticeFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const done = useUndoNotice([['practice']]);
  const form = useForm<PracticeValues>({ initialValues: practiceValues(organization) });
  const field = (name: keyof PracticeValues) => ({ label: t(`setUp.${name}`), ...form.getInputProps(name) });
  const submit = form.onSubmit((values) => {
    setRefusal(undefined);
    writePractice(organization, values).then((after) => {
      done(t('places.practiceStored'), () => undoPractice(organization, after), { topic: `practice ${after.id}` });
      onDone();
    }, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput required maxLength={100} {...field('name')} />
      <div className="fields">
        <TextInput
          pattern="(\s*[0-9AB]){9}|(\s*\d){14}"
          description={t('setUp.structureHelp')}
          {...field('structure')}
        />
        <TextInput type="tel" maxLength={30} {...field('phone')} />
      </div>
      <TextInput maxLength={200} {...field('line')} />
      <div className="fields">
        <TextInput pattern="\d{5}" inputMode="numeric" {...field('postalCode')} />
        <TextInput maxLength={100} {...field('city')} />
      </div>
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}
