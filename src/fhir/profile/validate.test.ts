/**
 * The validator on small profiles of our own making: each kind of rule, kept and broken.
 * https://hl7.org/fhir/R4/profiling.html
 */
import { describe, expect, it } from 'vitest';
import type { Json, Resource } from '../resource.ts';
import { Terminology } from '../terminology/terminology.ts';
import { readStructureDefinition } from './definition.ts';
import { Validator } from './validate.ts';

const URL = 'urn:test:profile';

/** A published StructureDefinition with this differential. */
function definition(type: string, element: Json[], url = URL): Resource {
  return {
    resourceType: 'StructureDefinition',
    url,
    name: 'Test',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: element.map((element) => ({ path: element.id.replace(/:[^.]+/g, ''), ...element })) },
  };
}

/** The places and first words of the errors. */
function errors(resource: Resource, element: Json[], others: Resource[] = []): string[] {
  const profiles = [definition(resource.resourceType, element), ...others].map((other) =>
    readStructureDefinition(other, () => false),
  );
  return new Validator(profiles, new Terminology())
    .validate(resource, { profiles: [URL] })
    .filter((issue) => issue.severity === 'error')
    .map((issue) => `${issue.expression}: ${issue.diagnostics}`);
}

const patient = (more: Json = {}): Resource => ({ resourceType: 'Patient', ...more });
const slicing = (type: string, path: string, rules = 'open', ordered = false): Json => ({
  slicing: { discriminator: [{ type, path }], rules, ordered },
});

describe('an element', () => {
  it.each([
    ['is there often enough', patient({ name: [{ family: 'x' }] }), [{ id: 'Patient.name', min: 1, max: '1' }], []],
    ['is missing', patient(), [{ id: 'Patient.name', min: 1 }], ['Patient: name is there 0 times, at least 1 wanted']],
    [
      'is there too often',
      patient({ name: [{ family: 'x' }, { family: 'y' }] }),
      [{ id: 'Patient.name', max: '1' }],
      ['Patient.name: name is there 2 times, at most 1 wanted'],
    ],
    [
      'is missing in one of its parents',
      patient({ name: [{ family: 'x' }, { text: 'y' }] }),
      [{ id: 'Patient.name.family', min: 1 }],
      ['Patient.name[1]: family is there 0 times, at least 1 wanted'],
    ],
    [
      'has its fixed value',
      patient({ gender: 'male' }),
      [{ id: 'Patient.gender', fixedCode: 'female' }],
      ['Patient.gender: The value is fixed: female'],
    ],
    [
      'may hold more than its pattern',
      patient({ maritalStatus: { text: 'x', coding: [{ system: 'urn:s', code: 'M' }] } }),
      [{ id: 'Patient.maritalStatus', patternCodeableConcept: { coding: [{ code: 'M' }] } }],
      [],
    ],
    [
      'lacks its pattern',
      patient({ maritalStatus: { text: 'x' } }),
      [{ id: 'Patient.maritalStatus', patternCodeableConcept: { text: 'y' } }],
      ['Patient.maritalStatus: The value lacks the pattern {"text":"y"}'],
    ],
    [
      'is of the wrong type of a choice',
      patient({ deceasedBoolean: true }),
      [{ id: 'Patient.deceased[x]', type: [{ code: 'dateTime' }] }],
      ['Patient.deceasedBoolean: The type is boolean, not dateTime'],
    ],
    [
      'is too long',
      patient({ name: [{ family: 'abcdef' }] }),
      [{ id: 'Patient.name.family', maxLength: 5 }],
      ['Patient.name[0].family: Longer than 5 characters'],
    ],
    [
      'breaks a constraint',
      patient({ name: [{ family: 'x' }] }),
      [
        {
          id: 'Patient.name',
          constraint: [{ key: 't-1', severity: 'error', human: 'given', expression: 'given.exists()' }],
        },
      ],
      ['Patient.name[0]: t-1: given'],
    ],
    [
      'has a code of no value set that it is bound to',
      patient({ maritalStatus: { coding: [{ system: 'urn:s', code: 'x' }] } }),
      [
        {
          id: 'Patient.maritalStatus',
          binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender' },
        },
      ],
      ['Patient.maritalStatus: No code of http://hl7.org/fhir/ValueSet/administrative-gender (required binding)'],
    ],
    [
      'leads to a type that it may not',
      patient({ managingOrganization: { reference: 'Organization/1' } }),
      [
        {
          id: 'Patient.generalPractitioner',
          type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'] }],
        },
      ],
      [],
    ],
  ] as [string, Resource, Json[], string[]][])('%s', (_what, resource, element, expected) => {
    expect(errors(resource, element)).toEqual(expected);
  });

  it('a reference leads to a target of the profile, contained or not', () => {
    const rule = (aggregation: string[]): Json[] => [
      {
        id: 'Patient.generalPractitioner',
        type: [
          { code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Organization'], aggregation },
        ],
      },
    ];
    const inside = patient({
      contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }],
      generalPractitioner: [{ reference: '#o' }],
    });
    expect(errors(inside, rule(['contained']))).toEqual([]);
    expect(errors(inside, rule(['referenced']))).toEqual([
      'Patient.generalPractitioner[0].reference: The reference is contained; it must be referenced',
    ]);
    expect(errors(patient({ generalPractitioner: [{ reference: 'Practitioner/1' }] }), rule(['referenced']))).toEqual([
      'Patient.generalPractitioner[0].reference: The reference leads to Practitioner, not to Organization',
    ]);
  });
});

