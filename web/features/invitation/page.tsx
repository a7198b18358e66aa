/** An invitation to a practice: who is invited, and the login that takes it. */
import { Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask, Refusal } from '../../fhir/client.ts';
import type { Role } from '../../fhir/me.ts';
import { JoinForm } from '../../ui/join-form.tsx';
import { useOpen } from '../../ui/navigation.ts';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useSession } from '../../ui/session.ts';

interface Invitation {
  name: string;
  roles: readonly Role[];
  methods: readonly string[];
}

export default function InvitationPage() {
  const { t } = useTranslation();
  const { renew } = useSession();
  const goHome = useOpen('/');
  const [ticket] = useState(() => location.hash.slice(1));
  const [isDone, setDone] = useState(false);
  const { data, error, isPending } = useQuery({
    queryKey: ['invitation', ticket],
    queryFn: async () => (await ask('/auth/join', { method: 'POST', body: { ticket } })).json as Invitation,
    enabled: !isDone,
    retry: (count, thrown) => !(thrown instanceof Refusal) && count < 1,
    refetchOnWindowFocus: false,
  });
  // Only now: the person would else read the invitation again, which is used.
  const go = async () => {
    await renew();
    goHome({});
  };
  if (isDone) return <Welcome onGo={() => void go()} />;
  return (
    <div className="sheet narrow stack">
      <h1>{t('join.title')}</h1>
      {isPending && <Loader aria-label={t('app.loading')} />}
      <RefusalAlert error={error} />
      {data !== undefined && (
        <>
          <p>{t('join.invited', { name: data.name, roles: data.roles.map((role) => t(`role.${role}`)).join(', ') })}</p>
          <JoinForm ticket={ticket} methods={data.methods} asksName={false} onDone={() => setDone(true)} />
        </>
      )}
    </div>
  );
}

function Welcome({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="sheet narrow stack">
      <h1>{t('join.welcome')}</h1>
      <div>
        <Button autoFocus onClick={onGo}>
          {t('join.start')}
        </Button>
      </div>
    </div>
  );
}
