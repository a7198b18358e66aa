/**
 * One tab stop for many elements: the arrows go from one to the next. A calendar of a thousand appointments is one
 * stop, not a thousand. When what has
 * the focus is drawn anew (`data-id` says what it is), the focus stays on it: somebody else's booking leaves nobody at
 * the top of the page.
 */
import { type RefObject, useEffect } from 'react';

const STEP: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export function useRoving(box: RefObject<HTMLElement | null>, selector: string): void {
  useEffect(() => {
    const element = box.current!;
    const items = (): HTMLElement[] =>
      [...element.querySelectorAll<HTMLElement>(selector)]
        .filter((one) => one.hasAttribute('tabindex'))
        .sort(
          (a, b) =>
            a.getBoundingClientRect().left - b.getBoundingClientRect().left ||
            a.getBoundingClientRect().top - b.getBoundingClientRect().top,
        );
    const settle = (current?: HTMLElement): void => {
      const all = element.querySelectorAll<HTMLElement>(selector);
      const stops = [...all].filter((one) => one.tabIndex === 0);
      const keep = current ?? (stops.length === 1 ? stops[0] : (all[0] as HTMLElement | undefined));
      for (const one of all) if (one.hasAttribute('tabindex')) one.tabIndex = one === keep ? 0 : -1;
    };
    const onKey = (event: KeyboardEvent): void => {
      const step = STEP[event.key];
      const here = (event.target as HTMLElement).closest<HTMLElement>(selector);
      if (here === null || (step === undefined && event.key !== 'Home' && event.key !== 'End')) return;
      const all = items();
      const at = all.indexOf(here);
      const next = event.key === 'Home' ? all[0] : event.key === 'End' ? all.at(-1) : all[at + step!];
      if (next === undefined) return;
      event.preventDefault();
      settle(next);
      next.focus();
    };
    let focused: string | undefined;
    const onFocus = (event: FocusEvent): void => {
      focused = (event.target as HTMLElement).closest<HTMLElement>(selector)?.dataset['id'];
    };
    // Leaving by one's own will goes somewhere, or follows a click; being taken away leads nowhere.
    const onLeave = (event: FocusEvent): void => {
      if (event.relatedTarget !== null) focused = undefined;
    };
    const onPointer = (): void => {
      focused = undefined;
    };
    const watcher = new MutationObserver(() => {
      const again =
        focused === undefined || document.activeElement !== document.body
          ? undefined
          : [...element.querySelectorAll<HTMLElement>(selector)].find((one) => one.dataset['id'] === focused);
      again?.focus();
      settle(again);
    });
    watcher.observe(element, { childList: true, subtree: true });
    element.addEventListener('keydown', onKey);
    element.addEventListener('focusin', onFocus);
    element.addEventListener('focusout', onLeave);
    document.addEventListener('pointerdown', onPointer);
    settle();
    return () => {
      watcher.disconnect();
      element.removeEventListener('keydown', onKey);
      element.removeEventListener('focusin', onFocus);
      element.removeEventListener('focusout', onLeave);
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [box, selector]);
}
