/**
 * The agenda page: one or several agendas side by side, as calendars or as text. Bookings made elsewhere appear by
 * themselves.
 */
import { Button, Group, Loader, SegmentedControl } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addDays, addMonths, dayIn, firstOfMonth, FRANCE, weekday } from '../../fhir/zone.ts';
import { agendaQuery } from '../../schedule/agenda-content.ts';
import { type AgendaParams, type View, VIEWS } from '../../schedule/agenda-params.ts';
import { type AgendaSummary, useAgendaSummaries, useOwnAgendas } from '../../schedule/agendas.ts';
import { useLive } from '../../schedule/live.ts';
import { dayRange, longDay, monthName, type Span } from '../../ui/dates.ts';
import { ComingDialog } from '../../ui/dialog.tsx';
import type { PageProps } from '../../ui/params.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { withTexts } from '../../ui/texts.ts';
import { AgendaColumn, type AgendaColumnProps, ColumnHead, readPeriod } from './agenda-column.tsx';
import { useAgendaSets } from './agenda-sets.ts';
import { type CalendarMode, type Hours, sharedHours } from './calendar-events.ts';
import { useFindKey } from './find/shortcut.tsx';
import { Picker } from './picker.tsx';
import './agenda.css';

const PatientsDialog = lazy(() => withTexts(import('./patients/patients-dialog.tsx')));
const CompactDay = lazy(() => withTexts(import('./compact-day.tsx')));
const FindDialog = lazy(() => withTexts(import('./find/find-dialog.tsx')));

/** More agendas side by side are not legible: they are lines of one day. */
const MAX_COLUMNS = 6;
const MAX_AGENDAS = 20;

const MODES = ['appointments', 'hours'] as const;
const LEGEND = ['open', 'booked', 'arrived', 'fulfilled', 'noshow', 'asked', 'over', 'closed'] as const;

export default function AgendaPage({ params, go }: PageProps<AgendaParams>) {
  const { t } = useTranslation();
  const own = useOwnAgendas();
  const sets = useAgendaSets();
  const remembered = sets.last.filter((id) => own.data?.some((agenda) => agenda.id === id));
  const first = remembered.length > 0 ? remembered : (own.data ?? []).slice(0, 1).map(({ id }) => id);
  const ids = (params.agendas ?? first).slice(0, MAX_AGENDAS);
  const isCompact = ids.length > MAX_COLUMNS;
  const named = useAgendaSummaries(ids);
  const [mode, setMode] = useState<CalendarMode>('appointments');
  useLive(ids);
  const agendas = ids.map((id) => summaryOf(id, [...(named.data ?? []), ...(own.data ?? [])]));
  const isNarrow = window.matchMedia('(max-width: 40rem)').matches;
  const view: View = isCompact ? 'day' : (params.view ?? (isNarrow || ids.length > 1 ? 'day' : 'week'));
  // The agenda says its own zone only once it is read.
  const day = params.day ?? dayIn(Date.now(), FRANCE);
  const { from, days } = daysOf(view, day);
  const hours = useSharedHours(ids, readPeriod(from, days));
  const change = (changes: AgendaParams) => go({ ...params, ...changes });
  return (
    <>
      <div className="page-head">
        <h1>{t('agenda.title')}</h1>
        <Picker
          own={own.data ?? []}
          shown={agendas}
          maxShown={MAX_AGENDAS}
          sets={sets}
          onChange={(chosen) => {
            sets.remember(chosen);
            change({ agendas: chosen });
          }}
        />
        <CallButtons own={own.data ?? []} shown={agendas} />
        <span className="grow" />
        <Button variant="default" className="no-print wide-only" onClick={() => window.print()}>
          {t('agenda.print')}
        </Button>
      </div>
      <div className="bar">
        <Period view={view} day={day} onChange={(chosen) => change({ day: chosen })} />
        <span className="grow" />
        <SegmentedControl
          className="no-print"
          aria-label={t('agenda.view')}
          value={view}
          onChange={(chosen) => change({ view: chosen as View })}
          data={VIEWS.map((value) => ({ value, label: t(`view.${value}`) }))}
          transitionDuration={0}
        />
        <SegmentedControl
          className="no-print"
          aria-label={t('agenda.mode')}
          value={mode}
          onChange={(chosen) => setMode(chosen as CalendarMode)}
          data={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))}
          transitionDuration={0}
        />
      </div>
      <RefusalAlert error={own.error ?? named.error} />
      {own.isPending && ids.length === 0 && <Loader aria-label={t('app.loading')} />}
      {own.data !== undefined && ids.length === 0 && <p className="sheet">{t('agenda.noneOwn')}</p>}
      <Agendas {...{ agendas, isCompact, view, day, from, days, mode, hours }} />
      <ul className="legend" aria-label={t('agenda.legend')}>
        {LEGEND.map((key) => (
          <li key={key} className={`key-${key}`}>
            {t(`legend.${key}`)}
          </li>
        ))}
      </ul>
    </>
  );
}

