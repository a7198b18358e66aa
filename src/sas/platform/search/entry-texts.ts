/**
 * The entries of a searchset as texts, without parsing the whole: most of a partner's answer is slots that differ in a
 * few values, and reading a text costs a tenth of parsing it. Only texts without blanks, as programs write them, are
 * cut; the others are left to the parser.
 */
import { type ByteText, textOf } from '../../../fhir/byte-text.ts';
import type { Json } from '../../../fhir/resource.ts';

export interface EntryTexts {
  /** The Bundle with an empty `entry`. */
  bundle: Json;
  entries: ByteText[];
}

const BEGIN = '"entry":[';

/**
 * Cuts where the first key of an entry begins another entry. Quotes inside a string value are escaped, so a wrong cut
 * is never valid JSON, and the parser will notice. `undefined` when the text does not have this form.
 */
export function entryTexts(text: ByteText): EntryTexts | undefined {
  const begin = text.indexOf(`${BEGIN}{"`);
  if (begin < 0) return undefined;
  const first = begin + BEGIN.length;
  const key = text.slice(first, text.indexOf('"', first + 2) + 1);
  const between = `},${key}:`;
  const entries: ByteText[] = [];
  let from = first;
  for (let at = text.indexOf(between, from); at >= 0; at = text.indexOf(between, from)) {
    entries.push(text.slice(from, at + 1) as ByteText);
    from = at + 2;
  }
  const end = endOf(text, from);
  if (end < 0) return undefined;
  entries.push(text.slice(from, end) as ByteText);
  try {
    const bundle: Json = JSON.parse(textOf((text.slice(0, first) + text.slice(end)) as ByteText));
    return Array.isArray(bundle?.entry) && bundle.entry.length === 0 ? { bundle, entries } : undefined;
  } catch {
    return undefined;
  }
}

/** The index after the object that begins here; -1 when it does not end. */
function endOf(text: ByteText, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i);
      if (i < 0) return -1;
    } else if (code === 0x7b) depth++;
    else if (code === 0x7d && --depth === 0) return i + 1;
  }
  return -1;
}

/** Has this text more levels of brackets and braces, up to where it is not JSON any more? */
export function isDeeperThan(most: number, text: ByteText): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > most) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

function endOfString(text: ByteText, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return -1;
}
