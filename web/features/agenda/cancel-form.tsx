/** Cancels an appointment, or declines a request, with a reason if there is one. */
import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface CancelFormProps {
  isRequest?: boolean;
  onSubmit: (reason: string) => void;
  onCancel: () => void;
}

export function CancelForm({ isRequest = false, onSubmit, onCancel }: CancelFormProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(reason.trim());
      }}
    >
      <TextInput
        label={t(isRequest ? 'requests.reason' : 'agenda.cancelReason')}
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('app.cancel')}
        </Button>
        <Button type="submit" color="red">
          {t(isRequest ? 'requests.decline' : 'become.cancelled')}
        </Button>
      </Group>
    </form>
  );
}
