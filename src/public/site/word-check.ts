/**
 * Words that no text for the public may hold: on the social insurance, the nationality or the origin of patients. Even
 * « CMU acceptée » was judged discriminatory (Défenseur des droits, decisions 2018-269 and 2018-270).
 */

/** Words of French that are spelt like these: an acronym stands in capitals. */
const ACRONYMS = /\b(AME|ACS|CSS|C2S|CMU(-?C)?|PUMA)\b/;

const WORDS: readonly RegExp[] = [
  /\bcmu\b|\bc2s\b|\bcmuc\b|\bcmu-c\b/,
  /aide medicale (d'?e|de l'?e)tat/,
  /couverture maladie universelle|protection universelle maladie/,
  /complementaire sante solidaire|complementaire solidaire|aide (a la|au paiement d'une) complementaire/,
  /\bnationalites?\b|\betrang(er|ers|ere|eres)\b|\bsans[- ]papiers\b|\bmigrants?\b|\bimmigres?\b|\brefugies?\b/,
  /\brace\b|\breligions?\b|\bmusulman|\bjuifs?\b|\bchretiens?\b/,
];

/** The word that makes a text unfit for the public; `undefined`: there is none. */
export function forbiddenWord(text: string): string | undefined {
  // Letters with dots or spaces between them, and signs that nobody sees, are the same word.
  const plain = text.normalize('NFKC').replace(/[\u00AD\u200B-\u200F\u2060\uFEFF]/g, '');
  const dotted = plain.replace(/(?<!\p{L})(\p{L})[._*·•-](?=\p{L}(?!\p{L}))/gu, '$1');
  const spaced = plain.replace(/(?<!\p{L})(\p{L})\s(?=\p{L}(?!\p{L}))/gu, '$1');
  const folded = (value: string): string =>
    value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[’`´]/g, "'").replace(/\s+/g, ' ');
  for (const candidate of [plain, dotted, spaced]) {
    const acronym = ACRONYMS.exec(candidate)?.[0];
    if (acronym !== undefined) return acronym;
    const word = WORDS.map((pattern) => pattern.exec(folded(candidate))?.[0]).find((found) => found !== undefined);
    if (word !== undefined) return word;
  }
  return undefined;
}
