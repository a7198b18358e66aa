/** Short messages in the corner of the page; the door of @mantine/notifications. */
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { explain } from './refusal.tsx';
import { t } from './texts.ts';

export interface Notice {
  title: string;
  text?: string;
  kind?: 'good' | 'bad';
  /** Adds a button that takes the action back. */
  undo?: () => void;
  /** How long it can be taken back; half a minute, if absent. */
  undoMs?: number;
  /** The thing that was changed: a later change of it makes the undo of this one impossible, and takes its place. */
  topic?: string;
}

/** The last notice of each topic. */
const shown = new Map<string, string>();

/** Long enough to be read; WCAG 2.2.1 asks for 20 s where the person can act. */
const READ_MS = 8_000;
const ACT_MS = 30_000;

export function notify({ title, text, kind = 'good', undo, undoMs = ACT_MS, topic }: Notice): void {
  const before = topic === undefined ? undefined : shown.get(topic);
  if (before !== undefined) notifications.hide(before);
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
            {t('app.undo')}
          </Button>
        )}
      </>
    ),
    color: kind === 'bad' ? 'red' : 'green',
    autoClose: undo ? undoMs : READ_MS,
    closeButtonProps: { 'aria-label': t('app.close') },
    role: kind === 'bad' ? 'alert' : 'status',
  });
  if (topic !== undefined) shown.set(topic, id);
}

/** For an action that has no place of its own on the page to show an error. */
export function notifyFailure(error: unknown): void {
  notify({ title: t('app.notDone'), text: explain(error).join(' '), kind: 'bad' });
}

/** Says that an action is done and offers to undo it. `queries` are the keys to read again after both. */
export function useUndoNotice(queries: readonly (readonly string[])[]) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const refresh = () => {
    for (const queryKey of queries) void client.invalidateQueries({ queryKey });
  };
  return (title: string, undo: () => Promise<unknown>, more: Pick<Notice, 'text' | 'undoMs' | 'topic'> = {}) => {
    refresh();
    notify({
      title,
      ...more,
      undo: () =>
        void undo().then(() => {
          refresh();
          notify({ title: t('app.undone') });
        }, notifyFailure),
    });
  };
}
