/** « Cabinet et lieux »: the places of a practice, its rooms and machines. */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { readPractice } from '../../schedule/kinds.ts';
import { practiceValues } from '../../schedule/practice.ts';
import { PlaceForm } from './place-form.tsx';
import { type PracticePart, partsOfPractice } from './places.ts';
import { PracticeForm } from './practice-form.tsx';

export default function PlacesPanel({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [edited, setEdited] = useState<PracticePart | 'new'>();
  const parts = useQuery({
    queryKey: ['practice', practice, 'places'],
    queryFn: ({ signal }) => partsOfPractice(practice, signal),
  });
  if (parts.data === undefined)
    return parts.error ? <RefusalAlert error={parts.error} /> : <Loader aria-label={t('app.loading')} />;
  const sites = parts.data.filter(({ kind }) => kind === 'site');
  const done = () => {
    setEdited(undefined);
    void client.invalidateQueries({ queryKey: ['practice'] });
    notify({ title: t('places.stored') });
  };
  const nameOf = (reference: string | undefined): string =>
    sites.find(({ resource }) => `Location/${resource.id}` === reference)?.name ?? '';
  return (
    <div className="stack">
      <Practice practice={practice} />
      <div className="bar">
        <h2>{t('places.title')}</h2>
        <Button onClick={() => setEdited('new')}>{t('places.add')}</Button>
      </div>
      <DataTable
        label={t('places.title')}
        rows={parts.data}
        keyOf={({ resource }) => `${resource.resourceType}/${resource.id}`}
        empty={t('places.none')}
        columns={[
          { title: t('places.name'), cell: ({ name }) => name },
          { title: t('places.kind'), cell: ({ kind }) => t(`placeKind.${kind}`) },
          { title: t('places.within'), cell: ({ within }) => nameOf(within) },
          {
            title: t('cabinet.actions'),
            cell: (part) => (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={t('kinds.editOf', { name: part.name })}
                onClick={() => setEdited(part)}
              >
                {t('kinds.edit')}
              </Button>
            ),
          },
        ]}
      />
      {edited && (
        <Dialog
          size="large"
          title={edited === 'new' ? t('places.add') : t('kinds.editOf', { name: edited.name })}
          onClose={() => setEdited(undefined)}
        >
          <PlaceForm practice={practice} part={edited === 'new' ? undefined : edited} sites={sites} onDone={done} />
        </Dialog>
      )}
    </div>
  );
}

/** The practice, and the button that changes it. */
function Practice({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const [isEditing, setEditing] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['practice', practice],
    queryFn: ({ signal }) => readPractice(practice, signal),
  });
  if (data === undefined) return <RefusalAlert error={error} />;
  const { name, structure, phone, line, postalCode, city } = practiceValues(data);
  const facts = [structure, phone, line, [postalCode, city].filter(Boolean).join(' ')].filter(Boolean);
  return (
    <section className="stack">
      <div className="bar">
        <h2>{name}</h2>
        <Button variant="default" onClick={() => setEditing(true)}>
          {t('places.editPractice')}
        </Button>
      </div>
      {facts.length > 0 && <p>{facts.join(' · ')}</p>}
      {isEditing && (
        <Dialog title={t('places.editPractice')} onClose={() => setEditing(false)}>
          <PracticeForm organization={data} onDone={() => setEditing(false)} />
        </Dialog>
      )}
    </section>
  );
}