describe('slices', () => {
  const identifiers = (...systems: (string | undefined)[]): Resource =>
    patient({ identifier: systems.map((system) => ({ ...(system ? { system } : {}), value: 'x' })) });
  const bySystem = (rules = 'open', ordered = false): Json[] => [
    { id: 'Patient.identifier', ...slicing('value', 'system', rules, ordered) },
    { id: 'Patient.identifier:a', min: 1, max: '1' },
    { id: 'Patient.identifier:a.system', fixedUri: 'urn:a' },
    { id: 'Patient.identifier:b', max: '1' },
    { id: 'Patient.identifier:b.system', fixedUri: 'urn:b' },
    { id: 'Patient.identifier:b.use', min: 1 },
  ];

  it('by value: each slice has its own count and rules; other values are accepted', () => {
    expect(errors(identifiers('urn:a', 'urn:c', undefined), bySystem())).toEqual([]);
    expect(errors(identifiers('urn:c'), bySystem())).toEqual([
      'Patient: identifier:a is there 0 times, at least 1 wanted',
    ]);
    expect(errors(identifiers('urn:a', 'urn:a'), bySystem())).toEqual([
      'Patient.identifier: identifier:a is there 2 times, at most 1 wanted',
    ]);
    expect(errors(identifiers('urn:a', 'urn:b'), bySystem())).toEqual([
      'Patient.identifier[1]: use is there 0 times, at least 1 wanted',
    ]);
  });

  it('closed, and in order', () => {
    expect(errors(identifiers('urn:a', 'urn:c'), bySystem('closed'))).toEqual([
      'Patient.identifier[1]: Fits none of the slices a, b',
    ]);
    const withUse = patient({
      identifier: [
        { system: 'urn:b', value: 'x', use: 'official' },
        { system: 'urn:a', value: 'x' },
      ],
    });
    expect(errors(withUse, bySystem('open', true))).toEqual(['Patient.identifier[1]: The slice a is out of order']);
  });

  it('by pattern, of the value itself', () => {
    const rules = [
      { id: 'Patient.communication', ...slicing('pattern', 'language') },
      { id: 'Patient.communication:fr', min: 1 },
      { id: 'Patient.communication:fr.language', patternCodeableConcept: { coding: [{ code: 'fr' }] } },
    ];
    expect(
      errors(
        patient({
          communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr' }], text: 'français' } }],
        }),
        rules,
      ),
    ).toEqual([]);
    expect(
      errors(
        patient({ communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'de' }] } }] }),
        rules,
      ),
    ).toEqual(['Patient: communication:fr is there 0 times, at least 1 wanted']);
  });

  it('by type', () => {
    const rules = [
      { id: 'Bundle.entry', ...slicing('type', 'resource') },
      { id: 'Bundle.entry:o', max: '1' },
      { id: 'Bundle.entry:o.resource', type: [{ code: 'Organization' }] },
    ];
    const bundle = (...types: string[]): Resource => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: types.map((type, i) => ({
        fullUrl: `urn:x:${i}`,
        resource: { resourceType: type, ...(type === 'Organization' ? { name: 'x' } : {}) },
      })),
    });
    expect(errors(bundle('Organization', 'Patient', 'Patient'), rules)).toEqual([]);
    expect(errors(bundle('Organization', 'Organization'), rules)).toEqual([
      'Bundle.entry: entry:o is there 2 times, at most 1 wanted',
    ]);
  });

  it('by profile', () => {
    const named = definition('Organization', [{ id: 'Organization.name', min: 1 }], 'urn:test:named');
    const rules = [
      { id: 'Bundle.entry', ...slicing('profile', 'resource') },
      { id: 'Bundle.entry:n', min: 1 },
      { id: 'Bundle.entry:n.resource', type: [{ code: 'Organization', profile: ['urn:test:named'] }] },
    ];
    const bundle = (organization: Json): Resource => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'urn:x:1', resource: { resourceType: 'Organization', ...organization } }],
    });
    expect(errors(bundle({ name: 'x' }), rules, [named])).toEqual([]);
    expect(errors(bundle({ identifier: [{ value: 'x' }] }), rules, [named])).toEqual([
      'Bundle: entry:n is there 0 times, at least 1 wanted',
    ]);
    expect(
      errors(bundle({ identifier: [{ value: 'x' }], meta: { profile: ['urn:test:named'] } }), rules, [named]),
    ).toEqual(['Bundle.entry[0].resource: name is there 0 times, at least 1 wanted']);
  });

  it('by existence of an element', () => {
    const rules = [
      { id: 'Patient.name', ...slicing('exists', 'period') },
      { id: 'Patient.name:now', min: 1 },
      { id: 'Patient.name:now.period', max: '0' },
      { id: 'Patient.name:then', max: '1' },
      { id: 'Patient.name:then.period', min: 1 },
    ];
    expect(errors(patient({ name: [{ family: 'x' }, { family: 'y', period: { end: '2020' } }] }), rules)).toEqual([]);
    expect(errors(patient({ name: [{ family: 'y', period: { end: '2020' } }] }), rules)).toEqual([
      'Patient: name:now is there 0 times, at least 1 wanted',
    ]);
  });

  it('by the target of a reference, in its Bundle', () => {
    const rules = [{ id: 'Bundle.entry.resource', type: [{ code: 'Resource' }] }];
    const named = definition(
      'Patient',
      [
        { id: 'Patient.generalPractitioner', ...slicing('type', 'resolve()') },
        {
          id: 'Patient.generalPractitioner:p',
          min: 1,
          type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'] }],
        },
      ],
      'urn:test:cared',
    );
    const bundle = (type: string): Resource => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [
        {
          fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
          resource: { resourceType: type, ...(type === 'Organization' ? { name: 'x' } : {}) },
        },
        {
          fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000002',
          resource: {
            resourceType: 'Patient',
            meta: { profile: ['urn:test:cared'] },
            generalPractitioner: [{ reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' }],
          },
        },
      ],
    });
    expect(errors(bundle('Practitioner'), rules, [named])).toEqual([]);
    expect(errors(bundle('Organization'), rules, [named])).toEqual([
      'Bundle.entry[1].resource: generalPractitioner:p is there 0 times, at least 1 wanted',
    ]);
  });

  it('extensions by their URL, each held to its own definition', () => {
    const extension = definition(
      'Extension',
      [
        { id: 'Extension.url', fixedUri: 'urn:test:x' },
        { id: 'Extension.value[x]', min: 1, type: [{ code: 'string' }] },
      ],
      'urn:test:x',
    );
    const rules = [
      { id: 'Patient.extension', ...slicing('value', 'url') },
      { id: 'Patient.extension:x', max: '1', type: [{ code: 'Extension', profile: ['urn:test:x'] }] },
    ];
    expect(
      errors(
        patient({
          extension: [
            { url: 'urn:test:x', valueString: 'a' },
            { url: 'urn:other', valueInteger: 1 },
          ],
        }),
        rules,
        [extension],
      ),
    ).toEqual([]);
    expect(errors(patient({ extension: [{ url: 'urn:test:x', valueInteger: 1 }] }), rules, [extension])).toEqual([
      'Patient.extension[0].valueInteger: The type is integer, not string',
    ]);
    expect(
      errors(
        patient({
          extension: [
            { url: 'urn:test:x', valueString: 'a' },
            { url: 'urn:test:x', valueString: 'b' },
          ],
        }),
        rules,
        [extension],
      ),
    ).toEqual(['Patient.extension: extension:x is there 2 times, at most 1 wanted']);
  });
});

