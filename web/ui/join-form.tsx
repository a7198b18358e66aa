/** The first login of somebody who holds a ticket: an invitation, or the code of the set-up. */
import { Alert, Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ask } from '../fhir/client.ts';
import { hasPasskeys, joinByPasskey } from '../fhir/passkey.ts';
import { RefusalAlert } from './refusal.tsx';

export interface JoinFormProps {
  ticket: string;
  /** The ways to log in that the server has. */
  methods: readonly string[];
  /** Nobody knows yet who holds the ticket. */
  asksName: boolean;
  onDone: () => void;
}

export function JoinForm({ ticket, methods, asksName, onDone }: JoinFormProps) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [refusal, setRefusal] = useState<unknown>();
  const byPasskey = methods.includes('passkey');
  const join = async () => {
    const given = asksName ? name : undefined;
    if (byPasskey) {
      await joinByPasskey(ticket, given);
      onDone();
      return;
    }
    const { json } = await ask('/auth/join/login', { method: 'POST', body: { ticket, name: given } });
    location.assign(json.redirect);
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setRefusal(undefined);
        join().catch(setRefusal);
      }}
    >
      {asksName && (
        <TextInput
          required
          label={t('join.name')}
          maxLength={100}
          autoComplete="name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      {byPasskey && !hasPasskeys() && (
        <Alert color="orange" variant="light">
          {t('join.noPasskey')}
        </Alert>
      )}
      <p>{t(byPasskey ? 'join.passkeyHelp' : 'join.providerHelp')}</p>
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit">{t(byPasskey ? 'join.passkey' : 'login.provider')}</Button>
      </div>
    </form>
  );
}
