/** The first screen: the code that the server has shown on its console, then the login of the first manager. */
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../../fhir/client.ts';
import { JoinForm } from '../../ui/join-form.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { useSession } from '../../ui/session.ts';
import { Step } from '../../ui/step.tsx';

export function Opening() {
  const { t } = useTranslation();
  const { me, renew } = useSession();
  const [code, setCode] = useState('');
  const [isRight, setRight] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const check = async () => {
    setRefusal(undefined);
    await ask('/auth/join', { method: 'POST', body: { ticket: code } });
    setRight(true);
  };
  return (
    <div className="sheet narrow stack">
      <h1>{t('setUp.title')}</h1>
      <p>{t(me.setUp ? 'setUp.nobodys' : 'setUp.owned')}</p>
      <Step name={isRight ? 'join' : 'code'} label={t('setUp.step1')}>
        {isRight ? (
          <JoinForm ticket={code} methods={me.methods} asksName onDone={() => void renew()} />
        ) : (
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              check().catch(setRefusal);
            }}
          >
            <TextInput
              required
              label={t('setUp.code')}
              autoComplete="off"
              spellCheck={false}
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
            <RefusalAlert error={refusal} takesFocus />
            <div>
              <Button type="submit">{t('setUp.continue')}</Button>
            </div>
          </form>
        )}
      </Step>
    </div>
  );
}
