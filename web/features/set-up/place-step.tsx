/** Step 2: the practice and its place. */
import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { zoneOf } from '../../fhir/place-zone.ts';
import type { StepContentProps } from './progress.ts';
import { StepForm } from './step-form.tsx';
import { type PlaceValues, writePlace } from './writes.ts';

export function PlaceStep({ progress, onDone }: StepContentProps) {
  const { t } = useTranslation();
  const form = useForm<PlaceValues>({ initialValues: valuesOf(progress) });
  const field = (name: keyof PlaceValues) => ({ label: t(`setUp.${name}`), ...form.getInputProps(name) });
  const { postalCode } = form.values;
  const store = async () => {
    await writePlace(progress, form.values);
    await onDone();
  };
  return (
    <StepForm title={t('setUp.step2')} store={store}>
      <TextInput required maxLength={100} {...field('name')} />
      <TextInput required maxLength={200} {...field('line')} description={t('setUp.forSas')} />
      <div className="fields">
        <TextInput required pattern="\d{5}" inputMode="numeric" {...field('postalCode')} />
        <TextInput required maxLength={100} {...field('city')} />
      </div>
      {/^\d{5}$/.test(postalCode) && <p className="soft">{t('setUp.zone', { zone: zoneOf(postalCode) })}</p>}
      <div className="fields">
        <TextInput
          pattern="(\s*[0-9AB]){9}|(\s*\d){14}"
          description={t('setUp.structureHelp')}
          {...field('structure')}
        />
        <TextInput type="tel" maxLength={30} {...field('phone')} />
      </div>
    </StepForm>
  );
}

function valuesOf({ organization, place }: StepContentProps['progress']): PlaceValues {
  const address = place?.['address'] as { line?: string[]; postalCode?: string; city?: string } | undefined;
  const telecom = organization?.['telecom'] as { value?: string }[] | undefined;
  const identifier = organization?.['identifier'] as { value?: string }[] | undefined;
  return {
    name: (organization?.['name'] as string | undefined) ?? '',
    structure: identifier?.[0]?.value?.slice(1) ?? '',
    phone: telecom?.[0]?.value ?? '',
    line: address?.line?.[0] ?? '',
    postalCode: address?.postalCode ?? '',
    city: address?.city ?? '',
  };
}
