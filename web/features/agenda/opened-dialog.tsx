/** The dialog that is open on an agenda. Its code comes when it is first needed. */
import { lazy, Suspense } from 'react';
import { ComingDialog } from '../../ui/dialog.tsx';
import { withTexts } from '../../ui/texts.ts';
import type { AgendaDialogsProps, OpenDialog } from './agenda-dialogs.tsx';

const AgendaDialogs = lazy(() => withTexts(import('./agenda-dialogs.tsx')));

export interface OpenedDialogProps extends Pick<AgendaDialogsProps, 'content' | 'agenda' | 'agendas'> {
  dialog: OpenDialog | undefined;
  /** `undefined`: none is open any more. */
  onChange: (dialog: OpenDialog | undefined) => void;
}

export function OpenedDialog({ dialog, onChange, ...props }: OpenedDialogProps) {
  const close = () => onChange(undefined);
  return (
    dialog !== undefined && (
      <Suspense fallback={<ComingDialog onClose={close} />}>
        <AgendaDialogs {...props} dialog={dialog} onOpen={onChange} onClose={close} />
      </Suspense>
    )
  );
}
