/** Moves the focus into a part of the page that has just appeared, and keeps it inside of a dialog. */
import type { KeyboardEvent } from 'react';

/** An element marked with it has the focus first. */
const FIRST = '[data-autofocus]';
const TAB_STOPS = 'a[href], button, input, select, textarea, [tabindex]';

function stopsIn(box: ParentNode, selector: string): HTMLElement[] {
  return [...box.querySelectorAll<HTMLElement>(selector)].filter(
    (element) =>
      element.tabIndex >= 0 &&
      !element.matches(':disabled') &&
      element.checkVisibility() &&
      element.closest('[inert]') === null,
  );
}

/**
 * Focuses the element that is marked for it, else the first of `candidates`, else `fallback`, which must be focusable.
 */
export function focusIn(box: ParentNode, candidates: string, fallback: HTMLElement): void {
  const marked = box.querySelector<HTMLElement>(FIRST);
  (marked ?? firstOf(stopsIn(box, candidates)) ?? fallback).focus();
}

/** Tab from the last element of the box goes to the first, and Shift+Tab from the first to the last. */
export function keepTabInside(event: KeyboardEvent, box: HTMLElement): void {
  if (event.key !== 'Tab' || document.activeElement === null) return;
  const stops = stopsIn(box, TAB_STOPS);
  const direction = event.shiftKey ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING;
  const active = document.activeElement;
  if (stops.some((stop) => stop !== active && active.compareDocumentPosition(stop) & direction)) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
}

/** Of a group of radio buttons, the one that is chosen stands for all. */
function firstOf(elements: readonly HTMLElement[]): HTMLElement | undefined {
  const [first] = elements;
  if (!(first instanceof HTMLInputElement) || first.type !== 'radio') return first;
  return (
    elements.find((element) => element instanceof HTMLInputElement && element.name === first.name && element.checked) ??
    first
  );
}
