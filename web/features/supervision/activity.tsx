/** The reported appointments by day and by partner, and the same as CSV. */
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { addDays, dayIn, FRANCE } from '../../fhir/zone.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { shortDay } from '../../ui/dates.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { barRows, type Count, type DayRow, partnersOf, rowsByDay } from './activity-figures.ts';
import { Bars, MAX_SERIES } from './charts.tsx';

const POLL_MS = 10_000;
/** Days before and after today at first. */
const AROUND_DAYS = 14;

interface Period {
  from: string;
  to: string;
}

export default function ActivityPanel() {
  const { t } = useTranslation();
  const today = dayIn(Date.now(), FRANCE);
  const [period, setPeriod] = useState<Period>({
    from: addDays(today, -AROUND_DAYS),
    to: addDays(today, AROUND_DAYS),
  });
  const { counts, error } = useCounts(period);
  const partners = partnersOf(counts ?? []);
  const rows = rowsByDay(counts ?? []);
  return (
    <>
      <RefusalAlert error={error} />
      <ActivityHead period={period} onChange={setPeriod} />
      {rows.length > 0 && <ActivityBars rows={barRows(rows, period.from, period.to)} partners={partners} />}
      <DataTable
        label={t('supervision.activityOver')}
        empty={counts === undefined ? t('app.loading') : t('supervision.noActivity')}
        rows={rows}
        keyOf={(row) => row['day']}
        columns={[
          { title: t('supervision.day'), cell: (row) => shortDay(row['day']) },
          ...partners.map((partner) => ({ title: partner, cell: (row: DayRow) => row[partner] ?? 0 })),
        ]}
      />
    </>
  );
}

function queryOf({ from, to }: Period): string {
  return `from=${from}&to=${to}`;
}

/** `null`: an editor that the platform does not know. */
type CountRow = Omit<Count, 'partner'> & { partner: string | null };

function useCounts(period: Period): { counts: Count[] | undefined; error: unknown } {
  const { t } = useTranslation();
  const { data, error } = useQuery<CountRow[]>({
    queryKey: ['activity', period],
    queryFn: async ({ signal }) => {
      const headers = { Accept: 'application/json' };
      return (await ask(`/activity?${queryOf(period)}&by=day,partner`, { signal, headers })).json.rows;
    },
    refetchInterval: POLL_MS,
    retry: false,
    placeholderData: (before) => before,
  });
  const counts = data?.map(({ partner, ...row }) => ({ ...row, partner: partner ?? t('supervision.unknownPartner') }));
  return { counts, error };
}

function ActivityHead({ period, onChange }: { period: Period; onChange: (period: Period) => void }) {
  const { t } = useTranslation();
  const field = (name: keyof Period) => ({
    type: 'date',
    label: t(`supervision.${name}`),
    value: period[name],
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) => {
      if (value !== '') onChange({ ...period, [name]: value });
    },
  });
  return (
    <div className="page-head">
      <h2>{t('supervision.tab.activity')}</h2>
      <div className="grow" />
      <TextInput {...field('from')} />
      <TextInput {...field('to')} />
      <Button
        className="level"
        component="a"
        variant="default"
        href={`/activity?${queryOf(period)}&by=day,partner,status,category&format=csv`}
        download={`activite-${period.from}-${period.to}.csv`}
      >
        {t('supervision.csv')}
      </Button>
    </div>
  );
}

/** The partners with the most appointments, and all others as one. */
function ActivityBars({ rows, partners }: { rows: readonly DayRow[]; partners: readonly string[] }) {
  const { t } = useTranslation();
  const isTooMany = partners.length > MAX_SERIES;
  const shown = isTooMany ? partners.slice(0, MAX_SERIES - 1) : partners;
  const others = partners.slice(shown.length);
  const series = shown.map((partner, look) => ({ key: partner, name: partner, look }));
  if (isTooMany)
    series.push({
      key: 'others',
      name: t('supervision.otherPartners', { count: others.length }),
      look: shown.length,
    });
  const bars = rows.map((row) => ({
    ...row,
    day: shortDay(row['day']),
    others: others.reduce((sum, partner) => sum + (row[partner] ?? 0), 0),
  }));
  return <Bars title={t('supervision.activityOver')} rows={bars} series={series} />;
}
