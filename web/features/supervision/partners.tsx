/** Partners now, and their delays and failures over time. */
import { Badge, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Json } from '../../../src/fhir/resource.ts';
import { parameterOf, partsOf } from '../../fhir/parameters.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { Rows } from '../../ui/rows.tsx';
import { language } from '../../ui/texts.ts';
import { Lines, MAX_SERIES } from './charts.tsx';
import { Figures } from './figures.tsx';
import { useOperation } from './operation.tsx';

const HOURS = [1, 24, 168, 720] as const;
const STEPS = [5, 15, 60, 360] as const;

type Parts = Record<string, Json>;

export default function PartnersPanel() {
  const { t } = useTranslation();
  const [hours, setHours] = useState(24);
  const [only, setOnly] = useState('');
  const states = useOperation('/fhir/$partners');
  const history = useOperation(`/fhir/$partner-history?hours=${hours}`);
  const points = partsOf(history.data, 'point');
  const partners = partsOf(states.data, 'partner')
    .map((part): Parts => ({ ...part, ...totalOf(points.filter((point) => point['partner'] === part['id'])) }))
    .sort(
      (a, b) =>
        rankOf(a) - rankOf(b) || String(a['name']).localeCompare(String(b['name']), language(), { numeric: true }),
    );
  const fileError = parameterOf(states.data, 'fileError');
  const step = STEPS.find((step) => step === parameterOf(history.data, 'stepMinutes')) ?? STEPS[0];
  /** A chart of forty lines says nothing: those that matter most, or the one that is chosen. */
  const shownBy = (total: 'mean' | 'failures'): Parts[] =>
    only === ''
      ? partners
          .filter((partner) => partner['answers'] + partner['failures'] > 0)
          .sort((a, b) => (b[total] ?? -1) - (a[total] ?? -1))
          .slice(0, MAX_SERIES)
      : partners.filter((partner) => partner['id'] === only);
  const [slowest, failing] = [shownBy('mean'), shownBy('failures')];
  const looks = [...new Set([...slowest, ...failing].map((one) => one['id']))];
  const seriesOf = (shown: readonly Parts[]) =>
    shown.map((one) => ({ key: one['id'] as string, name: shortened(one['name']), look: looks.indexOf(one['id']) }));
  const isMany = only === '' && partners.length > MAX_SERIES;
  const charts = [
    {
      title:
        t('supervision.delays', { step: t(`supervision.step.${step}`) }) +
        (isMany ? ` ${t('supervision.slowest', { count: MAX_SERIES })}` : ''),
      unit: ' ms',
      rows: rowsOf(points, (one) => one['meanDelay']),
      series: seriesOf(slowest),
    },
    {
      title:
        t('supervision.failuresOver', { step: t(`supervision.step.${step}`) }) +
        (isMany ? ` ${t('supervision.mostFailing', { count: MAX_SERIES })}` : ''),
      unit: '',
      rows: rowsOf(points, (one) => one['failures'], Object.fromEntries(failing.map((one) => [one['id'], 0]))),
      series: seriesOf(failing),
    },
  ];
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
        <NativeSelect
          className="chosen"
          label={t('supervision.chartOf')}
          value={only}
          onChange={({ currentTarget: { value } }) => setOnly(value)}
          data={[
            { value: '', label: t('search.any') },
            ...partners.map((partner) => ({ value: partner['id'], label: partner['name'] })),
          ]}
        />
        <NativeSelect
          label={t('supervision.period')}
          value={String(hours)}
          onChange={({ currentTarget: { value } }) => setHours(Number(value))}
          data={HOURS.map((hour) => ({ value: String(hour), label: t(`supervision.hours.${hour}`) }))}
        />
      </div>
      <div className="tall">
        <Rows
          label={t('supervision.tab.partners')}
          empty={states.data === undefined ? t('shell.loading') : t('supervision.noPartner')}
          rows={partners}
          keyOf={(row) => row['id']}
          columns={[
            { title: t('supervision.partner'), cell: (row) => row['name'] },
            { title: t('supervision.state'), cell: (row) => <State partner={row} /> },
            { title: t('supervision.answers'), cell: (row) => row['answers'] },
            { title: t('supervision.failures'), cell: (row) => row['failures'] },
            {
              title: t('supervision.meanDelay'),
              cell: (row) => (row['mean'] === undefined ? '–' : `${row['mean']} ms`),
            },
            { title: t('supervision.maxDelay'), cell: (row) => (row['worst'] === 0 ? '–' : `${row['worst']} ms`) },
          ]}
        />
      </div>
      {points.length > 0 && (
        <div className="charts">
          {charts.map((chart) => (
            <div key={chart.title}>
              <Lines hours={hours} {...chart} />
              <Figures {...chart} />
            </div>
          ))}
        </div>
      )}
    </>
  );
}

const MAX_LETTERS = 40;

function shortened(name: string): string {
  return name.length > MAX_LETTERS ? `${name.slice(0, MAX_LETTERS)}…` : name;
}

/** What is wrong comes first. */
function rankOf(partner: Parts): number {
  return partner['enabled'] === false ? 2 : partner['state'] === 'breaker-open' ? 0 : 1;
}

function totalOf(points: readonly Parts[]): Parts {
  const sum = (value: (point: Parts) => number): number => points.reduce((all, point) => all + value(point), 0);
  const answers = sum((one) => one['answers']);
  return {
    answers,
    failures: sum((one) => one['failures']),
    mean: answers === 0 ? undefined : Math.round(sum((one) => (one['meanDelay'] ?? 0) * one['answers']) / answers),
    worst: Math.max(0, ...points.map((point) => point['maxDelay'] ?? 0)),
  };
}

/** One row for each span, with every partner's value; `empty`: of those that nobody asked anything. */
function rowsOf(points: readonly Parts[], value: (point: Parts) => number | undefined, empty: Parts = {}): Parts[] {
  const rows = new Map<string, Parts>();
  for (const point of points)
    rows.set(point['at'], {
      ...(rows.get(point['at']) ?? { ...empty, at: Date.parse(point['at']) }),
      [point['partner']]: value(point),
    });
  return [...rows.values()];
}

function State({ partner }: { partner: Parts }) {
  const { t } = useTranslation();
  const [color, text] =
    partner['enabled'] === false
      ? ['gray', t('supervision.disabled')]
      : partner['state'] === 'breaker-open'
        ? [
            'red',
            partner['restsForMs'] === undefined
              ? t('supervision.tried')
              : t('supervision.resting', { seconds: Math.ceil(partner['restsForMs'] / 1000) }),
          ]
        : ['green', t('supervision.inForce')];
  return (
    <Badge variant="light" color={color!} tt="none">
      {text}
    </Badge>
  );
}
