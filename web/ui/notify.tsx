/** Short messages at the corner of the page; the door of @mantine/notifications. */
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { t } from './texts.ts';

export interface Told {
  title: string;
  text?: string;
  kind?: 'good' | 'bad';
  /** Offers to undo what was done. */
  undo?: () => void;
}

/** Stays long enough to be read and acted upon; WCAG 2.2.1 asks 20 s where something can be done. */
const READ_MS = 8_000;
const ACT_MS = 30_000;

export function notify({ title, text, kind = 'good', undo }: Told): void {
  const id = notifications.show({
    title,
    message: (
      <>
        {text}
        {undo && (
          <Button
            size="compact-sm"
            variant="light"
            mt={4}
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            {t('shell.undo')}
          </Button>
        )}
      </>
    ),
    color: kind === 'bad' ? 'red' : 'green',
    autoClose: undo ? ACT_MS : READ_MS,
    closeButtonProps: { 'aria-label': t('shell.close') },
    role: kind === 'bad' ? 'alert' : 'status',
  });
}
