/** The structure check: refusals and their places. */
import { describe, expect, test } from 'vitest';
import type { Json } from './resource.ts';
import { checkStructure } from './structure.ts';

const SLOT: Json = {
  resourceType: 'Slot',
  schedule: { reference: 'Schedule/1' },
  status: 'free',
  start: '2026-05-12T09:00:00+02:00',
  end: '2026-05-12T09:15:00+02:00',
};
const EXTENSION = { url: 'urn:x', valueString: 'x' };

/** `code place` of each fault. */
function faults(resource: Json): string[] {
  return checkStructure(resource).map((issue) => `${issue.code} ${issue.expression![0]}`);
}

function slot(change: Json): Json {
  return { ...SLOT, ...change };
}

test('a right resource has no fault', () => {
  expect(faults(SLOT)).toEqual([]);
  expect(faults(slot({ comment: undefined, overbooked: false, _comment: { extension: [EXTENSION] } }))).toEqual([]);
});

describe('refused', () => {
  test.each<[string, Json, string[]]>([
    ['a list instead of a resource', [], ['structure Resource']],
    ['null', null, ['structure Resource']],
    ['no resourceType', { id: '1' }, ['structure Resource.resourceType']],
    ['a resourceType that is not a text', { resourceType: 5 }, ['structure Resource.resourceType']],
    ['an unknown resource', { resourceType: 'Rendezvous' }, ['structure Resource.resourceType']],
    [
      'a resource of a type that is not served',
      { resourceType: 'Observation', status: 'final', wrong: 1 },
      ['structure Observation.wrong', 'required Observation.code'],
    ],
    ['an abstract resource', { resourceType: 'DomainResource' }, ['structure Resource.resourceType']],
    ['an unknown element', slot({ foo: 1 }), ['structure Slot.foo']],
    [
      'an element of another version',
      slot({ serviceType: [{ concept: { text: 'x' } }] }),
      ['structure Slot.serviceType[0].concept'],
    ],
    [
      'resourceType inside',
      slot({ schedule: { resourceType: 'Reference', reference: 'x' } }),
      ['structure Slot.schedule.resourceType'],
    ],
    ['__proto__', JSON.parse('{"resourceType":"Basic","code":{"text":"x"},"__proto__":{"a":1}}'), ['structure Basic']],
    ['a text for an object', slot({ schedule: 'Schedule/1' }), ['structure Slot.schedule']],
    ['a number for an object', slot({ schedule: 1.5 }), ['structure Slot.schedule']],
    ['a number for a text', slot({ comment: 5 }), ['structure Slot.comment']],
    ['a text for a boolean', slot({ overbooked: 'true' }), ['structure Slot.overbooked']],
    ['an object for a text', slot({ comment: { a: 1 } }), ['structure Slot.comment']],
    ['a list where one is allowed', slot({ status: ['free'] }), ['structure Slot.status']],
    ['a list of objects where one is allowed', slot({ schedule: [{ reference: 'x' }] }), ['structure Slot.schedule']],
    ['one where a list is due', slot({ serviceType: { text: 'x' } }), ['structure Slot.serviceType']],
    ['a list in a list', slot({ serviceType: [[{ text: 'x' }]] }), ['structure Slot.serviceType[0]']],
    ['an empty list', slot({ serviceType: [] }), ['structure Slot.serviceType']],
    ['an empty object', slot({ serviceType: [{}] }), ['structure Slot.serviceType[0]']],
    ['an id alone', slot({ serviceType: [{ id: 'a' }] }), ['structure Slot.serviceType[0]']],
    ['an empty text', slot({ comment: '' }), ['structure Slot.comment']],
    ['null', slot({ comment: null }), ['structure Slot.comment']],
    ['null for an object', slot({ schedule: null }), ['structure Slot.schedule']],
    ['null in a list of objects', slot({ serviceType: [null] }), ['structure Slot.serviceType[0]']],
    ['a date that is none', slot({ start: '2026-02-30T09:00:00Z' }), ['value Slot.start']],
    ['an instant without zone', slot({ start: '2026-05-12T09:00:00' }), ['value Slot.start']],
    ['a code outside its list', slot({ status: 'available' }), ['code-invalid Slot.status']],
    [
      'what is missing',
      { resourceType: 'Slot', status: 'free' },
      ['required Slot.schedule', 'required Slot.start', 'required Slot.end'],
    ],
    [
      'what is missing inside',
      { resourceType: 'Appointment', status: 'booked', participant: [{ actor: { reference: 'x' } }] },
      ['required Appointment.participant[0].status'],
    ],
    ['a mandatory list', { resourceType: 'Appointment', status: 'booked' }, ['required Appointment.participant']],
    ['U+0000', slot({ comment: 'a\u0000' }), ['value Slot.comment']],
    ['half a surrogate pair', slot({ comment: 'a\ud800' }), ['value Slot.comment']],
    [
      'a forged lossless number',
      slot({ extension: [{ url: 'u', valueDecimal: { isLosslessNumber: true, value: '1', toString: 'x' } }] }),
      ['structure Slot.extension[0].valueDecimal'],
    ],
  ])('%s', (_, resource, expected) => expect(faults(resource)).toEqual(expected));
});

