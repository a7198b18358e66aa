/** FHIRPath Patch, operation by operation, with values of every kind. https://hl7.org/fhir/R4/fhirpatch.html */
import { describe, expect, test } from 'vitest';
import type { FhirError } from '../issue.ts';
import type { Json, Resource } from '../resource.ts';
import { applyFhirPathPatch } from './fhirpath-patch.ts';

type Part = Record<string, Json> & { name: string };

function operation(type: string, path: string | undefined, more: Part[] = []): Json {
  return {
    name: 'operation',
    part: [
      { name: 'type', valueCode: type },
      ...(path === undefined ? [] : [{ name: 'path', valueString: path }]),
      ...more,
    ],
  };
}

const parameters = (...list: Json[]): Resource => ({ resourceType: 'Parameters', parameter: list });
const name = (text: string): Part => ({ name: 'name', valueString: text });
const value = (key: string, of: Json): Part => ({ name: 'value', [key]: of });
const number = (what: string, of: number): Part => ({ name: what, valueInteger: of });

const DATED = { url: 'urn:x', valueString: 'x' };
const patient = (more: Json = {}): Resource => ({ resourceType: 'Patient', id: '1', ...more });

/** Before, operations, after; modelled on HL7's own test cases for FHIRPath Patch. */
const CASES: [string, Json, Json[], Json][] = [
  [
    'add a primitive',
    {},
    [operation('add', 'Patient', [name('birthDate'), value('valueDate', '1920-01-01')])],
    { birthDate: '1920-01-01' },
  ],
  [
    'replace a primitive',
    { birthDate: '1920-01-01' },
    [operation('replace', 'Patient.birthDate', [value('valueDate', '1930-01-01')])],
    { birthDate: '1930-01-01' },
  ],
  ['delete a primitive', { birthDate: '1920-01-01' }, [operation('delete', 'Patient.birthDate')], {}],
  [
    'add a choice',
    {},
    [operation('add', 'Patient', [name('deceased'), value('valueBoolean', true)])],
    { deceasedBoolean: true },
  ],
  [
    'add a choice, named with [x]',
    {},
    [operation('add', 'Patient', [name('deceased[x]'), value('valueDateTime', '2020')])],
    { deceasedDateTime: '2020' },
  ],
  [
    'replace a choice by another type',
    { deceasedBoolean: true },
    [operation('replace', 'Patient.deceased', [value('valueDateTime', '2020')])],
    { deceasedDateTime: '2020' },
  ],
  [
    'move a primitive with its extensions',
    { name: [{ given: ['Anne', 'Marie', 'Zoé'], _given: [null, { extension: [DATED] }, null] }] },
    [operation('move', 'Patient.name[0].given', [number('source', 1), number('destination', 0)])],
    { name: [{ given: ['Marie', 'Anne', 'Zoé'], _given: [{ extension: [DATED] }, null, null] }] },
  ],
  [
    'delete a primitive of a list with its place',
    { name: [{ given: ['Anne', 'Marie'], _given: [null, { id: 'm' }] }] },
    [operation('delete', 'Patient.name[0].given[0]')],
    { name: [{ given: ['Marie'], _given: [{ id: 'm' }] }] },
  ],
  [
    'insert a primitive beside an extended one',
    { name: [{ given: ['Marie'], _given: [{ extension: [DATED] }] }] },
    [operation('insert', 'Patient.name[0].given', [number('index', 0), value('valueString', 'Anne')])],
    { name: [{ given: ['Anne', 'Marie'], _given: [null, { extension: [DATED] }] }] },
  ],
  [
    'delete a primitive with its extensions',
    { birthDate: '1920-01-01', _birthDate: { extension: [DATED] } },
    [operation('delete', 'Patient.birthDate')],
    {},
  ],
  [
    'add an extension to a primitive',
    { birthDate: '1920-01-01' },
    [
      operation('add', 'Patient.birthDate', [
        name('extension'),
        {
          name: 'value',
          part: [
            { name: 'url', valueUri: 'urn:x' },
            { name: 'value', valueString: 'x' },
          ],
        },
      ]),
    ],
    { birthDate: '1920-01-01', _birthDate: { extension: [DATED] } },
  ],
  [
    'replace the value of an extension of a primitive',
    { birthDate: '1920-01-01', _birthDate: { extension: [DATED] } },
    [operation('replace', 'Patient.birthDate.extension[0].value', [value('valueString', 'y')])],
    { birthDate: '1920-01-01', _birthDate: { extension: [{ ...DATED, valueString: 'y' }] } },
  ],
  [
    'delete the last extension of a primitive in a list',
    { name: [{ given: ['Marie'], _given: [{ extension: [DATED] }] }] },
    [operation('delete', "Patient.name[0].given[0].extension('urn:x')")],
    { name: [{ given: ['Marie'] }] },
  ],
  [
    'replace the text of a narrative',
    { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' } },
    [
      operation('replace', 'Patient.text.div', [
        value('valueString', '<div xmlns="http://www.w3.org/1999/xhtml">b</div>'),
      ]),
    ],
    { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">b</div>' } },
  ],
  ['change nothing', { active: true }, [], { active: true }],
  ['delete a choice', { deceasedBoolean: true }, [operation('delete', 'Patient.deceased')], {}],
  [
    'add a complex value',
    {},
    [operation('add', 'Patient', [name('maritalStatus'), value('valueCodeableConcept', { text: 'married' })])],
    { maritalStatus: { text: 'married' } },
  ],
  [
    'replace inside a complex value',
    { maritalStatus: { text: 'married' } },
    [operation('replace', 'Patient.maritalStatus.text', [value('valueString', 'single')])],
    { maritalStatus: { text: 'single' } },
  ],
  [
    'delete a complex value',
    { maritalStatus: { text: 'married' } },
    [operation('delete', 'Patient.maritalStatus')],
    {},
  ],
  [
    'what a deletion empties goes too',
    { maritalStatus: { text: 'married' } },
    [operation('delete', 'Patient.maritalStatus.text')],
    {},
  ],
  [
    'add an anonymous type by parts',
    {},
    [
      operation('add', 'Patient', [
        name('contact'),
        {
          name: 'value',
          part: [
            { name: 'name', valueHumanName: { text: 'a' } },
            { name: 'gender', valueCode: 'male' },
          ],
        },
      ]),
    ],
    { contact: [{ name: { text: 'a' }, gender: 'male' }] },
  ],
  [
    'add an extension by parts',
    {},
    [
      operation('add', 'Patient', [
        name('extension'),
        {
          name: 'value',
          part: [
            { name: 'url', valueUri: 'urn:x' },
            { name: 'value', valueString: 'v' },
          ],
        },
      ]),
    ],
    { extension: [{ url: 'urn:x', valueString: 'v' }] },
  ],
  [
    'add an extension of extensions by parts',
    {},
    [
      operation('add', 'Patient', [
        name('extension'),
        {
          name: 'value',
          part: [
            { name: 'url', valueUri: 'urn:x' },
            {
              name: 'extension',
              part: [
                { name: 'url', valueUri: 'a' },
                { name: 'value', valueInteger: 1 },
              ],
            },
            {
              name: 'extension',
              part: [
                { name: 'url', valueUri: 'b' },
                { name: 'value', valueCode: 'c' },
              ],
            },
          ],
        },
      ]),
    ],
    {
      extension: [
        {
          url: 'urn:x',
          extension: [
            { url: 'a', valueInteger: 1 },
            { url: 'b', valueCode: 'c' },
          ],
        },
      ],
    },
  ],
  [
    'add an extension as valueExtension',
    {},
    [operation('add', 'Patient', [name('extension'), value('valueExtension', { url: 'urn:x', valueBoolean: true })])],
    { extension: [{ url: 'urn:x', valueBoolean: true }] },
  ],
  [
    'add to a list',
    { identifier: [{ value: 'a' }] },
    [operation('add', 'Patient', [name('identifier'), value('valueIdentifier', { value: 'b' })])],
    { identifier: [{ value: 'a' }, { value: 'b' }] },
  ],
  [
    'add inside one of a list',
    { name: [{ family: 'a' }, { family: 'b' }] },
    [operation('add', "Patient.name.where(family = 'b')", [name('given'), value('valueString', 'c')])],
    { name: [{ family: 'a' }, { family: 'b', given: ['c'] }] },
  ],
  [
    'insert first',
    { identifier: [{ value: 'a' }, { value: 'b' }] },
    [operation('insert', 'Patient.identifier', [number('index', 0), value('valueIdentifier', { value: 'n' })])],
    { identifier: [{ value: 'n' }, { value: 'a' }, { value: 'b' }] },
  ],
  [
    'insert last',
    { identifier: [{ value: 'a' }] },
    [operation('insert', 'Patient.identifier', [number('index', 1), value('valueIdentifier', { value: 'n' })])],
    { identifier: [{ value: 'a' }, { value: 'n' }] },
  ],
  [
    'insert a primitive',
    { name: [{ given: ['a', 'c'] }] },
    [operation('insert', 'Patient.name.given', [number('index', 1), value('valueString', 'b')])],
    { name: [{ given: ['a', 'b', 'c'] }] },
  ],
  [
    'delete one of a list',
    { identifier: [{ value: 'a' }, { value: 'b' }] },
    [operation('delete', 'Patient.identifier[0]')],
    { identifier: [{ value: 'b' }] },
  ],
  [
    'delete by a criterion',
    { identifier: [{ system: 's', value: 'a' }, { value: 'b' }] },
    [operation('delete', "Patient.identifier.where(system = 's')")],
    { identifier: [{ value: 'b' }] },
  ],
  ['delete the last of a list', { identifier: [{ value: 'a' }] }, [operation('delete', 'Patient.identifier[0]')], {}],
  ['delete what is not there', {}, [operation('delete', 'Patient.birthDate')], {}],
  [
    'move forwards',
    { identifier: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] },
    [operation('move', 'Patient.identifier', [number('source', 0), number('destination', 2)])],
    { identifier: [{ value: 'b' }, { value: 'c' }, { value: 'a' }] },
  ],
  [
    'move backwards',
    { identifier: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] },
    [operation('move', 'Patient.identifier', [number('source', 2), number('destination', 0)])],
    { identifier: [{ value: 'c' }, { value: 'a' }, { value: 'b' }] },
  ],
  [
    'several, one after the other',
    {},
    [
      operation('add', 'Patient', [name('birthDate'), value('valueDate', '1920')]),
      operation('replace', 'Patient.birthDate', [value('valueDate', '1930')]),
    ],
    { birthDate: '1930' },
  ],
  [
    'replace a whole element of a list',
    { identifier: [{ value: 'a' }, { value: 'b' }] },
    [operation('replace', 'Patient.identifier[1]', [value('valueIdentifier', { value: 'n' })])],
    { identifier: [{ value: 'a' }, { value: 'n' }] },
  ],
  [
    'inside a contained resource',
    { contained: [{ resourceType: 'Organization', id: 'o', name: 'a' }] },
    [operation('replace', 'Patient.contained[0].name', [value('valueString', 'b')])],
    { contained: [{ resourceType: 'Organization', id: 'o', name: 'b' }] },
  ],
];

