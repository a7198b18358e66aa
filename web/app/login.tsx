/** Who are you: the identity provider, or, in the demonstration, a choice of fictional people. */
import { Alert, Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../fhir/client.ts';
import { RefusalAlert } from '../ui/refusal.tsx';
import { fetchMe, type Role, useSession } from '../ui/session.tsx';

interface DemoPerson {
  id: string;
  name: string;
  roles: readonly Role[];
  description: string;
}

/** `inPlace`: over a page that must not be left, because somebody has written something there. */
export function LoginChoice({ inPlace = false, onDone }: { inPlace?: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const here = location.pathname + location.search;
  const isElsewhere = inPlace && me.methods.includes('openid-connect');
  const look = useCallback(() => void fetchMe().then((now) => now.person !== null && onDone()), [onDone]);
  // Whoever comes back from the other tab need not say so.
  useEffect(() => {
    if (!isElsewhere) return;
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [isElsewhere, look]);
  return (
    <>
      {me.methods.includes('openid-connect') && !inPlace && <p>{t('login.lead')}</p>}
      {me.methods.includes('openid-connect') && (
        <p>
          <Button
            component="a"
            href={`/auth/login?return=${encodeURIComponent(inPlace ? '/' : here)}`}
            {...(inPlace ? { target: '_blank' } : {})}
          >
            {t('login.provider')}
          </Button>
        </p>
      )}
      {isElsewhere && (
        <p>
          {t('login.thenContinue')}{' '}
          <Button variant="default" onClick={look}>
            {t('login.continue')}
          </Button>
        </p>
      )}
      {me.methods.includes('demo') && <DemoChoice onDone={onDone} />}
      {me.methods.length === 0 && <Alert color="orange">{t('login.none')}</Alert>}
    </>
  );
}

function DemoChoice({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const { data, error } = useQuery({
    queryKey: ['demo-people'],
    queryFn: async () => (await ask('/auth/demo-people')).json.people as DemoPerson[],
  });
  const choose = async (person: string) => {
    try {
      await ask('/auth/demo-login', { method: 'POST', body: { person } });
      await fetchMe();
      onDone();
    } catch (thrown) {
      setRefusal(thrown);
    }
  };
  return (
    <>
      <Alert color="orange" variant="light" title={t('login.fictional')}>
        {t('login.fictionalMore')}
      </Alert>
      <RefusalAlert error={refusal ?? error} />
      {data === undefined && error === null && <Loader aria-label={t('shell.loading')} />}
      <ul className="people">
        {data?.map((one) => (
          <li key={one.id}>
            <button type="button" onClick={() => void choose(one.id)}>
              <strong>{one.name}</strong>
              <span>
                {one.roles.map((role) => t(`role.${role}`)).join(', ')} · {one.description}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
