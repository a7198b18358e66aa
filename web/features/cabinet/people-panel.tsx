/** « Personnes et accès »: the people of a practice and what they may do. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DataTable } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { InviteForm } from './invite-form.tsx';
import { inviteAgain, type PracticePerson, practicePeople, targetsOf } from './people.ts';
import { WithdrawDialog } from './withdraw-dialog.tsx';

export default function PeoplePanel({ practice }: { practice: string }) {
  const { t } = useTranslation();
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<string>();
  const [leaving, setLeaving] = useState<PracticePerson>();
  const people = useQuery({
    queryKey: ['people', practice],
    queryFn: ({ signal }) => practicePeople(practice, signal),
  });
  const targets = useQuery({
    queryKey: ['people', 'targets', practice],
    queryFn: ({ signal }) => targetsOf(practice, signal),
  });
  const labels = new Map(
    [...(targets.data?.places ?? []), ...(targets.data?.practitioners ?? [])].map(({ value, label }) => [value, label]),
  );
  const show = (url: string): void => {
    setInviting(false);
    setLink(url);
    void people.refetch();
  };
  const again = ({ id }: PracticePerson) => void inviteAgain(practice, id).then(show, notifyFailure);
  return (
    <div className="stack">
      <div className="bar">
        <h2>{t('cabinet.people')}</h2>
        <Button onClick={() => setInviting(true)}>{t('cabinet.invite')}</Button>
      </div>
      <RefusalAlert error={people.error} />
      {link !== undefined && <InvitationLink url={link} />}
      <DataTable
        label={t('cabinet.people')}
        rows={people.data ?? []}
        keyOf={({ id }) => id}
        empty={t(people.isPending ? 'app.loading' : 'cabinet.nobody')}
        columns={[
          { title: t('cabinet.name'), cell: ({ name }) => name },
          { title: t('cabinet.rights'), cell: (person) => <Rights person={person} labels={labels} /> },
          { title: t('cabinet.state'), cell: ({ state }) => t(`cabinet.${state}`) },
          {
            title: t('cabinet.actions'),
            cell: (person) => <Actions person={person} onAgain={again} onWithdraw={setLeaving} />,
          },
        ]}
      />
      {isInviting && targets.data && (
        <Dialog title={t('cabinet.invite')} onClose={() => setInviting(false)}>
          <InviteForm practice={practice} targets={targets.data} onInvited={show} />
        </Dialog>
      )}
      {leaving && (
        <WithdrawDialog
          practice={practice}
          person={leaving}
          onClose={() => setLeaving(undefined)}
          onDone={() => void people.refetch()}
        />
      )}
    </div>
  );
}

function Rights({ person, labels }: { person: PracticePerson; labels: ReadonlyMap<string, string> }) {
  const { t } = useTranslation();
  return person.rights
    .map(({ role, target, powers }) =>
      [t(`role.${role}`), labels.get(target), powers.includes('hours') ? t('cabinet.withHours') : undefined]
        .filter(Boolean)
        .join(', '),
    )
    .join(' ; ');
}

interface ActionsProps {
  person: PracticePerson;
  onAgain: (person: PracticePerson) => void;
  onWithdraw: (person: PracticePerson) => void;
}

function Actions({ person, onAgain, onWithdraw }: ActionsProps) {
  const { t } = useTranslation();
  const { name, state } = person;
  if (state === 'withdrawn') return null;
  return (
    <>
      {state !== 'active' && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('cabinet.againFor', { name })}
          onClick={() => onAgain(person)}
        >
          {t('cabinet.again')}
        </Button>
      )}{' '}
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t('cabinet.withdrawFor', { name })}
        onClick={() => onWithdraw(person)}
      >
        {t('cabinet.withdraw')}
      </Button>
    </>
  );
}

function InvitationLink({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <div className="sheet stack" role="status">
      <p>{t('cabinet.link')}</p>
      <dl className="facts">
        <dt>{t('join.title')}</dt>
        <dd>
          <a href={url}>{url}</a>
        </dd>
      </dl>
    </div>
  );
}
