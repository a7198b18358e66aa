/**
 * Who and where: a name, a specialty, a town or a point with a radius, or a list of identifiers. Towns are found by the
 * server as they are typed.
 */
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CODE_SYSTEMS, TRE_R38 } from '../../../src/fhir/terminology/core.ts';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask } from '../../fhir/client.ts';
import { explain } from '../../ui/refusal.tsx';
import { identifiersIn, pointIn } from './directory.ts';
import { RADII_KM, type SearchSearch } from './route.ts';

interface Town {
  label: string;
  near: string;
}

const SPECIALTIES = [...CODE_SYSTEMS.find((system) => system.url === TRE_R38)!.concepts.values()]
  .map(({ code, display }) => ({ value: code, label: display ?? code }))
  .sort((a, b) => a.label.localeCompare(b.label, 'fr'));

const valuesOf = ({ name = '', specialty = '', town = '', radius = 10, ids = '' }: SearchSearch) => ({
  name,
  specialty,
  town,
  radius: String(radius),
  ids,
});

export function SearchForm({ asked, onAsk }: { asked: SearchSearch; onAsk: (search: SearchSearch) => void }) {
  const { t } = useTranslation();
  const [isByIds, setByIds] = useState(asked.ids !== undefined);
  const form = useForm({ initialValues: valuesOf(asked) });
  const towns = useTowns(form.values.town);
  // "Back" and links change what is asked under the form.
  const written = JSON.stringify(valuesOf(asked));
  useEffect(() => {
    form.setValues(JSON.parse(written));
    setByIds(JSON.parse(written).ids !== '');
  }, [written, form.setValues]);
  const refuse = (field: 'name' | 'town' | 'ids', message: string): void => {
    form.setFieldError(field, message);
    form.getInputNode(field)?.focus();
  };
  const submit = form.onSubmit(async ({ name, specialty, town, radius, ids }) => {
    const rest = { mode: asked.mode, within: asked.within, seen: asked.seen, order: asked.order };
    if (isByIds)
      return identifiersIn(ids).length === 0
        ? refuse('ids', t('search.idsMissing'))
        : onAsk({ ...rest, ids: ids.trim() });
    let found: Town | undefined;
    try {
      found =
        town.trim() === ''
          ? undefined
          : (pointOfText(town) ?? towns.find((one) => one.label === town.trim()) ?? (await findTowns(town))[0]);
    } catch (error) {
      return refuse('town', explain(error).join(' '));
    }
    if (town.trim() !== '' && found === undefined) return refuse('town', t('search.townUnknown'));
    if (name.trim() === '' && specialty === '' && found === undefined) return refuse('name', t('search.nothingAsked'));
    if (found !== undefined) form.setFieldValue('town', found.label);
    onAsk({
      ...rest,
      name: name.trim() || undefined,
      specialty: specialty || undefined,
      ...(found === undefined
        ? {}
        : { town: found.label, near: found.near, radius: RADII_KM.find((one) => String(one) === radius) }),
    });
  });
  return (
    <form className="sheet search-form" onSubmit={submit} noValidate>
      {isByIds ? (
        <Textarea label={t('search.ids')} description={t('search.idsHelp')} rows={3} {...form.getInputProps('ids')} />
      ) : (
        <div className="search-fields">
          <TextInput label={t('search.name')} autoComplete="off" {...form.getInputProps('name')} />
          <NativeSelect
            label={t('search.specialty')}
            data={[{ value: '', label: t('search.anySpecialty') }, ...SPECIALTIES]}
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
            data={RADII_KM.map((one) => ({ value: String(one), label: t('search.km', { km: one }) }))}
            {...form.getInputProps('radius')}
          />
        </div>
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

const ENOUGH = 2;

function useTowns(typed: string): Town[] {
  const text = typed.trim();
  const { data } = useQuery({
    queryKey: ['towns', text],
    queryFn: ({ signal }) => findTowns(text, signal),
    enabled: text.length >= ENOUGH && pointIn(text) === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
  return data ?? [];
}

async function findTowns(text: string, signal?: AbortSignal): Promise<Town[]> {
  // As the list writes it, the postcode in brackets.
  const name = text.replace(/\s*\(\d*\)?\s*$/, '');
  const { json } = await ask(`/fhir/$places?text=${encodeURIComponent(name)}&_count=8`, { signal });
  return ((json.entry ?? []) as Json[])
    .map((entry) => entry.resource)
    .filter((resource) => resource.position !== undefined)
    .map((resource) => ({
      label: `${resource.name} (${resource.address.postalCode})`,
      near: `${resource.position.latitude}|${resource.position.longitude}`,
    }));
}

function pointOfText(text: string): Town | undefined {
  const point = pointIn(text);
  return point && { label: text.trim(), near: `${point.latitude}|${point.longitude}` };
}
