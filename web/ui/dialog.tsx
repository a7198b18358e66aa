/**
 * A dialog: named by its title, closed by Escape, focus given back. Built from Mantine's pieces, whose whole makes a
 * second banner.
 */
import { Modal } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

export interface DialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  size?: string | number;
  /** Above another dialog, whose input must stay. */
  above?: boolean;
  children: ReactNode;
}

export function Dialog({ title, opened, onClose, size = 'lg', above = false, children }: DialogProps) {
  const { t } = useTranslation();
  // Whoever opened it has the focus again, also when the dialog is taken away whole.
  useEffect(() => {
    if (!opened) return;
    const opener = document.activeElement as HTMLElement | null;
    return () => {
      setTimeout(() => opener?.isConnected && opener.focus());
    };
  }, [opened]);
  return (
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      zIndex={above ? 400 : 200}
      lockScroll={false}
      returnFocus={false}
      transitionProps={{ duration: 0 }}
      centered={false}
    >
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content>
        <div className="dialog-head">
          <Modal.Title className="dialog-title">{title}</Modal.Title>
          <Modal.CloseButton aria-label={t('shell.close')} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
