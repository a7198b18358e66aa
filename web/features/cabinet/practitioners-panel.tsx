/** « Praticiens »: those of the practice; others are added by number, or from a file of the national directory. */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { ImportForm } from './import-form.tsx';
import { type Target, targetsOf } from './people.ts';
import { PractitionerForm } from './practitioner-form.tsx';
import { type PracticeRole, rolesOfPractice } from './practitioners.ts';

export default function PractitionersPanel({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['practice', practice, 'roles'],
    queryFn: async ({ signal }) => ({
      roles: await rolesOfPractice(practice, signal),
      places: (await targetsOf(practice, signal)).places,
    }),
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  return <Practitioners practice={practice} roles={data.roles} places={data.places} />;
}

interface PractitionersProps {
  practice: string;
  roles: readonly PracticeRole[];
  places: readonly Target[];
}

function Practitioners({ practice, roles, places }: PractitionersProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [opened, setOpened] = useState<'form' | 'import'>();
  const done = (count: number) => {
    setOpened(undefined);
    void client.invalidateQueries({ queryKey: ['practice'] });
    notify({ title: t('practitioners.added', { count }) });
  };
  const placeName = (reference: string | undefined): string =>
    places.find(({ value }) => value === reference)?.label ?? '';
  return (
    <div className="stack">
      <div className="bar">
        <h2>{t('practitioners.title')}</h2>
        <Button onClick={() => setOpened('form')}>{t('practitioners.add')}</Button>
        <Button variant="default" onClick={() => setOpened('import')}>
          {t('practitioners.import')}
        </Button>
      </div>
      <DataTable
        label={t('practitioners.title')}
        rows={roles}
        keyOf={({ id }) => id}
        empty={t('practitioners.none')}
        columns={[
          { title: t('cabinet.name'), cell: ({ name }) => name },
          { title: t('practitioners.rpps'), cell: ({ rpps }) => rpps },
          { title: t('practitioners.specialty'), cell: ({ specialty }) => specialty },
          { title: t('cabinet.place'), cell: ({ place }) => placeName(place) },
        ]}
      />
      {opened === 'form' && (
        <Dialog title={t('practitioners.add')} onClose={() => setOpened(undefined)}>
          <PractitionerForm practice={practice} places={places} onDone={() => done(1)} />
        </Dialog>
      )}
      {opened === 'import' && (
        <Dialog size="large" title={t('practitioners.import')} onClose={() => setOpened(undefined)}>
          <ImportForm practice={practice} places={places} roles={roles} onDone={done} />
        </Dialog>
      )}
    </div>
  );
}
