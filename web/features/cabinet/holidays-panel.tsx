/** « Jours fériés »: what the whole practice does on them, and what one agenda does otherwise. */
import { Loader, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { dayIn, FRANCE } from '../../fhir/zone.ts';
import { useOwnAgendas } from '../../schedule/agendas.ts';
import { holidayPlan } from '../../schedule/holidays.ts';
import { readPractice } from '../../schedule/kinds.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { readAgendaParts } from './agenda-parts.ts';
import { HolidayHits } from './holiday-hits.tsx';
import { HolidaysForm } from './holidays-form.tsx';
import { partsOfPractice } from './places.ts';

export interface HolidaysPanelProps {
  practice: string;
  agenda: string | undefined;
  onAgenda: (agenda: string | undefined) => void;
}

export default function HolidaysPanel({ practice, agenda, onAgenda }: HolidaysPanelProps) {
  const { t } = useTranslation();
  const agendas = useOwnAgendas().data ?? [];
  const chosen = agendas.find(({ id }) => id === agenda);
  return (
    <div className="stack">
      <p className="soft">{t('holidays.help')}</p>
      <NativeSelect
        label={t('holidays.for')}
        value={chosen?.id ?? ''}
        data={[
          { value: '', label: t('holidays.practice') },
          ...agendas.map(({ id, name, place }) => ({ value: id, label: [name, place].filter(Boolean).join(' · ') })),
        ]}
        onChange={(event) => onAgenda(event.currentTarget.value || undefined)}
      />
      <Holidays
        key={chosen?.id ?? ''}
        practice={practice}
        agenda={chosen?.id}
        agendas={chosen === undefined ? agendas : [chosen]}
      />
    </div>
  );
}

interface HolidaysProps {
  practice: string;
  agenda: string | undefined;
  agendas: NonNullable<ReturnType<typeof useOwnAgendas>['data']>;
}

function Holidays({ practice, agenda, agendas }: HolidaysProps) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: agenda === undefined ? ['practice', practice, 'holidays'] : ['schedule', agenda, 'holidays', practice],
    queryFn: ({ signal }) => readSubject(practice, agenda, signal),
    refetchOnWindowFocus: false,
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  const today = dayIn(Date.now(), data.zone);
  const { resource, above } = data;
  return (
    <>
      <HolidaysForm key={resource.meta?.versionId ?? ''} resource={resource} above={above} today={today} />
      <HolidayHits plan={holidayPlan([...above, resource])} agendas={agendas} today={today} />
    </>
  );
}

interface HolidaySubject {
  /** The Organization or the Schedule, whose choices are changed. */
  resource: Resource;
  /** All that it inherits from, and the places. */
  above: Resource[];
  zone: string;
}

async function readSubject(practice: string, agenda: string | undefined, signal: AbortSignal): Promise<HolidaySubject> {
  const organization = await readPractice(practice, signal);
  if (agenda === undefined) {
    const parts = await partsOfPractice(practice, signal);
    const sites = parts.filter(({ kind }) => kind === 'site').map(({ resource }) => resource);
    return { resource: organization, above: sites, zone: FRANCE };
  }
  const { schedule, zone, included } = await readAgendaParts(agenda, signal);
  return { resource: schedule, above: [organization, ...included], zone };
}
