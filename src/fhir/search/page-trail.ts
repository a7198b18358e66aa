/**
 * The value of `_cursor`: where the page starts, after the starts of the pages before it. So a page knows the address
 * of the one before it, though the server remembers nobody's pages.
 */

/** No start of ours contains it. */
const SEPARATOR = '~';
/** Addresses stay short: of a longer way back, only so many pages are known. */
const MAX_STARTS = 20;

/** Where the page starts. */
export function startOf(trail: string): string {
  return trail.slice(trail.lastIndexOf(SEPARATOR) + 1);
}

/** The page that starts at `start`, after the page of `trail` (`undefined`: the first one). */
export function following(trail: string | undefined, start: string): string {
  if (trail === undefined) return start;
  const starts = [...trail.split(SEPARATOR), start];
  // An empty start stands for the pages that are no longer known.
  return (starts.length > MAX_STARTS ? ['', ...starts.slice(1 - MAX_STARTS)] : starts).join(SEPARATOR);
}

/** The page before that of `trail`: `first`, another trail, or `undefined` where that is no longer known. */
export function preceding(trail: string): string | 'first' | undefined {
  const end = trail.lastIndexOf(SEPARATOR);
  if (end < 0) return 'first';
  const before = trail.slice(0, end);
  return before === '' ? undefined : before;
}
