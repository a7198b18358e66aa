/** What is shown of the answers: the mode, how soon, for whom, in which order. */
import { NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MODES, type SearchSearch, VISIBILITIES, WITHIN_HOURS } from './route.ts';

export function Filters({ search, onChange }: { search: SearchSearch; onChange: (search: SearchSearch) => void }) {
  const { t } = useTranslation();
  const any = { value: '', label: t('search.any') };
  const anyTime = { value: '', label: t('search.threeDays') };
  return (
    <fieldset className="filters">
      <legend>{t('search.filters')}</legend>
      <NativeSelect
        label={t('search.modeLabel')}
        value={search.mode ?? ''}
        onChange={({ currentTarget: { value } }) => onChange({ ...search, mode: MODES.find((mode) => mode === value) })}
        data={[any, ...MODES.map((mode) => ({ value: mode, label: t(`search.mode.${mode}`) }))]}
      />
      <NativeSelect
        label={t('search.withinLabel')}
        value={String(search.within ?? '')}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...search, within: WITHIN_HOURS.find((hour) => String(hour) === value) })
        }
        data={[
          anyTime,
          ...WITHIN_HOURS.map((hour) => ({ value: String(hour), label: t('search.hours', { hours: hour }) })),
        ]}
      />
      <NativeSelect
        label={t('search.seenLabel')}
        value={search.seen ?? ''}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...search, seen: VISIBILITIES.find((visibility) => visibility === value) })
        }
        data={[
          any,
          ...VISIBILITIES.map((visibility) => ({ value: visibility, label: t(`search.seen.${visibility}`) })),
        ]}
      />
      <NativeSelect
        label={t('search.orderLabel')}
        value={search.order ?? 'time'}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...search, order: value === 'distance' ? 'distance' : undefined })
        }
        data={[
          { value: 'time', label: t('search.order.time') },
          { value: 'distance', label: t('search.order.distance') },
        ]}
        disabled={search.near === undefined}
      />
    </fieldset>
  );
}
