/**
 * One tab stop for many elements, with the arrows from one to the next: a calendar of a thousand appointments is one
 * stop, not a thousand. The focus also survives a redraw (`data-id` says what an element stands for), so that somebody
 * else's booking does not send the reader to the top of the page.
 */
import { type RefObject, useEffect } from 'react';

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export function useRoving(box: RefObject<HTMLElement | null>, selector: string): void {
  useEffect(() => {
    const group = new RovingGroup(box.current!, selector);
    return () => group.stop();
  }, [box, selector]);
}

class RovingGroup {
  readonly #box: HTMLElement;
  readonly #selector: string;
  readonly #observer: MutationObserver;
  readonly #listening = new AbortController();
  /** The `data-id` of the element that has the focus. */
  #focusedId: string | undefined;

  constructor(box: HTMLElement, selector: string) {
    this.#box = box;
    this.#selector = selector;
    this.#observer = new MutationObserver(() => this.#onRedraw());
    this.#observer.observe(box, { childList: true, subtree: true });
    const options = { signal: this.#listening.signal };
    box.addEventListener('keydown', (event) => this.#onKey(event), options);
    box.addEventListener('focusin', (event) => this.#onFocus(event), options);
    box.addEventListener('focusout', (event) => this.#onBlur(event), options);
    document.addEventListener('pointerdown', () => this.#forget(), options);
    this.#settle();
  }

  stop(): void {
    this.#observer.disconnect();
    this.#listening.abort();
  }

  #elements(): HTMLElement[] {
    return [...this.#box.querySelectorAll<HTMLElement>(this.#selector)];
  }

  #elementOf(event: Event): HTMLElement | null {
    return (event.target as HTMLElement).closest<HTMLElement>(this.#selector);
  }

  /** Makes `chosen`, or the present tab stop, or else the first element, the only tab stop. */
  #settle(chosen?: HTMLElement): void {
    const elements = this.#elements();
    const stops = elements.filter((element) => element.tabIndex === 0);
    const stop = chosen ?? (stops.length === 1 ? stops[0] : elements[0]);
    for (const element of elements) if (element.hasAttribute('tabindex')) element.tabIndex = element === stop ? 0 : -1;
  }

  #onKey(event: KeyboardEvent): void {
    const from = this.#elementOf(event);
    const to = from && this.#target(event.key, from);
    if (!to) return;
    event.preventDefault();
    this.#settle(to);
    to.focus();
  }

  /** The element that a key leads to, column by column. */
  #target(key: string, from: HTMLElement): HTMLElement | undefined {
    const step = STEPS[key];
    if (step === undefined && key !== 'Home' && key !== 'End') return undefined;
    const inOrder = this.#elements()
      .filter((element) => element.hasAttribute('tabindex'))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .sort((a, b) => a.box.left - b.box.left || a.box.top - b.box.top)
      .map(({ element }) => element);
    if (key === 'Home') return inOrder[0];
    return step === undefined ? inOrder.at(-1) : inOrder[inOrder.indexOf(from) + step];
  }

  #onFocus(event: FocusEvent): void {
    this.#focusedId = this.#elementOf(event)?.dataset['id'];
  }

  /** A person who leaves goes somewhere or clicks; an element that is taken away leads nowhere. */
  #onBlur(event: FocusEvent): void {
    if (event.relatedTarget !== null) this.#forget();
  }

  #forget(): void {
    this.#focusedId = undefined;
  }

  #onRedraw(): void {
    const isLost = this.#focusedId !== undefined && document.activeElement === document.body;
    const again = isLost ? this.#elements().find((element) => element.dataset['id'] === this.#focusedId) : undefined;
    again?.focus();
    this.#settle(again);
  }
}
