/** The choices of a practice, or of one agenda, for the public holidays of the next year. */
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { update } from '../../fhir/client.ts';
import {
  HOLIDAY_STATES,
  type HolidayRow,
  type HolidayValues,
  holidayPlan,
  holidaysAhead,
  holidayValues,
  TERRITORIES,
  territoryAt,
  writeHolidays,
} from '../../schedule/holidays.ts';
import { longDay } from '../../ui/dates.ts';
import { useUndoNotice } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';

export interface HolidaysFormProps {
  /** The Organization or the Schedule. */
  resource: Resource;
  /** All that it inherits from, and its places. */
  above: readonly Resource[];
  today: string;
}

export function HolidaysForm({ resource, above, today }: HolidaysFormProps) {
  const { t } = useTranslation();
  const inherited = holidayPlan(above);
  const territory = inherited?.territory ?? territoryAt(above);
  const [values, setValues] = useState<HolidayValues>(() => holidayValues(resource, territory, today));
  const [refusal, setRefusal] = useState<unknown>();
  const done = useUndoNotice([['practice'], ['schedule'], ['agenda'], ['free']]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setRefusal(undefined);
    writeHolidays(resource, values, today).then(
      (after) =>
        done(t('holidays.stored'), () => update({ ...resource, meta: after.meta! }), {
          topic: `holidays ${resource.id}`,
        }),
      setRefusal,
    );
  };
  const changeTerritory = (chosen: HolidayValues['territory']) => {
    const shown = chosen === '' ? territory : chosen;
    const rows = holidaysAhead({ territory: shown, layers: [] }, today).map(
      ({ code, date, name }) => values.rows.find((row) => row.date === date) ?? { ...NEW_ROW, code, date, name },
    );
    setValues({ ...values, territory: chosen, rows });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="fields">
        <NativeSelect
          label={t('holidays.territory')}
          value={values.territory}
          data={[
            { value: '', label: t('holidays.byPlace', { territory: t(`territory.${territory}`) }) },
            ...TERRITORIES.map((code) => ({ value: code, label: t(`territory.${code}`) })),
          ]}
          onChange={(event) => changeTerritory(event.currentTarget.value as HolidayValues['territory'])}
        />
        <NativeSelect
          label={t('holidays.all')}
          value={values.state}
          data={[
            { value: '', label: t(resource.resourceType === 'Schedule' ? 'holidays.asPractice' : 'holidays.asOther') },
            { value: 'closed', label: t('holidays.closed') },
            { value: 'open', label: t('holidays.open') },
          ]}
          onChange={(event) => setValues({ ...values, state: event.currentTarget.value as HolidayValues['state'] })}
        />
      </div>
      <ul className="lines">
        {values.rows.map((row) => (
          <Row
            key={row.date}
            row={row}
            onChange={(changed) =>
              setValues({ ...values, rows: values.rows.map((each) => (each === row ? changed : each)) })
            }
          />
        ))}
      </ul>
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t('holidays.store')}</Button>
      </div>
    </form>
  );
}

const NEW_ROW = { state: '', from: '09:00', to: '12:00', isOnce: false } as const;

function Row({ row, onChange }: { row: HolidayRow; onChange: (row: HolidayRow) => void }) {
  const { t } = useTranslation();
  const { name, date, state, from, to, isOnce } = row;
  const title = `${name}, ${longDay(date)}`;
  const time = (key: 'from' | 'to', value: string) => (
    <TextInput
      required
      type="time"
      label={t(`agenda.${key}`)}
      aria-label={`${t(`agenda.${key}`)}, ${title}`}
      value={value}
      onChange={(event) => onChange({ ...row, [key]: event.currentTarget.value })}
    />
  );
  return (
    <li className="fields">
      <NativeSelect
        label={title}
        value={state}
        data={[
          { value: '', label: t('holidays.likeAll') },
          ...HOLIDAY_STATES.map((value) => ({ value, label: t(`holidays.${value}`) })),
        ]}
        onChange={(event) => onChange({ ...row, state: event.currentTarget.value as HolidayRow['state'] })}
      />
      {state === 'hours' && time('from', from)}
      {state === 'hours' && time('to', to)}
      {state !== '' && (
        <Checkbox
          label={t('holidays.once', { year: date.slice(0, 4) })}
          aria-label={`${t('holidays.once', { year: date.slice(0, 4) })} : ${name}`}
          checked={isOnce}
          onChange={(event) => onChange({ ...row, isOnce: event.currentTarget.checked })}
        />
      )}
    </li>
  );
}
