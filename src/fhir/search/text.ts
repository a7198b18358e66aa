/**
 * How names are compared: without case, accents or punctuation, so that "Saint-Étienne" is found by "saint etienne".
 * https://hl7.org/fhir/R4/search.html#string
 */

/** `Saint-Étienne  (Loire)` -> `saint etienne loire`. */
export function normalise(text: string): string {
  return text
    .replaceAll('œ', 'oe')
    .replaceAll('Œ', 'oe')
    .replaceAll('æ', 'ae')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
