/**
 * News of the whole page for screen readers while a dialog is open. Everything outside of a dialog is inert, live regions
 * included, so that each dialog repeats them; of several, only the one on top is heard.
 */
import { useSyncExternalStore } from 'react';

let text = '';
const listeners = new Set<() => void>();

export function announce(sentence: string): void {
  text = sentence;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Announcements() {
  const sentence = useSyncExternalStore(subscribe, () => text);
  return (
    <div role="status" className="sr-only">
      {sentence}
    </div>
  );
}
