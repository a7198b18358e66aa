/** The content that may go to the SAS: concepts of every kind, in slots and in roles, against a small oracle. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodeableConcept, Coding } from '../../../fhir/resource.ts';
import type { PractitionerRole } from '../../../fhir/resources.ts';
import { CONTRACT, SEARCH_KINDS } from '../../contract/contract.ts';
import { leavingRole, leavingSlot } from './leaving.ts';

const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const contract = CONTRACT['1.2.0'];

const coding: fc.Arbitrary<Coding> = fc.record(
  {
    system: fc.constantFrom(R38, `${R38}/`, ACT, 'urn:own', 'http://snomed.info/sct'),
    code: fc.constantFrom('SM54', 'AMB', 'EMER', 'zzz', '604', '185349003'),
    display: fc.constantFrom('Médecine', ' ', 'Acte'),
  },
  { requiredKeys: ['code'] },
);
const concept: fc.Arbitrary<CodeableConcept> = fc.record(
  { coding: fc.array(coding, { maxLength: 3 }), text: fc.constantFrom('Mots', 'Autres mots') },
  { requiredKeys: [] },
);
const concepts = fc.array(concept, { maxLength: 4 });
const codingsOf = (all: readonly CodeableConcept[]): Coding[] => all.flatMap(({ coding = [] }) => coding);

describe('the part of a slot that is sent', () => {
  it('has codes of the value sets only, and a code in each specialty', () =>
    fc.assert(
      fc.property(fc.constantFrom(...SEARCH_KINDS), concepts, concepts, (kind, serviceType, specialty) => {
        const left = leavingSlot(contract, kind, { serviceType, specialty });
        const modes = kind === 'SOS' ? ['AMB'] : ['AMB', 'EMER'];
        expect(codingsOf(left.serviceType).every(({ system, code }) => system === ACT && modes.includes(code!))).toBe(
          true,
        );
        expect(codingsOf(left.specialty).every(({ system, code }) => system === R38 && code === 'SM54')).toBe(true);
        expect(left.specialty.every(({ coding = [] }) => coding.length > 0)).toBe(true);
      }),
    ));

  it('keeps every word that a person typed', () =>
    fc.assert(
      fc.property(concepts, concepts, (serviceType, specialty) => {
        const left = leavingSlot(contract, 'PS', { serviceType, specialty });
        const typed = [...serviceType, ...specialty].flatMap(({ text }) => text ?? []);
        const texts = JSON.stringify([left.serviceType, left.specialty]);
        expect(typed.filter((text) => !texts.includes(text))).toEqual([]);
      }),
    ));

  it('joins several specialties without a code into one text', () =>
    expect(
      leavingSlot(contract, 'PS', { serviceType: [], specialty: [{ text: 'Plaies' }, { text: 'Brûlures' }] }),
    ).toMatchObject({ serviceType: [{ text: 'Plaies, Brûlures' }], specialty: [] }));

  it('notes each concept that changes, by its place', () =>
    fc.assert(
      fc.property(concepts, (specialty) => {
        const { notes } = leavingSlot(contract, 'PS', { serviceType: [], specialty });
        const isWhole = ({ coding = [] }: CodeableConcept): boolean =>
          coding.length > 0 && coding.every(({ system, code }) => /TRE_R38/.test(system ?? '') && code === 'SM54');
        const changed = specialty.flatMap((each, i) => (isWhole(each) ? [] : [`Slot.specialty[${i}]`]));
        expect(notes.map(({ element }) => element)).toEqual(changed);
      }),
    ));
});

it('words alone do not leave a role: it has no room for them', () => {
  const role: PractitionerRole = {
    resourceType: 'PractitionerRole',
    code: [{ text: 'Chef' }],
    specialty: [{ text: 'A' }, { text: 'B' }],
  };
  const { code, specialty, notes } = leavingRole(contract, role);
  expect([code, specialty, notes.length]).toEqual([[], [], 3]);
});

describe('case by case', () => {
  const { extensions, systems } = contract;
  const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante';
  const amb = { system: ACT, code: 'AMB' };
  const sm54 = { system: R38, code: 'SM54' };
  const cpts = { url: extensions.serviceType, valueReference: { reference: 'HealthcareService/h' } };
  const named = { system: systems.structureCategory, code: '604' };
  type Kind = (typeof SEARCH_KINDS)[number];

  it.each<[string, Kind, CodeableConcept, CodeableConcept[], string[]]>([
    ['a mode', 'PS', { coding: [amb] }, [{ coding: [amb] }], []],
    ['a mode that the search does not show', 'SOS', { coding: [{ system: ACT, code: 'EMER' }] }, [], ['« EMER »']],
    ['a code of the mode in another system', 'PS', { coding: [{ system: 'urn:own', code: 'AMB' }] }, [], ['« AMB »']],
    ['a mode with more', 'PS', { coding: [amb, { code: 'x' }] }, [{ coding: [amb] }], ['« x »']],
    ['words of a code', 'PS', { coding: [{ code: 'x', display: 'Acte' }] }, [{ text: 'Acte' }], ['« Acte »']],
    [
      'the first words there are, without blanks',
      'PS',
      { coding: [{ code: 'x', display: ' ' }, { code: 'y' }, { code: 'z', display: 'Acte' }] },
      [{ text: 'Acte' }],
      ['« Acte »'],
    ],
    ['several codes without words', 'PS', { coding: [{ code: 'x' }, { system: 'urn:own' }] }, [], ['« x, ? »']],
    [
      'its own words before those of a code',
      'PS',
      { text: 'A', coding: [{ code: 'x', display: 'B' }] },
      [{ text: 'A' }],
      ['« B »'],
    ],
    ['words alone', 'PS', { text: 'A' }, [{ text: 'A' }], []],
    ['a CPTS', 'CPTS', { extension: [cpts], coding: [{ code: 'x' }] }, [{ extension: [cpts], coding: [named] }], []],
    [
      'a CPTS among other extensions',
      'CPTS',
      { extension: [{ url: 'urn:own' }, cpts], text: 'A' },
      [{ extension: [cpts], coding: [named], text: 'A' }],
      [],
    ],
    ['another extension', 'CPTS', { extension: [{ url: 'urn:own' }], coding: [amb] }, [{ coding: [amb] }], []],
    [
      'a CPTS in another search',
      'PS',
      { extension: [cpts], coding: [amb] },
      [{ extension: [cpts], coding: [amb] }],
      [],
    ],
  ])('a service type: %s', (_name, kind, concept, expected, noted) => {
    const left = leavingSlot(contract, kind, { serviceType: [{ coding: [amb] }, concept], specialty: [] });
    expect(left.serviceType).toEqual([{ coding: [amb] }, ...expected]);
    expect(left.notes.map(({ element }) => element)).toEqual(noted.map(() => 'Slot.serviceType[1]'));
    for (const [i, words] of noted.entries()) expect(left.notes[i]!.french).toContain(words);
  });

  it.each<[string, CodeableConcept, CodeableConcept[], string | undefined, string[]]>([
    ['of the list', { coding: [sm54] }, [{ coding: [sm54] }], undefined, []],
    [
      'with letters after the code',
      { coding: [{ system: R38, code: 'SM54B' }] },
      [],
      undefined,
      ['SM54B', 'ne part pas'],
    ],
    [
      'with letters before the code',
      { coding: [{ system: R38, code: '1SM54' }] },
      [],
      undefined,
      ['1SM54', 'ne part pas'],
    ],
    ['without a code', { coding: [{ system: R38, display: 'Soins' }] }, [], 'Soins', ['Soins', 'transmise']],
    [
      'with words of its own',
      { text: 'Plaies', coding: [{ code: 'x', display: 'B' }] },
      [],
      'Plaies',
      ['Plaies', 'transmise'],
    ],
    [
      'of the list and another',
      { text: 'A', coding: [sm54, { code: 'x' }] },
      [{ coding: [sm54], text: 'A' }],
      undefined,
      ['« x »', 'ne part pas'],
    ],
    ['empty', {}, [], undefined, ['« vide »', 'ne part pas']],
  ])('a specialty %s', (_name, concept, expected, text, noted) => {
    const left = leavingSlot(contract, 'PS', { serviceType: [], specialty: [concept] });
    expect(left.specialty).toEqual(expected);
    expect(left.serviceType).toEqual(text === undefined ? [] : [{ text }]);
    expect(left.notes.map(({ element }) => element)).toEqual(noted.length === 0 ? [] : ['Slot.specialty[0]']);
    for (const words of noted) expect(left.notes[0]!.french).toContain(words);
  });

  it('words that come twice are said once, and the order stays', () => {
    const specialty = ['B', 'A', 'B'].map((text) => ({ text }));
    expect(leavingSlot(contract, 'PS', { serviceType: [], specialty }).serviceType).toEqual([{ text: 'B, A' }]);
  });

  it.each<[string, Coding, boolean]>([
    ['a profession', { system: G15, code: '10' }, true],
    [
      'a way of practising',
      { system: 'https://mos.esante.gouv.fr/NOS/TRE_R22-GenreActivite/FHIR/X', code: 'GENR01' },
      true,
    ],
    ['a code in small letters', { system: G15, code: 'abc' }, false],
    ['a code with blanks', { system: G15, code: '1 0' }, false],
    ['a code that is too long', { system: G15, code: '1234567890123' }, false],
    ['no code', { system: G15 }, false],
    ['no system', { code: '10' }, false],
    ['another list', { system: 'https://mos.esante.gouv.fr/NOS/TRE_R99-Autre/FHIR/X', code: '10' }, false],
  ])('the code of a role: %s', (_name, coding, isKept) => {
    const role = {
      resourceType: 'PractitionerRole' as const,
      code: [{ coding: [{ system: G15, code: '20' }] }, { coding: [coding] }],
    };
    const { code, notes } = leavingRole(contract, role);
    expect(code.map((concept) => concept.coding?.[0]?.code)).toEqual(isKept ? ['20', coding.code] : ['20']);
    expect(notes.map(({ element }) => element)).toEqual(isKept ? [] : ['PractitionerRole.code[1]']);
    if (!isKept) expect(notes[0]!.french).toContain(`« ${coding.code ?? '?'} »`);
  });

  it('a role keeps its specialties of the list, and says which codes beside them it loses', () => {
    const specialty = [{ coding: [sm54] }, { coding: [sm54, { code: 'x' }], text: 'Soins' }];
    const left = leavingRole(contract, { resourceType: 'PractitionerRole', specialty });
    expect(left.specialty).toEqual([{ coding: [sm54] }, { coding: [sm54], text: 'Soins' }]);
    expect(left.notes.map(({ element }) => element)).toEqual(['PractitionerRole.specialty[1]']);
    expect(left.notes[0]!.french).toContain('« Soins »');
    expect(leavingRole(contract, { resourceType: 'PractitionerRole' })).toEqual({ code: [], specialty: [], notes: [] });
  });
});
