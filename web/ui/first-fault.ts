/**
 * For a form's refusal of what was typed: the focus goes to the first field that says what is wrong, which a screen
 * reader then tells.
 */
import type { FormEvent } from 'react';

export function toFirstFault(_errors: unknown, _values: unknown, event: FormEvent<HTMLFormElement> | undefined): void {
  const form = event?.currentTarget;
  // The fields learn of their faults with the next drawing.
  setTimeout(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
