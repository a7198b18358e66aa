/** A person with a keyboard and nothing else: what has the focus, and Tab until something has it. */
import type { Page } from 'playwright-core';

/** The element that has the focus. */
export interface Focused {
  /** As a screen reader says it, or nearly so. */
  name: string;
  tag: string;
  /** Inside of the dialog on top, or no dialog is open. */
  isInside: boolean;
}

/** Runs in the page. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' ');
  const title = document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent;
  const text = element.role === 'alert' ? element.textContent : undefined;
  const name = text ?? element.getAttribute('aria-label') ?? title ?? (labels || element.textContent);
  const dialog = [...document.querySelectorAll('dialog:modal')].at(-1);
  return {
    name: name.replace(/\\s+/g, ' ').trim().slice(0, 200),
    tag: element.tagName.toLowerCase(),
    isInside: dialog === undefined || dialog.contains(element),
  };
})()`;

export function focused(page: Page): Promise<Focused> {
  return page.evaluate<Focused>(FOCUSED);
}

const MAX_STOPS = 60;

/** Presses Tab until an element of this name has the focus. Fails when the focus leaves an open dialog on the way. */
export async function tabTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < MAX_STOPS; i++) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (!now.isInside) throw new Error(`${now.tag} "${now.name}" outside of the dialog has the focus`);
    if (typeof name === 'string' ? now.name.startsWith(name) : name.test(now.name)) return;
    passed.push(now.name.slice(0, 40));
  }
  throw new Error(`Tab does not lead to ${name}, but to: ${passed.join(' | ')}`);
}

/** The stops of the open dialog, once around, forwards and back. Fails when the focus leaves it. */
export async function stopsOf(page: Page): Promise<string[]> {
  const stops = new Set<string>();
  for (const key of ['Tab', 'Shift+Tab'] as const) {
    const seen: string[] = [];
    // A date field is several stops of one name.
    while (seen.length < MAX_STOPS && !(seen.at(-1) === seen[0] && new Set(seen).size > 1)) {
      await page.keyboard.press(key);
      const { name, tag, isInside } = await focused(page);
      if (!isInside) throw new Error(`${tag} "${name}" outside of the dialog has the focus`);
      seen.push(name);
      stops.add(name);
    }
  }
  return [...stops];
}
