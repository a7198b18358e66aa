/**
 * A dialog: named by its title, closed by Escape, the focus given back. It is built from the parts of Mantine's Modal,
 * because the whole has a `header` that screen readers take for a second banner.
 */
import { Modal } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';

export interface DialogProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  size?: string | number;
  /** Above another dialog, which keeps what was typed. */
  above?: boolean;
  children: ReactNode;
}

export function Dialog({ title, opened, onClose, size = 'lg', above = false, children }: DialogProps) {
  const { t } = useTranslation();
  // The element that opened the dialog gets the focus back, also when the dialog is removed while it is open.
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
          <Modal.CloseButton aria-label={t('app.close')} />
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