type AgendasProps = Omit<AgendaColumnProps, 'agenda'> & { isCompact: boolean };

/** Beside each other, or a line each. */
function Agendas({ isCompact, ...shared }: AgendasProps) {
  const { t } = useTranslation();
  const { agendas, day, hours } = shared;
  if (isCompact)
    return (
      <Suspense fallback={<Loader aria-label={t('app.loading')} />}>
        <CompactDay agendas={agendas} day={day} hours={hours} />
      </Suspense>
    );
  const isMany = agendas.length > 1;
  return (
    <div className={isMany ? 'columns columns-many' : 'columns'}>
      {isMany && <Heads agendas={agendas} />}
      <div className="columns-row columns-bodies">
        {agendas.map((agenda) => (
          <AgendaColumn key={agenda.id} agenda={agenda} {...shared} />
        ))}
      </div>
    </div>
  );
}

/** In one row, which stays in sight while the hours scroll; screen readers hear the heading of each column instead. */
function Heads({ agendas }: Pick<AgendasProps, 'agendas'>) {
  return (
    <div className="columns-row columns-heads" aria-hidden="true">
      {agendas.map((agenda) => (
        <ColumnHead key={agenda.id} agenda={agenda} zone={agenda.zone} as="strong" />
      ))}
    </div>
  );
}

function useSharedHours(ids: readonly string[], period: Span): Hours {
  return useQueries({
    queries: ids.map((id) => agendaQuery(id, period)),
    combine: (results) => sharedHours(results.flatMap(({ data }) => data ?? [])),
  });
}

/** Callers ask for the next free time, or for their own appointments. */
function CallButtons({ own, shown }: { own: readonly AgendaSummary[]; shown: readonly AgendaSummary[] }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const close = () => {
    setOpen(false);
    setSearching(false);
  };
  useFindKey(useCallback(() => setOpen(true), []));
  return (
    <>
      <Button className="no-print" disabled={own.length === 0} onClick={() => setOpen(true)}>
        {t('find.open')}
      </Button>
      <Button variant="default" className="no-print" onClick={() => setSearching(true)}>
        {t('patient.title')}
      </Button>
      <Suspense fallback={<ComingDialog onClose={close} />}>
        {isOpen && own.length > 0 && <FindDialog own={own} shown={shown} onClose={close} />}
        {isSearching && <PatientsDialog onClose={close} />}
      </Suspense>
    </>
  );
}

/** Until the name is read, the id stands for it. */
function summaryOf(id: string, known: readonly AgendaSummary[]): AgendaSummary {
  return (
    known.find((agenda) => agenda.id === id) ?? {
      id,
      name: id,
      place: '',
      isPractitioner: false,
      actors: [],
      zone: FRANCE,
    }
  );
}

interface PeriodProps {
  view: View;
  day: string;
  /** `undefined`: today. */
  onChange: (day: string | undefined) => void;
}

/** The days that are shown, with the way to those before and after. */
function Period({ view, day, onChange }: PeriodProps) {
  const { t } = useTranslation();
  const step = (direction: 1 | -1) =>
    onChange(view === 'month' ? addMonths(day, direction) : addDays(day, direction * (isOneDay(view) ? 1 : 7)));
  return (
    <>
      <Group gap={4} className="no-print">
        <Button variant="default" aria-label={t('agenda.before')} onClick={() => step(-1)}>
          ‹
        </Button>
        <Button variant="default" onClick={() => onChange(undefined)}>
          {t('agenda.today')}
        </Button>
        <Button variant="default" aria-label={t('agenda.after')} onClick={() => step(1)}>
          ›
        </Button>
      </Group>
      <p className="title" role="status">
        {titleOf(view, day)}
      </p>
    </>
  );
}

function titleOf(view: View, day: string): string {
  if (isOneDay(view)) return longDay(day);
  if (view === 'month') return monthName(day);
  const { from, days } = daysOf(view, day);
  return dayRange(from, addDays(from, days - 1));
}

function isOneDay(view: View): boolean {
  return view === 'day' || view === 'sheet';
}

/** A month is drawn as six whole weeks. */
function daysOf(view: View, day: string): { from: string; days: number } {
  if (isOneDay(view)) return { from: day, days: 1 };
  if (view === 'month') return { from: mondayOf(firstOfMonth(day)), days: 42 };
  return { from: mondayOf(day), days: 7 };
}

function mondayOf(day: string): string {
  return addDays(day, 1 - weekday(day));
}
