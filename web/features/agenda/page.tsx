/**
 * The agenda page: one or several agendas side by side, as calendars or as text; what is booked elsewhere appears by
 * itself.
 */
import { Button, Group, Loader, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, addMonths, dayIn, dayRange, firstOfMonth, longDay, monthName, weekday } from '../../fhir/zone.ts';
import { usePageSearch, useOpen } from '../../ui/navigation.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type AgendaName, useAgendaNames, useOwnAgendas } from '../../schedule/agendas.ts';
import { Column } from './column.tsx';
import { useLive } from '../../schedule/live.ts';
import { Picker } from './picker.tsx';
import { agendaPage, type View } from './route.ts';
import './agenda.css';

/** Until the agenda has said which is its own. */
const FRANCE = 'Europe/Paris';
/** More side by side are not legible. */
const MAX_AGENDAS = 6;

export default function AgendaPage() {
  const { t } = useTranslation();
  const search = usePageSearch(agendaPage);
  const open = useOpen();
  const own = useOwnAgendas();
  const ids = (search.agendas ?? (own.data ?? []).slice(0, 1).map((one) => one.id)).slice(0, MAX_AGENDAS);
  const names = useAgendaNames(ids);
  const [mode, setMode] = useState<'appointments' | 'hours'>('appointments');
  useLive(ids);
  const shown: AgendaName[] = ids.map(
    (id) =>
      names.data?.find((one) => one.id === id) ??
      own.data?.find((one) => one.id === id) ?? { id, name: id, place: '', isOfSomebody: false },
  );
  const isNarrow = window.matchMedia('(max-width: 40rem)').matches;
  const view: View = search.view ?? (isNarrow || ids.length > 1 ? 'day' : 'week');
  const day = search.day ?? dayIn(Date.now(), FRANCE);
  const { from, days } = spanOf(view, day);
  const go = (changes: Partial<typeof search>) => open(agendaPage, { ...search, ...changes });
  const step = (direction: 1 | -1) =>
    go({ day: view === 'month' ? addMonths(day, direction) : addDays(day, direction * (view === 'day' ? 1 : 7)) });
  const title =
    view === 'day' ? longDay(day) : view === 'month' ? monthName(day) : dayRange(from, addDays(from, days - 1));
  return (
    <>
      <div className="page-head">
        <h1>{t('agenda.title')}</h1>
        <Picker own={own.data ?? []} shown={shown} onChange={(agendas) => go({ agendas })} />
        <span className="grow" />
        <Button variant="default" className="no-print wide-only" onClick={() => window.print()}>
          {t('agenda.print')}
        </Button>
      </div>
      <div className="bar">
        <Group gap={4} className="no-print">
          <Button variant="default" aria-label={t('agenda.before')} onClick={() => step(-1)}>
            ‹
          </Button>
          <Button variant="default" onClick={() => go({ day: undefined })}>
            {t('agenda.today')}
          </Button>
          <Button variant="default" aria-label={t('agenda.after')} onClick={() => step(1)}>
            ›
          </Button>
        </Group>
        <p className="title" role="status">
          {title}
        </p>
        <span className="grow" />
        <SegmentedControl
          className="no-print"
          aria-label={t('agenda.view')}
          value={view}
          onChange={(value) => go({ view: value as View })}
          data={(['day', 'week', 'month', 'list'] as const).map((value) => ({ value, label: t(`view.${value}`) }))}
          transitionDuration={0}
        />
        <SegmentedControl
          className="no-print"
          aria-label={t('agenda.mode')}
          value={mode}
          onChange={(value) => setMode(value as typeof mode)}
          data={(['appointments', 'hours'] as const).map((value) => ({ value, label: t(`mode.${value}`) }))}
          transitionDuration={0}
        />
      </div>
      <RefusalAlert error={own.error ?? names.error} />
      {own.isPending && ids.length === 0 && <Loader aria-label={t('shell.loading')} />}
      {own.data !== undefined && ids.length === 0 && <p className="sheet">{t('agenda.noneOwn')}</p>}
      <div className="columns">
        {shown.map((one) => (
          <Column key={one.id} agenda={one} agendas={shown} view={view} day={day} from={from} days={days} mode={mode} />
        ))}
      </div>
      <ul className="legend" aria-label={t('agenda.legend')}>
        {(['open', 'booked', 'arrived', 'fulfilled', 'noshow', 'asked', 'over', 'closed'] as const).map((one) => (
          <li key={one} className={`key-${one}`}>
            {t(`legend.${one}`)}
          </li>
        ))}
      </ul>
    </>
  );
}

function spanOf(view: View, day: string): { from: string; days: number } {
  if (view === 'day') return { from: day, days: 1 };
  const monday = (one: string) => addDays(one, 1 - weekday(one));
  if (view === 'month') return { from: monday(firstOfMonth(day)), days: 42 };
  return { from: monday(day), days: 7 };
}
