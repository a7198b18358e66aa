/** The filters of the results: the mode, how soon, for whom, in which order. */
import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { choiceParam } from '../../ui/params.ts';
import { MODES, type SearchParams, VISIBILITIES, WITHIN_HOURS } from './params.ts';

export interface FiltersProps {
  params: SearchParams;
  onChange: (params: SearchParams) => void;
}

export function Filters({ params, onChange }: FiltersProps) {
  const { t } = useTranslation();
  const any = { value: '', label: t('search.any') };
  const anyTime = { value: '', label: t('search.threeDays') };
  return (
    <fieldset className="filters">
      <legend>{t('search.filters')}</legend>
      <NativeSelect
        label={t('search.modeLabel')}
        value={params.mode ?? ''}
        onChange={({ currentTarget: { value } }) => onChange({ ...params, mode: choiceParam(MODES, value) })}
        data={[any, ...MODES.map((mode) => ({ value: mode, label: t(`search.mode.${mode}`) }))]}
      />
      <NativeSelect
        label={t('search.withinLabel')}
        value={String(params.within ?? '')}
        onChange={({ currentTarget: { value } }) => onChange({ ...params, within: choiceParam(WITHIN_HOURS, value) })}
        data={[
          anyTime,
          ...WITHIN_HOURS.map((hours) => ({ value: String(hours), label: t('search.hours', { hours }) })),
        ]}
      />
      <NativeSelect
        label={t('search.seenLabel')}
        value={params.seen ?? ''}
        onChange={({ currentTarget: { value } }) => onChange({ ...params, seen: choiceParam(VISIBILITIES, value) })}
        data={[
          any,
          ...VISIBILITIES.map((visibility) => ({ value: visibility, label: t(`search.seen.${visibility}`) })),
        ]}
      />
      <NativeSelect
        label={t('search.orderLabel')}
        value={params.order ?? 'time'}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...params, order: value === 'distance' ? 'distance' : undefined })
        }
        data={[
          { value: 'time', label: t('search.order.time') },
          { value: 'distance', label: t('search.order.distance') },
        ]}
        disabled={params.near === undefined}
      />
    </fieldset>
  );
}
