/** The frame of a step: its fields, what the server says against them, and the button that stores them. */
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RefusalAlert } from '../../ui/refusal.tsx';

export interface StepFormProps {
  title: string;
  /** Stores the fields; a refusal stays on the page with everything that was typed. */
  store: () => Promise<void>;
  children: ReactNode;
}

export function StepForm({ title, store, children }: StepFormProps) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>();
  const submit = async () => {
    setBusy(true);
    setRefusal(undefined);
    await store()
      .catch(setRefusal)
      .finally(() => setBusy(false));
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{title}</h2>
      {children}
      <RefusalAlert error={refusal} takesFocus />
      <div>
        <Button type="submit" loading={isBusy}>
          {t('setUp.saveAndGo')}
        </Button>
      </div>
    </form>
  );
}