describe('choices and extensions', () => {
  test.each<[string, Json, string[]]>([
    ['one value', [{ url: 'u', valueDateTime: '2026' }], []],
    ['a value by its extension alone', [{ url: 'u', _valueString: { extension: [EXTENSION] } }], []],
    ['extensions inside', [{ url: 'u', extension: [EXTENSION] }], []],
    [
      'a wrong value',
      [EXTENSION, EXTENSION, { url: 'u', valueDateTime: '2026-13' }],
      ['value Slot.extension[2].valueDateTime'],
    ],
    ['two values', [{ url: 'u', valueString: 'a', valueCode: 'b' }], ['structure Slot.extension[0].valueCode']],
    [
      'two values, one by its extension',
      [{ url: 'u', valueString: 'a', _valueCode: { extension: [EXTENSION] } }],
      ['structure Slot.extension[0].valueCode'],
    ],
    [
      'a value of an unknown type',
      [{ url: 'u', valueFoo: 'a' }],
      ['structure Slot.extension[0].valueFoo', 'structure Slot.extension[0]'],
    ],
    [
      'a value without type',
      [{ url: 'u', value: 'a' }],
      ['structure Slot.extension[0].value', 'structure Slot.extension[0]'],
    ],
    [
      'a value and extensions',
      [{ url: 'u', valueString: 'a', extension: [EXTENSION] }],
      ['structure Slot.extension[0]'],
    ],
    ['neither', [{ url: 'u' }], ['structure Slot.extension[0]']],
    ['no url', [{ valueString: 'a' }], ['required Slot.extension[0].url']],
    [
      'a url that an extension completes',
      [{ ...EXTENSION, _url: { extension: [EXTENSION] } }],
      ['structure Slot.extension[0]._url'],
    ],
  ])('%s', (_, extension, expected) => expect(faults(slot({ extension }))).toEqual(expected));

  test('a mandatory choice', () => {
    const group = { resourceType: 'ValueSet', status: 'draft', useContext: [{ code: { code: 'focus' } }] };
    expect(checkStructure(group)).toMatchObject([
      {
        code: 'required',
        expression: ['ValueSet.useContext[0].value'],
        diagnostics: 'ValueSet.useContext[0].value[x] is missing: it is mandatory',
      },
    ]);
  });
});

describe('ids and extensions of primitives', () => {
  test.each<[string, Json, string[]]>([
    ['an extension beside a value', { birthDate: '2026', _birthDate: { extension: [EXTENSION] } }, []],
    ['an extension without value', { _birthDate: { extension: [EXTENSION] } }, []],
    ['an id beside a value', { birthDate: '2026', _birthDate: { id: 'a' } }, []],
    ['an id alone', { _birthDate: { id: 'a' } }, ['structure Patient.birthDate']],
    ['nothing', { _birthDate: {} }, ['structure Patient.birthDate']],
    ['null', { _birthDate: null }, ['structure Patient.birthDate']],
    ['a list where one is allowed', { _birthDate: [{ id: 'a' }] }, ['structure Patient.birthDate']],
    ['of an element that is not a primitive', { _name: [{ id: 'a' }] }, ['structure Patient._name']],
    [
      'an unknown element of it',
      { _birthDate: { extension: [EXTENSION], value: 1 } },
      ['structure Patient.birthDate.value'],
    ],
    ['lists with places', { name: [{ given: ['A', null], _given: [null, { extension: [EXTENSION] }] }] }, []],
    ['a list without values', { name: [{ _given: [{ extension: [EXTENSION] }] }] }, []],
    [
      'a place without anything',
      { name: [{ given: ['A', null], _given: [{ id: 'a' }, null] }] },
      ['structure Patient.name[0].given[1]'],
    ],
    ['null without complements', { name: [{ given: ['A', null] }] }, ['structure Patient.name[0].given[1]']],
    [
      'lists of different lengths',
      { name: [{ given: ['A'], _given: [null, { extension: [EXTENSION] }] }] },
      ['structure Patient.name[0].given'],
    ],
    [
      'null where there is no value either',
      { name: [{ _given: [null, { extension: [EXTENSION] }] }] },
      ['structure Patient.name[0].given[0]'],
    ],
    ['one where a list is due', { name: [{ given: ['A'], _given: { id: 'a' } }] }, ['structure Patient.name[0].given']],
  ])('%s', (_, change, expected) => expect(faults({ resourceType: 'Patient', ...change })).toEqual(expected));
});

describe('resources inside resources', () => {
  const bundle = (resource: Json): Json => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ resource: SLOT }, { resource }],
  });
  test.each<[string, Json, string[]]>([
    ['an entry', bundle(slot({ start: 'x' })), ['value Bundle.entry[1].resource.start']],
    ['an unknown entry', bundle({ resourceType: 'Foo' }), ['structure Bundle.entry[1].resource.resourceType']],
    ['no resource', bundle('Slot/1'), ['structure Bundle.entry[1].resource']],
    [
      'contained',
      slot({ contained: [{ resourceType: 'Schedule', actor: [{ display: '' }] }] }),
      ['structure Slot.contained[0].actor[0].display'],
    ],
    [
      'a parameter',
      {
        resourceType: 'Parameters',
        parameter: [{ name: 'a', part: [{ name: 'b', resource: { resourceType: 'Binary' } }] }],
      },
      ['required Parameters.parameter[0].part[0].resource.contentType'],
    ],
    [
      'an outcome',
      {
        resourceType: 'Bundle',
        type: 'batch-response',
        entry: [{ response: { status: '400', outcome: { resourceType: 'OperationOutcome' } } }],
      },
      ['required Bundle.entry[0].response.outcome.issue'],
    ],
  ])('%s', (_, resource, expected) => expect(faults(resource)).toEqual(expected));
});
