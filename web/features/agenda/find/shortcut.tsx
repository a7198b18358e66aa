/**
 * The key that opens « Trouver un créneau ». A key without Ctrl or Alt may be pressed by accident, or spoken by
 * somebody who dictates, so that it can be switched off (WCAG 2.1.4).
 */
import { Checkbox } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

const KEY = '/';
const KEPT = 'creneau-find-key';
const OFF = 'off';

/** Calls `onKey` when the key is pressed outside of every field and dialog. */
export function useFindKey(onKey: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
      if (event.key !== KEY || event.ctrlKey || event.altKey || event.metaKey || isTyping) return;
      if (document.querySelector('dialog:modal') !== null || localStorage.getItem(KEPT) === OFF) return;
      event.preventDefault();
      onKey();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [onKey]);
}

export function ShortcutSetting() {
  const { t } = useTranslation();
  const [isOn, setOn] = useState(() => localStorage.getItem(KEPT) !== OFF);
  return (
    <Checkbox
      size="xs"
      className="wide-only"
      label={t('find.shortcut', { key: KEY })}
      checked={isOn}
      onChange={(event) => {
        const chosen = event.currentTarget.checked;
        setOn(chosen);
        if (chosen) localStorage.removeItem(KEPT);
        else localStorage.setItem(KEPT, OFF);
      }}
    />
  );
}
