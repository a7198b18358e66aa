/** When a form is not valid, moves the focus to its first wrong field, whose message a screen reader then reads. */
import type { FormEvent } from 'react';

export function focusFirstFault(
  _errors: unknown,
  _values: unknown,
  event: FormEvent<HTMLFormElement> | undefined,
): void {
  const form = event?.currentTarget;
  // The fields are marked as wrong by the next render.
  setTimeout(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
