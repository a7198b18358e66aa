/** Reported appointments by day and by partner, and the CSV. */
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask } from '../../fhir/client.ts';
import { addDays, dayIn, shortDay } from '../../fhir/zone.ts';
import { PARIS } from '../search/zone.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { Bars, MAX_SERIES } from './charts.tsx';

const AGAIN_MS = 10_000;
const AROUND_DAYS = 14;
/** Bars of a chart at most; a longer time shows the days with something. */
const MAX_DAYS = 92;

type Row = Record<string, Json>;

export default function ActivityPanel() {
  const { t } = useTranslation();
  const [from, setFrom] = useState(addDays(dayIn(Date.now(), PARIS), -AROUND_DAYS));
  const [to, setTo] = useState(addDays(dayIn(Date.now(), PARIS), AROUND_DAYS));
  const query = `from=${from}&to=${to}`;
  const { data, error } = useQuery({
    queryKey: ['activity', query],
    queryFn: async ({ signal }) =>
      (await ask(`/activity?${query}&by=day,partner`, { signal, headers: { Accept: 'application/json' } })).json,
    refetchInterval: AGAIN_MS,
    retry: false,
    placeholderData: (before: Json) => before,
  });
  const counts = ((data?.rows ?? []) as { day: string; partner: string | null; count: number }[]).map((row) => ({
    ...row,
    partner: row.partner ?? t('supervision.unknownPartner'),
  }));
  const partners = totalsOf(counts);
  const rows = rowsOf(counts);
  const others = partners.slice(MAX_SERIES - 1).length > 1 ? partners.slice(MAX_SERIES - 1) : [];
  const shown = partners.filter((partner) => !others.includes(partner));
  const isLong = daysOf(from, to).length > MAX_DAYS;
  const bars = (isLong ? rows.map((row) => row['day'] as string) : daysOf(from, to)).map((day): Row => {
    const row = rows.find((row) => row['day'] === day) ?? {};
    return { ...row, day: shortDay(day), others: others.reduce((sum, other) => sum + (row[other] ?? 0), 0) };
  });
  return (
    <>
      <RefusalAlert error={error} />
      <div className="page-head">
        <h2>{t('supervision.tab.activity')}</h2>
        <div className="grow" />
        <TextInput
          type="date"
          label={t('supervision.from')}
          value={from}
          onChange={({ currentTarget: { value } }) => value !== '' && setFrom(value)}
        />
        <TextInput
          type="date"
          label={t('supervision.to')}
          value={to}
          onChange={({ currentTarget: { value } }) => value !== '' && setTo(value)}
        />
        <Button
          className="level"
          component="a"
          variant="default"
          href={`/activity?${query}&by=day,partner,status,category&format=csv`}
          download={`activite-${from}-${to}.csv`}
        >
          {t('supervision.csv')}
        </Button>
      </div>
      {rows.length > 0 && (
        <Bars
          title={t('supervision.activityOver')}
          rows={bars}
          series={[
            ...shown.map((one, look) => ({ key: one, name: one, look })),
            ...(others.length > 0
              ? [{ key: 'others', name: t('supervision.otherPartners', { count: others.length }), look: shown.length }]
              : []),
          ]}
        />
      )}
      <Rows
        label={t('supervision.activityOver')}
        empty={data === undefined ? t('shell.loading') : t('supervision.noActivity')}
        rows={rows}
        keyOf={(row) => row['day']}
        columns={[
          { title: t('supervision.day'), cell: (row) => shortDay(row['day']) },
          ...partners.map((partner) => ({ title: partner, cell: (row: Row) => row[partner] ?? 0 })),
        ]}
      />
    </>
  );
}

/** Names, those with the most first. */
function totalsOf(counts: readonly { partner: string; count: number }[]): string[] {
  const totals = new Map<string, number>();
  for (const { partner, count } of counts) totals.set(partner, (totals.get(partner) ?? 0) + count);
  return [...totals].sort(([a, many], [b, more]) => more - many || a.localeCompare(b)).map(([partner]) => partner);
}

function rowsOf(counts: readonly { day: string; partner: string; count: number }[]): Row[] {
  const days = new Map<string, Row>();
  for (const { day, partner, count } of counts) days.set(day, { ...(days.get(day) ?? { day }), [partner]: count });
  return [...days.values()].sort((a, b) => (a['day'] < b['day'] ? -1 : 1));
}

function daysOf(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to && days.length <= MAX_DAYS; day = addDays(day, 1)) days.push(day);
  return days;
}
