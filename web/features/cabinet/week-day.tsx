/** One day of the typical week: its ranges, and the copy of them to other days. */
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { DAY_CODES, type DayCode } from '../../schedule/availability.ts';
import type { ChoiceOption } from '../../ui/choice.tsx';
import { AUDIENCES } from '../../schedule/kinds.ts';
import { NEW_RANGE, type RangeValues, type TypicalWeek, type WeekTurn } from './week.ts';

const MAX_RANGES = 6;
const TURNS: readonly WeekTurn[] = ['each', 'A', 'B'];
const OFFICE_DAYS = 'office';

export interface WeekDayProps {
  day: DayCode;
  week: TypicalWeek;
  kinds: readonly ChoiceOption[];
  onChange: (week: TypicalWeek) => void;
}

export function WeekDay({ day, week, kinds, onChange }: WeekDayProps) {
  const { t } = useTranslation();
  const ranges = week[day];
  const name = t(`day.${day}`);
  const set = (changed: RangeValues[]) => onChange({ ...week, [day]: changed });
  const copy = (target: string) => {
    const days = target === OFFICE_DAYS ? DAY_CODES.slice(0, 5) : DAY_CODES.filter((code) => code === target);
    onChange({ ...week, ...Object.fromEntries(days.map((code) => [code, ranges.map((range) => ({ ...range }))])) });
  };
  return (
    <fieldset className="week-day">
      <legend>{name}</legend>
      {ranges.length === 0 && <p className="soft">{t('week.closed')}</p>}
      {ranges.map((range, i) => (
        <Range
          key={i}
          label={t('week.range', { day: name, number: i + 1 })}
          range={range}
          kinds={kinds}
          onChange={(changes) => set(ranges.map((other, at) => (at === i ? { ...other, ...changes } : other)))}
          onRemove={() => set(ranges.filter((_other, at) => at !== i))}
        />
      ))}
      {ranges.length < MAX_RANGES && (
        <Button
          size="xs"
          variant="default"
          aria-label={t('week.addTo', { day: name })}
          onClick={() => set([...ranges, nextRange(ranges)])}
        >
          {t('week.add')}
        </Button>
      )}
      {ranges.length > 0 && (
        <NativeSelect
          size="xs"
          aria-label={t('week.copyOf', { day: name })}
          value=""
          data={[
            { value: '', label: t('week.copy') },
            { value: OFFICE_DAYS, label: t('week.officeDays') },
            ...DAY_CODES.filter((code) => code !== day).map((code) => ({ value: code, label: t(`day.${code}`) })),
          ]}
          onChange={(event) => copy(event.currentTarget.value)}
        />
      )}
    </fieldset>
  );
}

/** The afternoon comes after the morning. */
function nextRange(ranges: readonly RangeValues[]): RangeValues {
  return ranges.length === 0 ? NEW_RANGE : { ...NEW_RANGE, from: '14:00', to: '18:00' };
}

interface RangeProps {
  label: string;
  range: RangeValues;
  kinds: readonly ChoiceOption[];
  onChange: (changes: Partial<RangeValues>) => void;
  onRemove: () => void;
}

function Range({ label, range, kinds, onChange, onRemove }: RangeProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="week-range">
      <legend className="sr-only">{label}</legend>
      <div className="week-hours">
        <TextInput
          required
          size="xs"
          type="time"
          label={t('agenda.from')}
          value={range.from}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
        <TextInput
          required
          size="xs"
          type="time"
          label={t('agenda.to')}
          value={range.to}
          onChange={(event) => onChange({ to: event.currentTarget.value })}
        />
      </div>
      <div className="week-more">
        <details>
          <summary>{useRulesInWords(range, kinds)}</summary>
          <RangeRules range={range} kinds={kinds} onChange={onChange} />
        </details>
        <Button size="compact-xs" variant="subtle" aria-label={t('week.removeOf', { range: label })} onClick={onRemove}>
          {t('week.remove')}
        </Button>
      </div>
    </fieldset>
  );
}

/** `Urgence · Régulateurs du SAS · 2 places`: in short what the open part of the range says. */
function useRulesInWords({ turn, kinds: taken, audiences, places }: RangeValues, kinds: RangeProps['kinds']): string {
  const { t } = useTranslation();
  const named = kinds.filter(({ value }) => taken.includes(value)).map(({ label }) => label);
  const audience = AUDIENCES.find((code) => audiences.includes(code));
  return [
    named.length > 0 ? named.join(', ') : t('week.allKinds'),
    ...(turn === 'each' ? [] : [t(`turn.${turn}`)]),
    ...(audience === undefined ? [] : [t(`audience.${audience}`)]),
    ...(audiences.includes('desk') ? [t('kinds.deskOnly')] : []),
    ...(places === '' || places === '1' ? [] : [t('kinds.withPlaces', { count: Number(places) })]),
  ].join(' · ');
}

/** The weeks, kinds, people and places of a range; without an answer, all. */
function RangeRules({ range, kinds, onChange }: Pick<RangeProps, 'range' | 'kinds' | 'onChange'>) {
  const { t } = useTranslation();
  return (
    <div className="week-rules">
      <NativeSelect
        size="xs"
        label={t('week.turn')}
        value={range.turn}
        data={TURNS.map((turn) => ({ value: turn, label: t(`turn.${turn}`) }))}
        onChange={(event) => onChange({ turn: event.currentTarget.value as WeekTurn })}
      />
      {kinds.length > 0 && (
        <Checkbox.Group
          size="xs"
          label={t('week.kinds')}
          value={range.kinds}
          onChange={(chosen) => onChange({ kinds: chosen })}
        >
          {kinds.map(({ value, label }) => (
            <Checkbox key={value} mt="xs" value={value} label={label} />
          ))}
        </Checkbox.Group>
      )}
      <NativeSelect
        size="xs"
        label={t('week.audience')}
        value={range.audiences[0] ?? ''}
        data={[
          { value: '', label: t('week.asKinds') },
          ...AUDIENCES.map((audience) => ({ value: audience, label: t(`audience.${audience}`) })),
          { value: 'desk', label: t('kinds.deskOnly') },
        ]}
        onChange={(event) => onChange({ audiences: [event.currentTarget.value].filter(Boolean) })}
      />
      <TextInput
        size="xs"
        type="number"
        min={1}
        max={500}
        label={t('kinds.places')}
        value={range.places}
        onChange={(event) => onChange({ places: event.currentTarget.value })}
      />
    </div>
  );
}
