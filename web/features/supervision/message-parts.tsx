/** Parts that the lists of messages share: the heading with a choice of state, and the button that sends again. */
import { Button, NativeSelect } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface MessagesHeadProps {
  title: string;
  /** Empty: every state. */
  state: string;
  onState: (state: string) => void;
  states: readonly { value: string; label: string }[];
}

export function MessagesHead({ title, state, onState, states }: MessagesHeadProps) {
  const { t } = useTranslation();
  return (
    <div className="page-head">
      <h2>{title}</h2>
      <div className="grow" />
      <NativeSelect
        label={t('supervision.state')}
        value={state}
        onChange={({ currentTarget: { value } }) => onState(value)}
        data={[{ value: '', label: t('search.any') }, ...states]}
      />
    </div>
  );
}

interface RetryButtonProps {
  /** For screen readers: the text alone does not tell a row from the next. */
  label: string;
  text: string;
  onClick: () => void;
}

export function RetryButton({ label, text, onClick }: RetryButtonProps) {
  return (
    <Button size="compact-sm" variant="light" onClick={onClick} aria-label={label}>
      {text}
    </Button>
  );
}
