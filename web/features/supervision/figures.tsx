/** The figures of a chart as a table, for whoever does not see it or wants to know exactly. */
import { useTranslation } from 'react-i18next';
import { Rows } from '../../ui/rows.tsx';
import type { ChartProps } from './charts.tsx';
import { instant } from './operation.tsx';

export function Figures({ title, rows, series, unit = '' }: ChartProps) {
  const { t } = useTranslation();
  return (
    <details className="figures">
      <summary>{t('supervision.figures', { title })}</summary>
      <Rows
        label={title}
        empty=""
        rows={rows}
        keyOf={(row) => String(row['at'])}
        columns={[
          { title: t('supervision.from'), cell: (row) => instant(new Date(row['at']).toISOString()) },
          ...series.map(({ key, name }) => ({
            title: name,
            cell: (row: (typeof rows)[number]) => (row[key] === undefined ? '–' : `${row[key]}${unit}`),
          })),
        ]}
      />
    </details>
  );
}
