/** The generated definitions against the standard, and the repairs. */
import { describe, expect, test } from 'vitest';
// @ts-expect-error The tools are plain JavaScript: they run before TypeScript is there.
import { generateDefinitions } from '../../tools/definitions.mjs';
import * as r4 from './definitions.ts';
import { evaluate } from './fhirpath.ts';

describe('elements', () => {
  test('keep the order of the standard', () => {
    const names = [...r4.elementsOf('Slot').keys()];
    expect(names.slice(0, 5)).toEqual(['id', 'meta', 'implicitRules', 'language', 'text']);
    expect(names.slice(-6)).toEqual(['schedule', 'status', 'start', 'end', 'overbooked', 'comment']);
  });

  test('have their type, cardinality, targets and binding', () => {
    const schedule = r4.elementOf('Slot', 'schedule')!;
    expect(schedule).toMatchObject({
      type: 'Reference',
      min: 1,
      isList: false,
      isSummary: true,
      targets: ['Schedule'],
    });
    const status = r4.elementOf('Appointment', 'status')!;
    expect(status).toMatchObject({ type: 'code', isModifier: true, binding: { strength: 'required' } });
    expect([...status.codes!]).toContain('noshow');
    expect(r4.elementOf('Appointment', 'participant')).toMatchObject({
      type: 'Appointment.participant',
      min: 1,
      isList: true,
    });
    expect(r4.elementOf('Slot', 'id')!.type).toBe('id');
    expect(r4.elementOf('Extension', 'url')).toMatchObject({ isAttribute: true, min: 1, shadow: undefined });
  });

  test('a choice has one property per type', () => {
    expect(r4.elementOf('Extension', 'valueCodeableConcept')).toMatchObject({
      name: 'value',
      isChoice: true,
      type: 'CodeableConcept',
    });
    expect(r4.elementOf('Patient', 'deceasedBoolean')!.order).toBe(r4.elementOf('Patient', 'deceasedDateTime')!.order);
    expect(r4.elementOf('Extension', 'value')).toBeUndefined();
  });

  test('primitives have a shadow property', () => {
    expect(r4.elementOf('Patient', '_birthDate')!.type).toBe('date');
    expect(r4.elementOf('Extension', '_valueString')!.property).toBe('valueString');
    for (const property of ['_name', '_contact', '__birthDate', '_'])
      expect(r4.elementOf('Patient', property)).toBeUndefined();
    expect(r4.elementOf('Extension', '_url')).toBeUndefined();
    expect(r4.elementOf('Narrative', '_div')).toBeUndefined();
  });

  test('an element by content reference has the elements of its target', () => {
    const [part] = [r4.elementOf('Parameters.parameter', 'part')!];
    expect(part.type).toBe('Parameters.parameter');
    expect(r4.elementOf('Bundle.entry', 'link')!.type).toBe('Bundle.link');
  });

  test('names of JavaScript (constructor, toString) are neither elements nor types', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(r4.elementOf('Slot', name)).toBeUndefined();
      expect(r4.typeDefinition(name)).toBeUndefined();
      expect(r4.codesOf(name)).toBeUndefined();
      expect(r4.invariantOf(name)).toBeUndefined();
    }
  });
});

describe('types', () => {
  test('every type of an element is defined', () => {
    for (const type of r4.RESOURCE_TYPES) {
      expect(r4.isResourceType(type)).toBe(true);
      const seen = new Set<string>();
      const visit = (name: string): void => {
        if (seen.has(name)) return;
        seen.add(name);
        expect(r4.typeDefinition(name), name).toBeDefined();
        for (const element of r4.elementsOf(name).values()) visit(element.type);
      };
      visit(type);
    }
  });

  test('Observation is a resource type of R4 of which the shape is known; Rendezvous is not a type of R4', () => {
    expect([r4.isJudgedWhole('Observation'), r4.isResourceType('Observation')]).toEqual([false, true]);
    expect([r4.isJudgedWhole('Rendezvous'), r4.isResourceType('Rendezvous')]).toEqual([false, false]);
    expect(r4.isResourceType('DomainResource')).toBe(false);
  });

  test('summary elements', () => {
    expect([r4.isSummaryElement('Slot', 'start'), r4.isSummaryElement('Slot', 'comment')]).toEqual([true, false]);
  });
});

describe('constraints', () => {
  test('a type has the constraints of its bases, without those of the structure check', () => {
    expect(r4.typeInvariants('Appointment')).toEqual([
      'dom-2',
      'dom-3',
      'dom-4',
      'dom-5',
      'dom-6',
      'app-2',
      'app-3',
      'app-4',
    ]);
    expect(r4.typeInvariants('Age')).toContain('qty-3');
    expect(r4.typeInvariants('Extension')).toEqual([]);
    expect(r4.elementOf('Patient', 'contact')!.invariants).toEqual(['pat-1']);
    expect(r4.elementOf('Range', 'low')!.invariants).toEqual(['sqty-1']);
    expect(r4.invariantOf('dom-6')).toMatchObject({ severity: 'warning', bestPractice: true });
  });

  test.each([
    ['app-4', 'Appointment', { resourceType: 'Appointment', status: 'noshow', cancelationReason: { text: 'x' } }],
    ['bdl-8', 'Bundle.entry', { request: { method: 'POST', url: 'Slot' } }],
    ['tim-9', 'Timing.repeat', { when: ['MORN', 'NIGHT'], offset: 3 }],
    ['eld-16', 'ElementDefinition', { path: 'Slot.start', sliceName: 'a/b@c' }],
    ['eld-19', 'ElementDefinition', { path: 'Extension.value[x]:valueString' }],
    ['eld-20', 'ElementDefinition', { path: 'Extension.value[x]' }],
  ])('%s, repaired, accepts what is right', (key, base, value) => {
    expect(evaluate(r4.invariantOf(key)!.expression, value, base)).toEqual([true]);
    expect(r4.ERRATA.find((erratum) => erratum.of === key)!.reason).not.toBe('');
  });
});

describe('value sets', () => {
  test('are listed by system', () => {
    expect(r4.codesBySystem('http://hl7.org/fhir/ValueSet/slotstatus')).toEqual({
      'http://hl7.org/fhir/slotstatus': ['busy', 'free', 'busy-unavailable', 'busy-tentative', 'entered-in-error'],
    });
    expect(r4.codesOf('http://hl7.org/fhir/ValueSet/event-timing')).toContain('ACM');
    expect(r4.codesOf('http://hl7.org/fhir/ValueSet/mimetypes')).toBeUndefined();
  });
});

test('generating the definitions again changes nothing', () => {
  generateDefinitions();
  expect(generateDefinitions()).toBe(false);
});
