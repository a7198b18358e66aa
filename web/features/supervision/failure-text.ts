/**
 * The failures that machines report in English, in the words of the operator. A failure that is not known here stays in
 * English.
 */
import type { TFunction } from 'i18next';

/** A pattern of the English message, and the text that its first group goes into. */
const PATTERNS = [
  [/^no whole answer within (\d+) ms/, 'timeout'],
  [/^answered (\d{3})(?!\d)/, 'answered'],
  [/ECONNREFUSED/, 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'unknownHost'],
  [/ECONNRESET|socket hang up|other side closed/, 'cut'],
  [/certificate|CERT_/i, 'certificate'],
] as const;

/** The failure in the language of the page, if we know it. */
export function failureText(message: string, t: TFunction): string | undefined {
  for (const [pattern, key] of PATTERNS) {
    const found = pattern.exec(message);
    if (found !== null) return t(`failure.${key}`, { value: found[1] });
  }
  return undefined;
}
