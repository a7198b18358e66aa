/** The search form: a name, a specialty, a town or a point with a radius; or a list of identifiers. */
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { type UseFormReturnType, useForm } from '@mantine/form';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { choiceParam } from '../../ui/params.ts';
import { explain } from '../../ui/refusal.tsx';
import { identifiersIn } from './directory.ts';
import { DEFAULT_RADIUS_KM, RADII_KM, type SearchParams } from './params.ts';
import { listedSpecialty, specialtyChoices } from './specialties.ts';
import { type Town, townOf, useTowns } from './towns.ts';

type SearchValues = Record<'name' | 'specialty' | 'town' | 'radius' | 'ids', string>;

function valuesOf({ name, specialty, town, radius = DEFAULT_RADIUS_KM, ids }: SearchParams): SearchValues {
  return {
    name: name ?? '',
    specialty: specialty === undefined ? '' : listedSpecialty(specialty),
    town: town ?? '',
    radius: String(radius),
    ids: ids ?? '',
  };
}

export interface SearchFormProps {
  params: SearchParams;
  onSearch: (params: SearchParams) => void;
}

export function SearchForm({ params, onSearch }: SearchFormProps) {
  const { t } = useTranslation();
  const [isByIds, setByIds] = useState(params.ids !== undefined);
  const form = useForm({ initialValues: valuesOf(params) });
  const towns = useTowns(form.values.town);
  const read = useReadForm(form, towns);
  // The back button and links change the search under the form.
  const written = JSON.stringify(valuesOf(params));
  useEffect(() => {
    const values: SearchValues = JSON.parse(written);
    form.setValues(values);
    setByIds(values.ids !== '');
  }, [written, form.setValues]);
  const submit = form.onSubmit(async (values) => {
    const criteria = await read(values, isByIds);
    const { mode, within, seen, order } = params;
    if (criteria !== undefined) onSearch({ mode, within, seen, order, ...criteria });
  });
  return (
    <form className="sheet search-form" onSubmit={submit} noValidate>
      {isByIds ? (
        <Textarea label={t('search.ids')} description={t('search.idsHelp')} rows={3} {...form.getInputProps('ids')} />
      ) : (
        <CriteriaFields form={form} towns={towns} />
      )}
      <div className="actions">
        <Button type="submit">{t('search.go')}</Button>
        <Button variant="subtle" type="button" onClick={() => setByIds(!isByIds)}>
          {t(isByIds ? 'search.byName' : 'search.byIds')}
        </Button>
      </div>
    </form>
  );
}

interface CriteriaFieldsProps {
  form: UseFormReturnType<SearchValues>;
  towns: readonly Town[];
}

function CriteriaFields({ form, towns }: CriteriaFieldsProps) {
  const { t } = useTranslation();
  return (
    <div className="search-fields">
      <TextInput label={t('search.name')} autoComplete="off" {...form.getInputProps('name')} />
      <NativeSelect
        label={t('search.specialty')}
        data={[{ value: '', label: t('search.anySpecialty') }, ...specialtyChoices()]}
        {...form.getInputProps('specialty')}
      />
      <TextInput
        label={t('search.town')}
        placeholder={t('search.townHint')}
        autoComplete="off"
        list="towns"
        {...form.getInputProps('town')}
      />
      <datalist id="towns">
        {towns.map((town) => (
          <option key={town.label} value={town.label} />
        ))}
      </datalist>
      <NativeSelect
        label={t('search.radius')}
        data={RADII_KM.map((km) => ({ value: String(km), label: t('search.km', { km }) }))}
        {...form.getInputProps('radius')}
      />
    </div>
  );
}

/** Reads the criteria of the form. When some are wrong, says so at the field and resolves to nothing. */
function useReadForm(form: UseFormReturnType<SearchValues>, towns: readonly Town[]) {
  const { t } = useTranslation();
  const refuse = (field: keyof SearchValues, message: string): undefined => {
    form.setFieldError(field, message);
    form.getInputNode(field)?.focus();
  };
  return async (values: SearchValues, isByIds: boolean): Promise<SearchParams | undefined> => {
    const ids = values.ids.trim();
    if (isByIds) return identifiersIn(ids).length === 0 ? refuse('ids', t('search.idsMissing')) : { ids };
    let town: Town | undefined;
    try {
      town = await townOf(values.town, towns);
    } catch (error) {
      return refuse('town', explain(error).join(' '));
    }
    if (town === undefined && values.town.trim() !== '') return refuse('town', t('search.townUnknown'));
    const name = values.name.trim() || undefined;
    const specialty = values.specialty || undefined;
    if (town === undefined)
      return name === undefined && specialty === undefined
        ? refuse('name', t('search.nothingAsked'))
        : { name, specialty };
    form.setFieldValue('town', town.label);
    return { name, specialty, town: town.label, near: town.near, radius: choiceParam(RADII_KM, values.radius) };
  };
}
