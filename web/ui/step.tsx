/**
 * A part of a form whose content is replaced: the choice of a patient by the patient, the actions by a form. The new
 * part takes the focus, so that it is announced and the keyboard goes on from there.
 */
import { type ReactNode, useEffect, useRef } from 'react';
import { focusIn } from './focus.ts';

export interface StepProps {
  /** Names the content. When it changes, the content has changed. */
  name: string;
  /** Read out when the focus arrives. */
  label: string;
  /** The step as a whole takes the focus, because its text matters more than its first button. */
  focusWhole?: boolean;
  children: ReactNode;
}

/** A button with `data-opens="move"` has the focus again when the step `move` gives way to it. */
export function Step({ name, label, focusWhole = false, children }: StepProps) {
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef(name);
  useEffect(() => {
    const before = shown.current;
    if (before === name) return;
    shown.current = name;
    const element = box.current!;
    const opener = element.querySelector<HTMLElement>(`[data-opens="${before}"]`);
    if (opener !== null) opener.focus();
    else if (focusWhole) element.focus();
    else focusIn(element, 'input, select, textarea, button', element);
  }, [name, focusWhole]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame, and has no name without a legend.
    <div ref={box} role="group" aria-label={label} tabIndex={-1} className="step">
      {children}
    </div>
  );
}
