/** The reports that somebody was refused care: read, dealt with, closed. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { numericDay } from '../../ui/dates.ts';
import { notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { careRefusals, closeRefusal, type PublicationPage } from './publication.ts';

export interface CareRefusalsProps {
  practice: string;
  people: readonly PublicationPage[];
}

export function CareRefusals({ practice, people }: CareRefusalsProps) {
  const { t } = useTranslation();
  const reports = useQuery({
    queryKey: ['publication', 'refusals', practice],
    queryFn: ({ signal }) => careRefusals(practice, signal),
  });
  const close = (id: string): void => void closeRefusal(practice, id).then(() => void reports.refetch(), notifyFailure);
  const nameOf = (practitioner: string): string =>
    people.find((page) => page.practitioner === practitioner)?.name ?? t('cabinet.title');
  return (
    <section className="stack">
      <h3>{t('publication.refusals')}</h3>
      <RefusalAlert error={reports.error} />
      <DataTable
        label={t('publication.refusals')}
        rows={reports.data ?? []}
        keyOf={({ id }) => id}
        empty={t(reports.isPending ? 'app.loading' : 'publication.noRefusal')}
        columns={[
          { title: t('publication.received'), cell: ({ at }) => numericDay(at.slice(0, 10)) },
          { title: t('publication.about'), cell: ({ practitioner }) => nameOf(practitioner) },
          { title: t('publication.said'), cell: ({ said }) => said },
          { title: t('publication.contact'), cell: ({ contact }) => contact },
          {
            title: t('cabinet.actions'),
            cell: ({ id }) => (
              <Button size="compact-sm" variant="default" onClick={() => close(id)}>
                {t('publication.close')}
              </Button>
            ),
          },
        ]}
      />
    </section>
  );
}
