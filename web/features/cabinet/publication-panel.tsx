/** « Pages publiques »: what is on line, what is missing, and who has agreed. Practitioners see their own page here. */
import { Button, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify, notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { CareRefusals } from './care-refusals.tsx';
import {
  act,
  type PublicationAct,
  type PublicationDesk,
  type PublicationPage,
  practicesOfPractitioner,
  readDesk,
} from './publication.ts';
import { PublicationForm } from './publication-form.tsx';

/** Of somebody who runs no practice: the pages of the practices where he or she works. */
export function OwnPublication({ practitioner }: { practitioner: string }) {
  const { t } = useTranslation();
  const practices = useQuery({
    queryKey: ['publication', 'practices', practitioner],
    queryFn: ({ signal }) => practicesOfPractitioner(practitioner, signal),
  });
  if (practices.data === undefined) return <Loader aria-label={t('app.loading')} />;
  if (practices.data.length === 0) return <p className="sheet">{t('cabinet.none')}</p>;
  return practices.data.map((practice) => <PublicationPanel key={practice} practice={practice} />);
}

export default function PublicationPanel({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [edited, setEdited] = useState<PublicationPage>();
  const queryKey = ['publication', practice];
  const { data, error } = useQuery({ queryKey, queryFn: ({ signal }) => readDesk(practice, signal) });
  if (error) return <RefusalAlert error={error} />;
  if (data === undefined) return <Loader aria-label={t('app.loading')} />;
  if (data === null) return <p className="sheet">{t('publication.absent')}</p>;
  const store = (desk: PublicationDesk, title: string): void => {
    setEdited(undefined);
    client.setQueryData(queryKey, desk);
    notify({ title });
  };
  const perform = (name: PublicationAct, { practitioner }: PublicationPage): void =>
    void act(practice, name, practitioner).then((desk) => store(desk, t(`publication.done.${name}`)), notifyFailure);
  const pages = data.runs ? [data.practice, ...data.practitioners] : data.practitioners;
  return (
    <section className="stack">
      <h2>{t('publication.title')}</h2>
      <p className="soft">{t('publication.help')}</p>
      <DataTable
        label={t('publication.title')}
        rows={pages}
        keyOf={({ practitioner }) => practitioner}
        empty={t('publication.nobody')}
        columns={[
          { title: t('publication.page'), cell: (page) => <Address page={page} /> },
          { title: t('cabinet.state'), cell: (page) => <State page={page} /> },
          {
            title: t('cabinet.actions'),
            cell: (page) => (
              <Actions page={page} onEdit={() => setEdited(page)} onAct={(name) => perform(name, page)} />
            ),
          },
        ]}
      />
      {data.runs && <CareRefusals practice={practice} people={data.practitioners} />}
      {edited && (
        <Dialog
          size="large"
          title={t('publication.editOf', { name: edited.name })}
          onClose={() => setEdited(undefined)}
        >
          <PublicationForm
            practice={practice}
            page={edited}
            onDone={(desk) => store(desk, t('publication.done.stored'))}
          />
        </Dialog>
      )}
    </section>
  );
}

function Address({ page: { name, url, state } }: { page: PublicationPage }) {
  return (
    <>
      <strong>{name}</strong>
      <br />
      {state === 'published' ? <a href={url}>{url}</a> : <span className="soft">{url}</span>}
    </>
  );
}

function State({ page: { state, missing } }: { page: PublicationPage }) {
  const { t } = useTranslation();
  return (
    <>
      {t(`publicationState.${state}`)}
      {missing.length > 0 && (
        <>
          <br />
          {t('publication.missing')}
          <ul>
            {missing.map((item) => (
              <li key={item}>{t(`publicationMissing.${item as 'fees'}`)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

interface ActionsProps {
  page: PublicationPage;
  onEdit: () => void;
  onAct: (name: PublicationAct) => void;
}

function Actions({ page, onEdit, onAct }: ActionsProps) {
  const { t } = useTranslation();
  const { name, state, missing, hasConsent, isInPerson } = page;
  const button = (label: string, aria: string, act: () => void) => (
    <Button size="compact-sm" variant="default" aria-label={aria} onClick={act}>
      {label}
    </Button>
  );
  return (
    <>
      {button(t('publication.edit'), t('publication.editOf', { name }), onEdit)}{' '}
      {isInPerson &&
        !hasConsent &&
        button(t('publication.consent'), t('publication.consentOf', { name }), () => onAct('publication-consent'))}{' '}
      {state !== 'published' &&
        missing.length === 0 &&
        button(t('publication.publish'), t('publication.publishOf', { name }), () => onAct('publish'))}
      {state === 'published' &&
        button(t('publication.unpublish'), t('publication.unpublishOf', { name }), () => onAct('unpublish'))}
    </>
  );
}
