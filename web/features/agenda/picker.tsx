/** Which agendas are shown: one's own at a click, any other by its name. */
import { Button, Checkbox, Popover } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Choice } from '../../ui/choice.tsx';
import { type AgendaName, findAgendas } from '../../schedule/agendas.ts';

const find = async (text: string, signal: AbortSignal) =>
  (await findAgendas(text, signal)).map((agenda) => ({ value: agenda.id, label: agenda.name, detail: agenda.place }));

export function Picker({
  own,
  shown,
  onChange,
}: {
  own: readonly AgendaName[];
  shown: readonly AgendaName[];
  onChange: (ids: string[]) => void;
}) {
  const { t } = useTranslation();
  const ids = shown.map((one) => one.id);
  const all = [...own, ...shown.filter((one) => !own.some((other) => other.id === one.id))];
  const toggle = (id: string, isOn: boolean) => {
    const next = isOn ? [...ids, id] : ids.filter((one) => one !== id);
    if (next.length > 0) onChange(next);
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
              {all.map((one) => (
                <Checkbox
                  key={one.id}
                  label={`${one.name}${one.place === '' ? '' : ` · ${one.place}`}`}
                  checked={ids.includes(one.id)}
                  onChange={(event) => toggle(one.id, event.currentTarget.checked)}
                />
              ))}
            </div>
          </fieldset>
          <Choice
            label={t('agenda.other')}
            description={t('agenda.otherHelp')}
            name="agendas"
            find={find}
            onChoose={(one) => toggle(one.value, true)}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
