/** The words and facts of one public page. */
import { Button, Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RefusalAlert } from '../../ui/refusal.tsx';
import {
  LANGUAGES,
  PAYMENTS,
  type PublicationDesk,
  type PublicationPage,
  type PublicationValues,
  SECTORS,
  THIRD_PARTY,
  writePublication,
} from './publication.ts';

export interface PublicationFormProps {
  practice: string;
  page: PublicationPage;
  onDone: (desk: PublicationDesk) => void;
}

export function PublicationForm({ practice, page, onDone }: PublicationFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const form = useForm<PublicationValues>({ initialValues: page.values });
  const submit = form.onSubmit((values) => {
    setRefusal(undefined);
    writePublication(practice, page.practitioner, values).then(onDone, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      <Textarea
        autosize
        minRows={3}
        maxLength={2000}
        label={t('publication.presentation')}
        description={t('publication.presentationHelp')}
        {...form.getInputProps('presentation')}
      />
      {page.practitioner === '' ? <Sites form={form} /> : <Facts form={form} />}
      {page.state === 'draft' && (
        <TextInput
          maxLength={60}
          label={t('publication.slug')}
          description={t('publication.slugHelp')}
          {...form.getInputProps('slug')}
        />
      )}
      <Checkbox label={t('publication.indexed')} {...form.getInputProps('indexed', { type: 'checkbox' })} />
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}

type FormOf = { form: UseFormReturnType<PublicationValues> };

function Sites({ form }: FormOf) {
  const { t } = useTranslation();
  return (
    <Textarea
      autosize
      label={t('publication.sites')}
      description={t('publication.sitesHelp')}
      {...form.getInputProps('sites')}
    />
  );
}

function Facts({ form }: FormOf) {
  const { t } = useTranslation();
  return (
    <>
      <NativeSelect
        label={t('publication.sector')}
        data={[{ value: '', label: '' }, ...SECTORS.map((value) => ({ value, label: t(`sector.${value}`) }))]}
        {...form.getInputProps('sector')}
      />
      <Textarea
        autosize
        maxLength={2000}
        label={t('publication.fees')}
        description={t('publication.feesHelp')}
        {...form.getInputProps('fees')}
      />
      <Checkbox.Group label={t('publication.payments')} {...form.getInputProps('payments')}>
        <Group mt="xs">
          {PAYMENTS.map((payment) => (
            <Checkbox key={payment} value={payment} label={t(`payment.${payment}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <NativeSelect
        label={t('publication.thirdParty')}
        data={[{ value: '', label: '' }, ...THIRD_PARTY.map((value) => ({ value, label: t(`thirdParty.${value}`) }))]}
        {...form.getInputProps('thirdParty')}
      />
      <Checkbox label={t('publication.css')} {...form.getInputProps('css', { type: 'checkbox' })} />
      <Checkbox.Group label={t('publication.languages')} {...form.getInputProps('languages')}>
        <Group mt="xs">
          {LANGUAGES.map((language) => (
            <Checkbox key={language} value={language} label={t(`spoken.${language}`)} />
          ))}
        </Group>
      </Checkbox.Group>
    </>
  );
}
