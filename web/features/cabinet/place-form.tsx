/** One place, room or machine of a practice. */
import { Button, Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { zoneOf } from '../../fhir/place-zone.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { ACCESSES, PART_KINDS, type PartValues, type PracticePart, partValues, writePart } from './places.ts';

export interface PlaceFormProps {
  practice: string;
  /** `undefined`: a new one. */
  part: PracticePart | undefined;
  sites: readonly PracticePart[];
  onDone: () => void;
}

export function PlaceForm({ practice, part, sites, onDone }: PlaceFormProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const choices = sites.map(({ name, resource }) => ({ value: `Location/${resource.id}`, label: name }));
  const form = useForm<PartValues>({ initialValues: partValues(part, choices[0]?.value ?? '') });
  const { kind } = form.values;
  const submit = form.onSubmit((values) => {
    setRefusal(undefined);
    writePart(practice, part, values).then(onDone, setRefusal);
  });
  return (
    <form className="stack" onSubmit={submit}>
      {part === undefined && (
        <NativeSelect
          label={t('places.kind')}
          data={PART_KINDS.map((value) => ({ value, label: t(`placeKind.${value}`) }))}
          {...form.getInputProps('kind')}
        />
      )}
      <TextInput required maxLength={100} label={t('places.name')} {...form.getInputProps('name')} />
      {kind === 'site' ? (
        <Address form={form} />
      ) : (
        <NativeSelect required label={t('places.within')} data={choices} {...form.getInputProps('within')} />
      )}
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('kinds.store')}</Button>
      </div>
    </form>
  );
}

function Address({ form }: { form: UseFormReturnType<PartValues> }) {
  const { t } = useTranslation();
  const { postalCode } = form.values;
  return (
    <>
      <TextInput
        required
        maxLength={200}
        label={t('setUp.line')}
        description={t('setUp.forSas')}
        {...form.getInputProps('line')}
      />
      <div className="fields">
        <TextInput
          required
          pattern="\d{5}"
          inputMode="numeric"
          label={t('setUp.postalCode')}
          {...form.getInputProps('postalCode')}
        />
        <TextInput required maxLength={100} label={t('setUp.city')} {...form.getInputProps('city')} />
        <TextInput type="tel" maxLength={30} label={t('setUp.phone')} {...form.getInputProps('phone')} />
      </div>
      {/^\d{5}$/.test(postalCode) && <p className="soft">{t('setUp.zone', { zone: zoneOf(postalCode) })}</p>}
      <Textarea
        autosize
        maxLength={500}
        label={t('places.directions')}
        description={t('places.directionsHelp')}
        {...form.getInputProps('directions')}
      />
      <Checkbox.Group label={t('places.accesses')} {...form.getInputProps('accesses')}>
        <Group mt="xs">
          {ACCESSES.map((access) => (
            <Checkbox key={access} value={access} label={t(`access.${access}`)} />
          ))}
        </Group>
      </Checkbox.Group>
    </>
  );
}