describe('slicings of R4 itself', () => {
  const rules = [
    { id: 'Patient.extension:x', min: 1, type: [{ code: 'Extension', profile: ['urn:test:x'] }] },
    { id: 'Patient.deceased[x]:deceasedDateTime', min: 1 },
  ];

  it('extensions by URL, choices by type', () => {
    expect(
      errors(patient({ extension: [{ url: 'urn:test:x', valueString: 'a' }], deceasedDateTime: '2020' }), rules),
    ).toEqual([]);
    expect(errors(patient({ extension: [{ url: 'urn:y', valueString: 'a' }], deceasedBoolean: true }), rules)).toEqual([
      'Patient: extension:x is there 0 times, at least 1 wanted',
      'Patient: deceased[x]:deceasedDateTime is there 0 times, at least 1 wanted',
    ]);
  });
});

describe('R4 itself', () => {
  it.each([
    [
      'a contained resource that nothing refers to',
      patient({ contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] }),
      'dom-3',
    ],
    [
      'a contained resource with a version',
      patient({
        contained: [{ resourceType: 'Organization', id: 'o', name: 'x', meta: { versionId: '1' } }],
        managingOrganization: { reference: '#o' },
      }),
      'dom-4',
    ],
    ['a reference to what is not contained', patient({ managingOrganization: { reference: '#o' } }), 'ref-1'],
    [
      'a period that ends before it begins',
      patient({ name: [{ family: 'x', period: { start: '2021', end: '2020' } }] }),
      'per-1',
    ],
    ['a contact without a name, a phone or an organization', patient({ contact: [{ gender: 'male' }] }), 'pat-1'],
    [
      'a rule inside a contained resource',
      patient({
        contained: [{ resourceType: 'Organization', id: 'o', active: true }],
        managingOrganization: { reference: '#o' },
      }),
      'org-1',
    ],
  ])('%s breaks %s', (_what, resource, key) => {
    const found = new Validator([], new Terminology()).validate(resource).filter((issue) => issue.severity === 'error');
    expect(found.map((found) => found.diagnostics.split(':')[0])).toEqual([key]);
  });
});
