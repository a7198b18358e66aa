/** Which agendas the page shows: the person's own by a click, any other by its name. */
import { Button, Checkbox, Popover } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type AgendaSummary, agendaLabel, findAgendas } from '../../schedule/agendas.ts';
import { Choice, type ChoiceOption } from '../../ui/choice.tsx';

async function findOptions(text: string, signal: AbortSignal): Promise<ChoiceOption[]> {
  const agendas = await findAgendas(text, signal);
  return agendas.map((agenda) => ({ value: agenda.id, label: agenda.name, detail: agenda.place }));
}

export interface PickerProps {
  own: readonly AgendaSummary[];
  shown: readonly AgendaSummary[];
  onChange: (ids: string[]) => void;
}

export function Picker({ own, shown, onChange }: PickerProps) {
  const { t } = useTranslation();
  const shownIds = shown.map((agenda) => agenda.id);
  const listed = [...own, ...shown.filter((agenda) => !own.some(({ id }) => id === agenda.id))];
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
      width={380}
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
                  onChange={(event) => toggle(agenda.id, event.currentTarget.checked)}
                />
              ))}
            </div>
          </fieldset>
          <Choice
            label={t('agenda.other')}
            description={t('agenda.otherHelp')}
            name="agendas"
            find={findOptions}
            onChoose={({ value }) => toggle(value, true)}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
