/** Reported appointments by day and by partner, and the CSV. */
import { Anchor, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../src/fhir/resource.ts';
import { ask } from '../fhir/client.ts';
import { dayIn, PARIS } from '../search/zone.ts';
import { RefusalAlert } from '../shell/refusal.tsx';
import { Rows } from '../shell/rows.tsx';
import { Bars } from './charts.tsx';

const DAY_MS = 86_400_000;
const AGAIN_MS = 10_000;
const AROUND_DAYS = 14;

type Row = Record<string, Json>;

export default function ActivityPanel() {
  const { t } = useTranslation();
  const [from, setFrom] = useState(dayIn(Date.now() - AROUND_DAYS * DAY_MS, PARIS));
  const [to, setTo] = useState(dayIn(Date.now() + AROUND_DAYS * DAY_MS, PARIS));
  const query = `from=${from}&to=${to}`;
  const { data, error } = useQuery({ queryKey: ['activity', query], queryFn: async ({ signal }) => (await ask(`/activity?${query}&by=day,partner`, { signal, headers: { Accept: 'application/json' } })).json, refetchInterval: AGAIN_MS, retry: false, placeholderData: (before: Json) => before });
  const counts: { day: string; partner: string | null; count: number }[] = data?.rows ?? [];
  const partners = [...new Set(counts.map((one) => one.partner ?? '?'))];
  const days = new Map<string, Row>();
  for (const one of counts) days.set(one.day, { ...(days.get(one.day) ?? { day: one.day }), [one.partner ?? '?']: one.count });
  const rows = [...days.values()].sort((a, b) => (a['day'] < b['day'] ? -1 : 1));
  return (
    <>
      <RefusalAlert error={error} />
      <div className="page-head">
        <h2>{t('supervision.tab.activity')}</h2>
        <div className="grow" />
        <TextInput type="date" label={t('supervision.from')} value={from} onChange={({ currentTarget: { value } }) => value !== '' && setFrom(value)} />
        <TextInput type="date" label={t('supervision.to')} value={to} onChange={({ currentTarget: { value } }) => value !== '' && setTo(value)} />
        <Anchor href={`/activity?${query}&by=day,partner,status,category&format=csv`} download={`activite-${from}-${to}.csv`}>
          {t('supervision.csv')}
        </Anchor>
      </div>
      {rows.length > 0 && <Bars title={t('supervision.activityOver')} rows={rows} series={partners.map((one) => ({ key: one, name: one }))} />}
      <Rows label={t('supervision.tab.activity')} empty={t('supervision.noActivity')} rows={rows} keyOf={(row) => row['day']} columns={[{ title: t('supervision.day'), cell: (row) => row['day'] }, ...partners.map((one) => ({ title: one, cell: (row: Row) => row[one] ?? 0 }))]} />
    </>
  );
}
