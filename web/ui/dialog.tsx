/**
 * A modal dialog, named by its title. It is the browser's own: everything outside is inert. The focus stays inside, and
 * the element that opened the dialog gets it back. A click outside closes nothing, and Escape asks first when something
 * was typed.
 */
import { Button, CloseButton, Loader } from '@mantine/core';
import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import { Announcements } from './announcements.tsx';
import { focusIn, keepTabInside } from './focus.ts';
import './dialog.css';

export interface DialogProps {
  title: string;
  onClose: () => void;
  size?: 'medium' | 'large';
  children: ReactNode;
}

export function Dialog({ title, onClose, size = 'medium', children }: DialogProps) {
  const { t } = useTranslation();
  const titleId = useId();
  const dialog = useModal();
  const guard = useUnsavedGuard(onClose);
  const onEscape = (event: KeyboardEvent | SyntheticEvent) => {
    // The browser's own way to close would not ask.
    event.preventDefault();
    guard.close();
  };
  return (
    <dialog
      ref={dialog}
      className={`dialog dialog-${size}`}
      aria-labelledby={titleId}
      onInput={guard.onInput}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onEscape(event);
        keepTabInside(event, event.currentTarget);
      }}
      onCancel={onEscape}
    >
      <div className="dialog-head">
        <h2 id={titleId} tabIndex={-1} dir="auto">
          {title}
        </h2>
        <CloseButton aria-label={t('app.close')} onClick={guard.close} />
      </div>
      <div className="dialog-body" inert={guard.isAsking}>
        {children}
      </div>
      {guard.isAsking && <Unsaved onStay={guard.stay} onLeave={onClose} />}
      <Announcements />
    </dialog>
  );
}

/** The fields that a dialog is opened for; those of a part that is marked `data-aside` are not. */
const FIELDS = ['input', 'select', 'textarea'].map((field) => `${field}:not([data-aside] *)`).join(', ');

/** Nobody misses the text of a search. */
const SEARCHES = '[data-search]';

/** Opens the dialog when it is mounted. The focus goes to its first field, or to the title when it has no field. */
function useModal() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = lastOpener ?? document.activeElement;
    const element = dialog.current!;
    element.showModal();
    focusIn(element.querySelector('.dialog-body')!, FIELDS, element.querySelector('h2')!);
    return () => giveBackFocus(opener);
  }, []);
  return dialog;
}

/** The opener of a dialog that is just going: one that takes its place, later gives the focus back in its stead. */
let lastOpener: Element | null = null;

function giveBackFocus(opener: Element | null): void {
  lastOpener = opener;
  queueMicrotask(() => {
    lastOpener = null;
  });
  setTimeout(() => opener instanceof HTMLElement && standingFor(opener)?.focus());
}

/** The page may have been drawn again meanwhile: `data-id` says what an element stands for. */
function standingFor(opener: HTMLElement): HTMLElement | null {
  const { id } = opener.dataset;
  if (opener.isConnected || id === undefined) return opener;
  return document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
}

/** Stands for a dialog whose code is being loaded: keys and clicks meanwhile do not go to the page below. */
export function ComingDialog({ onClose }: Pick<DialogProps, 'onClose'>) {
  const { t } = useTranslation();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = lastOpener ?? document.activeElement;
    dialog.current!.showModal();
    return () => giveBackFocus(opener);
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog dialog-coming"
      aria-label={t('app.loading')}
      onKeyDown={(event) => keepTabInside(event, event.currentTarget)}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <Loader />
    </dialog>
  );
}

/** Asks before it closes a dialog in which something was typed. */
function useUnsavedGuard(onClose: () => void) {
  const hasInput = useRef(false);
  const focused = useRef<Element | null>(null);
  const [isAsking, setAsking] = useState(false);
  const stay = () => {
    setAsking(false);
    // The rest of the dialog is inert until it is rendered again.
    setTimeout(() => focused.current instanceof HTMLElement && focused.current.focus());
  };
  return {
    isAsking,
    stay,
    onInput: ({ target }: FormEvent) => {
      if (!(target instanceof Element && target.closest(SEARCHES) !== null)) hasInput.current = true;
    },
    close: () => {
      if (isAsking) return stay();
      if (!hasInput.current) return onClose();
      focused.current = document.activeElement;
      setAsking(true);
    },
  };
}

function Unsaved({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const { t } = useTranslation();
  const textId = useId();
  const stay = useRef<HTMLButtonElement>(null);
  useEffect(() => stay.current?.focus(), []);
  return (
    <div className="dialog-unsaved">
      <p id={textId}>{t('app.unsaved')}</p>
      <Button ref={stay} aria-describedby={textId} onClick={onStay}>
        {t('app.unsavedStay')}
      </Button>
      <Button variant="default" onClick={onLeave}>
        {t('app.unsavedLeave')}
      </Button>
    </div>
  );
}
