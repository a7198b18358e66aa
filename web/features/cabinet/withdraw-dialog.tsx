/** Asks before somebody loses every right in the practice. */
import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/dialog.tsx';
import { RefusalAlert } from '../../ui/refusal.tsx';
import { type PracticePerson, withdraw } from './people.ts';

export interface WithdrawDialogProps {
  practice: string;
  person: PracticePerson;
  onClose: () => void;
  onDone: () => void;
}

export function WithdrawDialog({ practice, person, onClose, onDone }: WithdrawDialogProps) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<unknown>();
  const confirm = async () => {
    await withdraw(practice, person.id);
    onDone();
    onClose();
  };
  return (
    <Dialog title={t('cabinet.withdrawFor', { name: person.name })} onClose={onClose}>
      <div className="stack">
        <p>{t('cabinet.withdrawHelp')}</p>
        <RefusalAlert error={refusal} takesFocus />
        <Group>
          <Button color="red" onClick={() => void confirm().catch(setRefusal)}>
            {t('cabinet.withdraw')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
        </Group>
      </div>
    </Dialog>
  );
}
