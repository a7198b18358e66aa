/** Partners now, and their delays and failures over time. */
import { Badge, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../src/fhir/resource.ts';
import { parameterOf, partsOf } from '../fhir/parameters.ts';
import { RefusalAlert } from '../shell/refusal.tsx';
import { Rows } from '../shell/rows.tsx';
import { Lines } from './charts.tsx';
import { useOperation } from './operation.ts';

const HOURS = [1, 24, 168, 720] as const;

type Parts = Record<string, Json>;

export default function PartnersPanel() {
  const { t } = useTranslation();
  const [hours, setHours] = useState(24);
  const states = useOperation('/fhir/$partners');
  const history = useOperation(`/fhir/$partner-history?hours=${hours}`);
  const partners = partsOf(states.data, 'partner');
  const points = partsOf(history.data, 'point');
  const fileError = parameterOf(states.data, 'fileError');
  const series = [...new Set(points.map((one) => String(one['partner'])))].map((key) => ({ key, name: partners.find((one) => one['id'] === key)?.['name'] ?? key }));
  return (
    <>
      <RefusalAlert error={states.error ?? history.error} />
      {fileError !== undefined && (
        <p className="bad-text" role="alert">
          {t('supervision.fileError', { error: fileError })}
        </p>
      )}
      <div className="page-head">
        <h2>{t('supervision.tab.partners')}</h2>
        <div className="grow" />
        <NativeSelect label={t('supervision.period')} value={String(hours)} onChange={({ currentTarget: { value } }) => setHours(Number(value))} data={HOURS.map((one) => ({ value: String(one), label: t(`supervision.hours.${one}`) }))} />
      </div>
      <Rows
        label={t('supervision.tab.partners')}
        empty={t('supervision.noPartner')}
        rows={partners.map((one) => ({ ...one, ...totalOf(points.filter((point) => point['partner'] === one['id'])) }) as Parts)}
        keyOf={(row) => row['id']}
        columns={[
          { title: t('supervision.partner'), cell: (row) => row['name'] },
          { title: t('supervision.state'), cell: (row) => <State partner={row} /> },
          { title: t('supervision.answers'), cell: (row) => row['answers'] },
          { title: t('supervision.failures'), cell: (row) => row['failures'] },
          { title: t('supervision.meanDelay'), cell: (row) => (row['mean'] === undefined ? '–' : `${row['mean']} ms`) },
          { title: t('supervision.maxDelay'), cell: (row) => (row['worst'] === 0 ? '–' : `${row['worst']} ms`) },
        ]}
      />
      {points.length > 0 && (
        <div className="charts">
          <Lines title={t('supervision.delays')} rows={rowsOf(points, 'meanDelay')} series={series} unit=" ms" />
          <Lines title={t('supervision.failuresOver')} rows={rowsOf(points, 'failures')} series={series} />
        </div>
      )}
    </>
  );
}

function totalOf(points: readonly Parts[]): Parts {
  const sum = (value: (point: Parts) => number): number => points.reduce((all, one) => all + value(one), 0);
  const answers = sum((one) => one['answers']);
  return { answers, failures: sum((one) => one['failures']), mean: answers === 0 ? undefined : Math.round(sum((one) => (one['meanDelay'] ?? 0) * one['answers']) / answers), worst: Math.max(0, ...points.map((one) => one['maxDelay'] ?? 0)) };
}

/** One row for each five minutes, with every partner's value. */
function rowsOf(points: readonly Parts[], value: string): Parts[] {
  const rows = new Map<string, Parts>();
  for (const one of points) rows.set(one['at'], { ...(rows.get(one['at']) ?? { at: Date.parse(one['at']) }), [one['partner']]: one[value] });
  return [...rows.values()];
}

function State({ partner }: { partner: Parts }) {
  const { t } = useTranslation();
  const [color, text] = partner['enabled'] === false ? ['gray', t('supervision.disabled')] : partner['state'] === 'breaker-open' ? ['red', partner['restsForMs'] === undefined ? t('supervision.tried') : t('supervision.resting', { seconds: Math.ceil(partner['restsForMs'] / 1000) })] : ['green', t('supervision.inForce')];
  return (
    <Badge variant="light" color={color!} tt="none">
      {text}
    </Badge>
  );
}
