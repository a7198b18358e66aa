/** The name of a practitioner and the number of the national register. A key that fails warns and never refuses. */
import { Alert, NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { isLuhn } from '../fhir/luhn.ts';

export interface PractitionerFieldsProps {
  /** Connects a field with its form. */
  field: (name: 'prefix' | 'family' | 'given' | 'rpps') => object;
  /** As it is typed. */
  rpps: string;
}

export function PractitionerFields({ field, rpps }: PractitionerFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <div className="fields">
        <NativeSelect
          label={t('setUp.prefix')}
          data={[
            { value: 'DR', label: 'Dr' },
            { value: 'PR', label: 'Pr' },
            { value: '', label: t('setUp.noPrefix') },
          ]}
          {...field('prefix')}
        />
        <TextInput required maxLength={100} label={t('setUp.family')} {...field('family')} />
        <TextInput required maxLength={100} label={t('setUp.given')} {...field('given')} />
      </div>
      <TextInput
        required
        pattern="(\s*\d){11}\s*"
        inputMode="numeric"
        label={t('setUp.rpps')}
        description={t('setUp.rppsHelp')}
        {...field('rpps')}
      />
      <div role="status">
        {/^(\s*\d){11}\s*$/.test(rpps) && !isLuhn(rpps) && (
          <Alert color="orange" variant="light">
            {t('setUp.luhn')}
          </Alert>
        )}
      </div>
    </>
  );
}
