/** The login: at the identity provider, or, in a demonstration, by choosing a fictional person. */
import { Alert, Button, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../fhir/client.ts';
import { fetchMe, type Role } from '../fhir/me.ts';
import { logInByPasskey } from '../fhir/passkey.ts';
import { RefusalAlert } from '../ui/refusal.tsx';
import { useSession } from '../ui/session.ts';

interface DemoPerson {
  id: string;
  name: string;
  roles: readonly Role[];
  description: string;
}

/** How often to ask whether the people of a demonstration are there. */
const PREPARING_MS = 1000;

/** `inPlace`: over a page that must stay, because somebody has typed something there. */
export function LoginChoice({ inPlace = false, onDone }: { inPlace?: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  return (
    <>
      {me.methods.includes('openid-connect') && (inPlace ? <LoginInNewTab onDone={onDone} /> : <LoginHere />)}
      {me.methods.includes('passkey') && <PasskeyLogin onDone={onDone} />}
      {me.methods.includes('demo') && <DemoChoice onDone={onDone} />}
      {me.methods.length === 0 && <Alert color="orange">{t('login.none')}</Alert>}
    </>
  );
}

function PasskeyLogin({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const logIn = async () => {
    await logInByPasskey();
    await fetchMe();
    onDone();
  };
  return (
    <>
      <p>{t('login.passkeyHelp')}</p>
      <RefusalAlert error={refusal} />
      <p>
        <Button onClick={() => void logIn().catch(setRefusal)}>{t('login.passkey')}</Button>
      </p>
    </>
  );
}

/** The provider sends the person back to this address. */
function LoginHere() {
  const { t } = useTranslation();
  const here = location.pathname + location.search;
  return (
    <>
      <p>{t('login.lead')}</p>
      <p>
        <Button component="a" href={`/auth/login?return=${encodeURIComponent(here)}`}>
          {t('login.provider')}
        </Button>
      </p>
    </>
  );
}

/** The person logs in beside this page. It notices by itself when the person comes back to it. */
function LoginInNewTab({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const look = useCallback(() => void fetchMe().then((me) => me.person !== null && onDone()), [onDone]);
  useEffect(() => {
    window.addEventListener('focus', look);
    return () => window.removeEventListener('focus', look);
  }, [look]);
  return (
    <>
      <p>
        <Button component="a" href={`/auth/login?return=${encodeURIComponent('/')}`} target="_blank">
          {t('login.provider')}
        </Button>
      </p>
      <p>
        {t('login.thenContinue')}{' '}
        <Button variant="default" onClick={look}>
          {t('login.continue')}
        </Button>
      </p>
    </>
  );
}

function DemoChoice({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const { data, error } = useQuery({
    queryKey: ['demo-people'],
    queryFn: async () => (await ask('/auth/demo-people')).json.people as DemoPerson[],
    // A demonstration listens before its territory is made.
    refetchInterval: ({ state }) => (state.data?.length === 0 ? PREPARING_MS : false),
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
      {data === undefined && error === null && <Loader aria-label={t('app.loading')} />}
      <p role="status">{data?.length === 0 && t('login.preparing')}</p>
      <ul className="people">
        {data?.map((person) => (
          <li key={person.id}>
            <button type="button" onClick={() => void choose(person.id)}>
              <strong>{person.name}</strong>
              <span>
                {person.roles.map((role) => t(`role.${role}`)).join(', ')} · {person.description}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
