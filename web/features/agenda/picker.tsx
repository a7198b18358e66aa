/** Which agendas the page shows: the person's own by a click, any other by its name, a named set at once. */
import { Button, Checkbox, Group, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AgendaSummary, agendaLabel, findAgendas } from '../../schedule/agendas.ts';
import { Choice, type ChoiceOption } from '../../ui/choice.tsx';
import type { useAgendaSets } from './agenda-sets.ts';

async function findOptions(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  const agendas = await findAgendas(text, signal);
  return agendas.map((agenda) => ({ value: agenda.id, label: agenda.name, detail: agenda.place }));
}

export interface PickerProps {
  own: readonly AgendaSummary[];
  shown: readonly AgendaSummary[];
  /** More than these are not shown. */
  maxShown: number;
  sets: ReturnType<typeof useAgendaSets>;
  onChange: (ids: string[]) => void;
}

export function Picker({ own, shown, maxShown, sets, onChange }: PickerProps) {
  const { t } = useTranslation();
  const shownIds = shown.map((agenda) => agenda.id);
  const listed = [...own, ...shown.filter((agenda) => !own.some(({ id }) => id === agenda.id))];
  const isFull = shown.length >= maxShown;
  const toggle = (id: string, isOn: boolean) => {
    const ids = isOn ? [...shownIds, id] : shownIds.filter((shownId) => shownId !== id);
    if (ids.length > 0) onChange(ids);
  };
  return (
    <Popover
      position="bottom-start"
      withinPortal={false}
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
      width="min(380px, calc(100vw - 2rem))"
    >
      <Popover.Target>
        <Button variant="default" className="no-print">
          {t('agenda.agendasShown', { count: shown.length })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('agenda.choose')}>
        <div className="stack picker">
          <fieldset className="times">
            <legend>{t('agenda.choose')}</legend>
            <div className="picker-list">
              {listed.map((agenda) => (
                <Checkbox
                  key={agenda.id}
                  label={agendaLabel(agenda, ' · ')}
                  checked={shownIds.includes(agenda.id)}
                  disabled={isFull && !shownIds.includes(agenda.id)}
                  onChange={(event) => toggle(agenda.id, event.currentTarget.checked)}
                />
              ))}
            </div>
            <p role="status" className="dim">
              {isFull && t('agenda.full', { count: maxShown })}
            </p>
          </fieldset>
          {!isFull && (
            <Choice
              label={t('agenda.other')}
              description={t('agenda.otherHelp')}
              name="agendas"
              find={findOptions}
              onChoose={({ value }) => toggle(value, true)}
            />
          )}
          <Sets sets={sets} shown={shownIds} onChange={onChange} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

interface SetsProps extends Pick<PickerProps, 'sets' | 'onChange'> {
  /** Ids of the agendas that are shown. */
  shown: readonly string[];
}

function Sets({ sets, shown, onChange }: SetsProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') sets.save({ name: name.trim(), agendas: shown });
        setName('');
      }}
    >
      {sets.sets.length > 0 && (
        <ul className="lines" aria-label={t('agenda.sets')}>
          {sets.sets.map((set) => (
            <li key={set.name}>
              <Group gap="xs">
                <Button size="compact-sm" variant="light" onClick={() => onChange([...set.agendas])}>
                  {set.name}
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={t('agenda.removeSet', { name: set.name })}
                  onClick={() => sets.remove(set.name)}
                >
                  {t('agenda.removeTimes')}
                </Button>
              </Group>
            </li>
          ))}
        </ul>
      )}
      <Group gap="xs" align="end">
        <TextInput
          label={t('agenda.setName')}
          maxLength={40}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="light">
          {t('app.save')}
        </Button>
      </Group>
    </form>
  );
}