describe('FHIRPath Patch', () => {
  test.each(CASES)('%s', (_name, before, operations, after) => {
    const resource = patient(before);
    const copy = structuredClone(resource);
    expect(applyFhirPathPatch(resource, parameters(...operations))).toEqual(patient(after));
    expect(resource).toEqual(copy);
  });

  const LIST = { identifier: [{ value: 'a' }, { value: 'b' }] };

  test.each<[string, Json, Resource, string, number]>([
    ['a parameter that is no operation', {}, parameters({ name: 'x', valueString: 'x' }), 'structure', 400],
    ['an unknown operation', {}, parameters(operation('merge', 'Patient')), 'structure', 400],
    ['no path', {}, parameters(operation('delete', undefined)), 'structure', 400],
    ['no value', {}, parameters(operation('replace', 'Patient.birthDate')), 'structure', 400],
    ['add without a name', {}, parameters(operation('add', 'Patient', [value('valueDate', '1920')])), 'structure', 400],
    [
      'insert without an index',
      LIST,
      parameters(operation('insert', 'Patient.identifier', [value('valueIdentifier', {})])),
      'structure',
      400,
    ],
    [
      'move without a destination',
      LIST,
      parameters(operation('move', 'Patient.identifier', [number('source', 0)])),
      'structure',
      400,
    ],
    ['a path that is not FHIRPath', {}, parameters(operation('delete', 'Patient.(')), 'value', 400],
    [
      'a path that names nothing',
      {},
      parameters(operation('replace', 'Patient.birthDate', [value('valueDate', '1920')])),
      'processing',
      422,
    ],
    ['a path that names several', LIST, parameters(operation('delete', 'Patient.identifier')), 'processing', 422],
    [
      'add what does not repeat twice',
      { birthDate: '1920' },
      parameters(operation('add', 'Patient', [name('birthDate'), value('valueDate', '1930')])),
      'processing',
      422,
    ],
    [
      'add an unknown element',
      {},
      parameters(operation('add', 'Patient', [name('hat'), value('valueString', 'red')])),
      'processing',
      422,
    ],
    [
      'insert beyond the end',
      LIST,
      parameters(operation('insert', 'Patient.identifier', [number('index', 3), value('valueIdentifier', {})])),
      'processing',
      422,
    ],
    [
      'insert before the beginning',
      LIST,
      parameters(operation('insert', 'Patient.identifier', [number('index', -1), value('valueIdentifier', {})])),
      'processing',
      422,
    ],
    [
      'move out of the list',
      LIST,
      parameters(operation('move', 'Patient.identifier', [number('source', 0), number('destination', 2)])),
      'processing',
      422,
    ],
    [
      'replace the resource itself',
      {},
      parameters(operation('replace', 'Patient', [value('valueString', 'x')])),
      'processing',
      422,
    ],
    ['another id', {}, parameters(operation('replace', 'Patient.id', [value('valueId', '2')])), 'processing', 422],
  ])('%s is refused', (_name, before, patch, code, status) => {
    try {
      applyFhirPathPatch(patient(before), patch);
    } catch (error) {
      expect([(error as FhirError).code, (error as FhirError).status]).toEqual([code, status]);
      return;
    }
    throw new Error('not refused');
  });
});
