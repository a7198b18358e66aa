/** The words that keep a text from the public. */
import { describe, expect, it } from 'vitest';
import { forbiddenWord } from './word-check.ts';

describe('a text for the public', () => {
  it.each([
    'Pas de CMU',
    'CMU acceptée',
    'la c.m.u. n’est pas prise',
    'C M U refusée',
    'cmu-c',
    'C2S',
    'Bénéficiaires de l’AME',
    'aide médicale d’État',
    'Complémentaire santé solidaire : non',
    'Patients étrangers : voir le secrétariat',
    'nationalité française exigée',
    'C\u200BM\u200BU',
    'ＣＭＵ',
  ])('is refused: %s', (text) => {
    expect(forbiddenWord(text)).toEqual(expect.any(String));
  });

  it.each([
    'Médecine générale, suivi de grossesse, petite chirurgie.',
    'Psychothérapie : les états d’âme, le deuil.',
    'Parking rue de l’Âme-Sœur',
    'Accès par le 2 bis, M. C. Union',
    'Diplôme de médecine du sport, U. Paris C.',
    '',
  ])('passes: %s', (text) => {
    expect(forbiddenWord(text)).toBeUndefined();
  });
});
