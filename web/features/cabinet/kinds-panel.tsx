/** « Motifs »: the catalogue of the practice, and which agendas use what of it. */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../../src/fhir/resource.ts';
import { useOwnAgendas } from '../../schedule/agendas.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notifyFailure, useUndoNotice } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { KindForm } from './kind-form.tsx';
import { type KindValues, kindsOf, NEW_KIND, readPractice, retireKind, undoPractice } from '../../schedule/kinds.ts';
import { UsesDialog } from './uses-dialog.tsx';

export default function KindsPanel({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['practice', practice],
    queryFn: ({ signal }) => readPractice(practice, signal),
  });
  if (data === undefined) return error ? <RefusalAlert error={error} /> : <Loader aria-label={t('app.loading')} />;
  return (
    <div className="stack">
      <Catalogue organization={data} practice={practice} />
      <Agendas practice={practice} kinds={kindsOf(data)} />
    </div>
  );
}

function Catalogue({ organization, practice }: { organization: Resource; practice: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const done = useUndoNotice([['practice'], ['free']]);
  const [edited, setEdited] = useState<KindValues>();
  const kinds = kindsOf(organization);
  const store = (written: Resource, title: string, text = ''): void => {
    setEdited(undefined);
    client.setQueryData(['practice', practice], written);
    done(title, () => undoPractice(organization, written), { text, topic: `practice ${practice}` });
  };
  const retire = ({ code, name }: KindValues) =>
    void retireKind(organization, code).then((written) => store(written, t('kinds.retired', { name })), notifyFailure);
  return (
    <section className="stack">
      <div className="bar">
        <h2>{t('kinds.title')}</h2>
        <Button onClick={() => setEdited(NEW_KIND)}>{t('kinds.add')}</Button>
      </div>
      <DataTable
        label={t('kinds.title')}
        rows={kinds}
        keyOf={({ code }) => code}
        empty={t('kinds.none')}
        columns={[
          { title: t('kinds.name'), cell: ({ name, group }) => (group === '' ? name : `${name} (${group})`) },
          { title: t('kinds.minutes'), cell: ({ minutes }) => minutes },
          { title: t('kinds.audience'), cell: (kind) => <Audiences audiences={kind.audiences} /> },
          { title: t('kinds.rules'), cell: (kind) => <Rules kind={kind} /> },
          {
            title: t('cabinet.actions'),
            cell: (kind) => (
              <KindActions name={kind.name} onEdit={() => setEdited(kind)} onRetire={() => retire(kind)} />
            ),
          },
        ]}
      />
      {edited && (
        <Dialog
          size="large"
          title={t(edited.code === '' ? 'kinds.add' : 'kinds.editOf', { name: edited.name })}
          onClose={() => setEdited(undefined)}
        >
          <KindForm
            organization={organization}
            kind={edited}
            onDone={(written, name) => store(written, t('kinds.stored'), name)}
          />
        </Dialog>
      )}
    </section>
  );
}

function Audiences({ audiences }: Pick<KindValues, 'audiences'>) {
  const { t } = useTranslation();
  return audiences.length === 0
    ? t('kinds.deskOnly')
    : audiences.map((audience) => t(`audience.${audience}`)).join(', ');
}

function Rules({ kind: { buffer, places, needsApproval, takesNew, limits } }: { kind: KindValues }) {
  const { t } = useTranslation();
  const isLimited = limits.length > 0;
  return [
    ...(buffer === '' || buffer === '0' ? [] : [t('kinds.withBuffer', { minutes: buffer })]),
    ...(places === '' || places === '1' ? [] : [t('kinds.withPlaces', { count: Number(places) })]),
    ...(takesNew ? [] : [t('kinds.knownOnly')]),
    ...(needsApproval ? [t('kinds.approval')] : []),
    ...(isLimited ? [t('kinds.limited')] : []),
  ].join(', ');
}

interface KindActionsProps {
  name: string;
  onEdit: () => void;
  onRetire: () => void;
}

function KindActions({ name, onEdit, onRetire }: KindActionsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={t('kinds.editOf', { name })} onClick={onEdit}>
        {t('kinds.edit')}
      </Button>{' '}
      <Button size="compact-sm" variant="default" aria-label={t('kinds.retireOf', { name })} onClick={onRetire}>
        {t('kinds.retire')}
      </Button>
    </>
  );
}

function Agendas({ practice, kinds }: { practice: string; kinds: readonly KindValues[] }) {
  const { t } = useTranslation();
  const agendas = useOwnAgendas();
  const [chosen, setChosen] = useState<{ id: string; name: string }>();
  return (
    <section className="stack">
      <h2>{t('kinds.byAgenda')}</h2>
      <p className="soft">{t('kinds.byAgendaHelp')}</p>
      <ul className="lines">
        {(agendas.data ?? []).map(({ id, name, place }) => (
          <li key={id}>
            {[name, place].filter(Boolean).join(' · ')}{' '}
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('kinds.chooseFor', { name })}
              onClick={() => setChosen({ id, name })}
            >
              {t('kinds.choose')}
            </Button>
          </li>
        ))}
      </ul>
      {chosen && <UsesDialog practice={practice} agenda={chosen} kinds={kinds} onClose={() => setChosen(undefined)} />}
    </section>
  );
}
