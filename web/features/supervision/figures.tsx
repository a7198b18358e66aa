/** The figures of a chart as a table, for people who do not see the chart or want exact values. */
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { formatInstant } from './cells.tsx';
import type { ChartProps } from './charts.tsx';

export function Figures({ title, rows, series, unit = '' }: ChartProps) {
  const { t } = useTranslation();
  return (
    <details className="figures">
      <summary>{t('supervision.figures', { title })}</summary>
      <DataTable
        label={title}
        empty=""
        rows={rows}
        keyOf={(row) => String(row['at'])}
        columns={[
          { title: t('supervision.from'), cell: (row) => formatInstant(new Date(row['at']).toISOString()) },
          ...series.map(({ key, name }) => ({
            title: name,
            cell: (row: (typeof rows)[number]) => (row[key] === undefined ? '–' : `${row[key]}${unit}`),
          })),
        ]}
      />
    </details>
  );
}
