/** « Semaine type »: the openings of a week, stored in one write from a date on; the past stays. */
import { Button, Loader, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { HolidayPlan } from '../../../src/fhir/french/holiday-rule.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { isType } from '../../../src/fhir/resources.ts';
import { dayIn } from '../../fhir/zone.ts';
import { useOwnAgendas } from '../../schedule/agendas.ts';
import { holidayPlan, holidaysAhead } from '../../schedule/holidays.ts';
import { longDay } from '../../ui/dates.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { usesOf } from '../../schedule/agenda-kinds.ts';
import { KIND_SYSTEM, kindsOf, readPractice } from '../../schedule/kinds.ts';
import { readAgendaParts } from './agenda-parts.ts';
import { WeekEditor } from './week-editor.tsx';

export interface WeekPanelProps {
  practice: string;
  agenda: string | undefined;
  onAgenda: (agenda: string) => void;
  onHolidays: (agenda: string) => void;
}

export default function WeekPanel({ practice, agenda, onAgenda, onHolidays }: WeekPanelProps) {
  const { t } = useTranslation();
  const agendas = useOwnAgendas();
  const all = agendas.data ?? [];
  const chosen = all.find(({ id }) => id === agenda) ?? all[0];
  if (agendas.isLoading) return <Loader aria-label={t('app.loading')} />;
  if (chosen === undefined) return <p className="sheet">{t('week.noAgenda')}</p>;
  return (
    <div className="stack">
      <NativeSelect
        label={t('agenda.agenda')}
        value={chosen.id}
        data={all.map(({ id, name, place }) => ({ value: id, label: [name, place].filter(Boolean).join(' · ') }))}
        onChange={(event) => onAgenda(event.currentTarget.value)}
      />
      <Week key={chosen.id} practice={practice} agenda={chosen.id} onHolidays={() => onHolidays(chosen.id)} />
    </div>
  );
}

interface WeekProps {
  practice: string;
  agenda: string;
  onHolidays: () => void;
}

function Week({ practice, agenda, onHolidays }: WeekProps) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['schedule', agenda, 'week', practice],
    queryFn: async ({ signal }) => ({
      ...(await readAgendaParts(agenda, signal)),
      organization: await readPractice(practice, signal),
    }),
    refetchOnWindowFocus: false,
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  const { schedule, zone, included, organization } = data;
  const kinds = kindsOf(data.organization);
  const used = usesOf(schedule, kinds).filter(({ isUsed }) => isUsed);
  const choices = used.map(({ code }) => ({
    value: `${KIND_SYSTEM}|${code}`,
    label: kinds.find((kind) => kind.code === code)?.name ?? code,
  }));
  const plan = holidayPlan([organization, ...included, schedule]);
  return (
    <>
      <WeekEditor
        key={schedule.meta?.versionId ?? ''}
        schedule={schedule}
        zone={zone}
        kinds={choices}
        postalCode={postalCodeOf(included)}
      />
      <WeekHolidays plan={plan} today={dayIn(Date.now(), zone)} onChange={onHolidays} />
    </>
  );
}

function postalCodeOf(resources: readonly Resource[]): string | undefined {
  return resources.flatMap((resource) => (isType(resource, 'Location') ? (resource.address?.postalCode ?? []) : []))[0];
}

/** The next ones: the others are a click away. */
const SHOWN_HOLIDAYS = 4;

interface WeekHolidaysProps {
  plan: HolidayPlan | undefined;
  today: string;
  onChange: () => void;
}

/** Public holidays are days of the week too: the week says what holds on them. */
function WeekHolidays({ plan, today, onChange }: WeekHolidaysProps) {
  const { t } = useTranslation();
  const next = plan === undefined ? [] : holidaysAhead(plan, today).slice(0, SHOWN_HOLIDAYS);
  return (
    <section className="stack">
      <h2>{t('holidays.title')}</h2>
      {plan === undefined ? (
        <p>{t('holidays.unset')}</p>
      ) : (
        <ul className="lines">
          {next.map(({ name, date, state, from, to }) => (
            <li key={date}>
              {name}, {longDay(date)} : {state === 'hours' ? `${from} – ${to}` : t(`holidays.${state}`)}
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button variant="default" onClick={onChange}>
          {t('holidays.change')}
        </Button>
      </div>
    </section>
  );
}
