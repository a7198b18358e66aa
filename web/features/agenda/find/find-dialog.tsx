/**
 * « Trouver un créneau »: the next free times over several agendas. The chosen time is kept for this person while the
 * patient is found or created.
 */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgendaSummary } from '../../../schedule/agendas.ts';
import { type HeldTime, holdTime, type ProposedTime, releaseHold } from '../../../schedule/held-times.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { RefusalAlert } from '../../../ui/refusal.tsx';
import { Step } from '../../../ui/step.tsx';
import { HeldForm } from './held-form.tsx';
import { ShortcutSetting } from './shortcut.tsx';
import { TimeSearch } from './time-search.tsx';

export interface FindDialogProps {
  own: readonly AgendaSummary[];
  shown: readonly AgendaSummary[];
  onClose: () => void;
}

export default function FindDialog({ own, shown, onClose }: FindDialogProps) {
  const { t } = useTranslation();
  const { held, refusal, take, setHeld, release } = useHeldTime();
  const leave = () => {
    release();
    onClose();
  };
  return (
    <Dialog title={t('find.title')} onClose={leave} size="large">
      <Step name={held === undefined ? 'search' : 'held'} label={t('find.title')}>
        {/* The search stays, so that its answers are there again for another time. */}
        <div className="stack" hidden={held !== undefined}>
          <TimeSearch own={own} shown={shown} isPaused={held !== undefined} onChoose={(time) => void take(time)} />
          <RefusalAlert error={refusal} takesFocus />
          <ShortcutSetting />
        </div>
        {held !== undefined && <HeldForm held={held} onHeld={setHeld} onOther={release} onBooked={onClose} />}
      </Step>
    </Dialog>
  );
}

function useHeldTime() {
  const { t } = useTranslation();
  const [held, setHeld] = useState<HeldTime>();
  const [refusal, setRefusal] = useState<unknown>();
  const take = async (time: ProposedTime) => {
    setRefusal(undefined);
    try {
      setHeld(await holdTime(time));
    } catch (error) {
      setRefusal(error);
    }
  };
  const release = () => {
    if (held !== undefined) void releaseHold(held, t('find.released'));
    setHeld(undefined);
  };
  return { held, refusal, take, setHeld, release };
}
