/** Appointments that occupy somebody whom another one occupies too: overbookings, and what an upgrade found. */
import { useTranslation } from 'react-i18next';
import { type Parts, parametersNamed, parameterValue, partValue, partValues } from '../../fhir/parameters.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { formatInstant, Technical } from './cells.tsx';
import { useOperation } from './operation.ts';

export function OverlapsPanel() {
  const { t } = useTranslation();
  const { data, error, isLoading } = useOperation('/fhir/$overlaps?_count=200');
  const rows = parametersNamed(data, 'overlap').map(
    (overlap): Parts => ({
      schedule: partValue(overlap, 'schedule').reference,
      appointment: partValue(overlap, 'appointment').reference,
      start: partValue(overlap, 'start'),
      isDeliberate: partValue(overlap, 'overbooking'),
      resources: referencesIn(partValues(overlap, 'resource')),
      others: referencesIn(partValues(overlap, 'with')),
    }),
  );
  return (
    <>
      <RefusalAlert error={error} />
      <p>{t('supervision.overlapsHelp')}</p>
      {parameterValue(data, 'more') === true && <p>{t('supervision.moreOverlaps')}</p>}
      <DataTable
        label={t('supervision.tab.overlaps')}
        empty={isLoading ? t('app.loading') : t('supervision.noOverlap')}
        rows={rows}
        keyOf={({ appointment, schedule }) => `${appointment} ${schedule}`}
        columns={[
          { title: t('supervision.start'), cell: ({ start }) => formatInstant(start) },
          { title: t('supervision.agenda'), cell: ({ schedule }) => <Technical text={schedule} /> },
          { title: t('supervision.appointment'), cell: ({ appointment }) => <Technical text={appointment} /> },
          { title: t('supervision.occupied'), cell: ({ resources }) => <Technical text={resources} /> },
          { title: t('supervision.others'), cell: ({ others }) => <Technical text={others} /> },
          {
            title: t('supervision.reason'),
            cell: ({ isDeliberate }) => t(isDeliberate ? 'supervision.overbooked' : 'supervision.found'),
          },
        ]}
      />
    </>
  );
}

function referencesIn(values: readonly { reference: string }[]): string {
  return values.map(({ reference }) => reference).join(', ');
}
