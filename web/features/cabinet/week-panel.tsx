/** « Semaine type »: the openings of a week, stored in one write from a date on; the past stays. */
import { Loader, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { readTimezone } from '../../../src/fhir/french/fr-extensions.ts';
import type { Schedule } from '../../../src/fhir/resources.ts';
import { search } from '../../fhir/client.ts';
import { FRANCE } from '../../fhir/zone.ts';
import { useOwnAgendas } from '../../schedule/agendas.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { usesOf } from '../../schedule/agenda-kinds.ts';
import { KIND_SYSTEM, kindsOf, readPractice } from '../../schedule/kinds.ts';
import { WeekEditor } from './week-editor.tsx';

export interface WeekPanelProps {
  practice: string;
  agenda: string | undefined;
  onAgenda: (agenda: string) => void;
}

export default function WeekPanel({ practice, agenda, onAgenda }: WeekPanelProps) {
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
      <Week key={chosen.id} practice={practice} agenda={chosen.id} />
    </div>
  );
}

function Week({ practice, agenda }: { practice: string; agenda: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['schedule', agenda, 'week', practice],
    queryFn: async ({ signal }) => ({
      ...(await readAgenda(agenda, signal)),
      organization: await readPractice(practice, signal),
    }),
    refetchOnWindowFocus: false,
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  const { schedule, zone } = data;
  const kinds = kindsOf(data.organization);
  const used = usesOf(schedule, kinds).filter(({ isUsed }) => isUsed);
  const choices = used.map(({ code }) => ({
    value: `${KIND_SYSTEM}|${code}`,
    label: kinds.find((kind) => kind.code === code)?.name ?? code,
  }));
  return <WeekEditor key={schedule.meta?.versionId ?? ''} schedule={schedule} zone={zone} kinds={choices} />;
}

/** The clock of an agenda is its own, or that of its place. */
async function readAgenda(id: string, signal: AbortSignal): Promise<{ schedule: Schedule; zone: string }> {
  const included = { _include: 'Schedule:actor', '_include:iterate': 'PractitionerRole:location' };
  const page = await search('Schedule', { _id: id, ...included }, signal);
  const schedule = page.matches[0]!;
  const zones = [schedule, ...page.included].flatMap((resource) => readTimezone(resource) ?? []);
  return { schedule, zone: zones[0] ?? FRANCE };
}
