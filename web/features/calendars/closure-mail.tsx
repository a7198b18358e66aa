/** A secretary's own setting: mail when a closure lands on booked patients of an agenda that she keeps. */
import { Checkbox } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../../ui/notify.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useSession } from '../../ui/session.ts';
import { closureMail } from './calendar-operations.ts';

const QUERY_KEY = ['closure-mail'];

export function ClosureMail() {
  const { me } = useSession();
  // Professionals agree to notices on their own address; programs receive none.
  const isOffered = me.person?.roles.some((role) => role === 'secretary' || role === 'practice-manager');
  return isOffered === true ? <Setting /> : null;
}

function Setting() {
  const { t } = useTranslation();
  const client = useQueryClient();
  // The wish until the server has answered.
  const [wish, setWish] = useState<boolean>();
  const { data, error } = useQuery({ queryKey: QUERY_KEY, queryFn: () => closureMail() });
  const change = useMutation({
    mutationFn: closureMail,
    onSuccess: (setting) => client.setQueryData(QUERY_KEY, setting),
    onError: notifyFailure,
    onSettled: () => setWish(undefined),
  });
  return (
    <section className="sheet stack" aria-label={t('calendars.closureMail')}>
      <h2>{t('calendars.closureMail')}</h2>
      <RefusalAlert error={error} />
      {data !== undefined && (
        <Checkbox
          label={t('calendars.closureMailOn')}
          description={t(data.isPossible ? 'calendars.closureMailHelp' : 'calendars.closureMailImpossible')}
          checked={wish ?? data.isActive}
          disabled={!(data.isPossible || data.isActive)}
          onChange={({ currentTarget: { checked } }) => {
            setWish(checked);
            change.mutate(checked);
          }}
        />
      )}
    </section>
  );
}
