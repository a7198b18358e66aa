/** The delays and failures of the partners over time, each as a chart and as figures. */
import { useTranslation } from 'react-i18next';
import type { Parts } from '../../fhir/parameters.ts';
import { type ChartProps, Lines, MAX_SERIES } from './charts.tsx';
import { Figures } from './figures.tsx';
import { largest, rowsOf, seriesOf } from './partner-figures.ts';

const STEPS_MINUTES = [5, 15, 60, 360] as const;

export interface PartnerChartsProps {
  partners: readonly Parts[];
  /** Id of the only partner to draw; '': those that matter most. */
  chosen: string;
  points: readonly Parts[];
  hours: number;
  /** Minutes from one point to the next. */
  stepMinutes: number;
}

export function PartnerCharts({ partners, chosen, points, hours, stepMinutes }: PartnerChartsProps) {
  const { t } = useTranslation();
  const only = partners.filter((partner) => partner['id'] === chosen);
  const slowest = chosen === '' ? largest(partners, 'mean') : only;
  const failing = chosen === '' ? largest(partners, 'failures') : only;
  const looks = [...new Set([...slowest, ...failing].map((partner) => partner['id'] as string))];
  const step = t(`supervision.step.${STEPS_MINUTES.find((minutes) => minutes === stepMinutes) ?? STEPS_MINUTES[0]}`);
  const isPart = chosen === '' && partners.length > MAX_SERIES;
  const noFailures = Object.fromEntries(failing.map((partner) => [partner['id'], 0]));
  const charts: ChartProps[] = [
    {
      title: [
        t('supervision.delays', { step }),
        ...(isPart ? [t('supervision.slowest', { count: MAX_SERIES })] : []),
      ].join(' '),
      unit: ' ms',
      rows: rowsOf(points, (point) => point['meanDelay']),
      series: seriesOf(slowest, looks),
    },
    {
      title: [
        t('supervision.failuresOver', { step }),
        ...(isPart ? [t('supervision.mostFailing', { count: MAX_SERIES })] : []),
      ].join(' '),
      rows: rowsOf(points, (point) => point['failures'], noFailures),
      series: seriesOf(failing, looks),
    },
  ];
  return (
    <div className="charts">
      {charts.map((chart) => (
        <div key={chart.title}>
          <Lines hours={hours} {...chart} />
          <Figures {...chart} />
        </div>
      ))}
    </div>
  );
}
