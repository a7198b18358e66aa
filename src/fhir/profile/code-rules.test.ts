/** Rules on codes, systems and values that are left out, as the reference validator has them. */
import { describe, expect, it } from 'vitest';
import { Conformance } from '../conformance.ts';
import type { Json, Resource } from '../resource.ts';

const { validator } = new Conformance();
const R4 = 'http://terminology.hl7.org/CodeSystem';
const R314 = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau';
const UNKNOWN = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};
const slot: Json = {
  resourceType: 'Slot',
  schedule: { reference: 'Schedule/1' },
  status: 'free',
  start: '2026-12-01T09:00:00Z',
  end: '2026-12-01T10:00:00Z',
};
const type = (...coding: Json[]): Json => ({ ...slot, appointmentType: { coding } });
const label = (...security: Json[]): Json => ({ ...slot, meta: { security } });
const { status: _, ...withoutStatus } = slot;

function places(resource: Json): string[] {
  return validator
    .validate(resource as Resource)
    .filter(({ severity }) => severity === 'error')
    .flatMap(({ expression }) => expression ?? []);
}

describe('a code', () => {
  it.each<[string, Json, string[]]>([
    ['of its system', type({ system: `${R4}/v2-0276`, code: 'ROUTINE' }), []],
    ['unknown to its system', type({ system: `${R4}/v2-0276`, code: 'zzz' }), ['Slot.appointmentType.coding[0]']],
    ['left out of a concept', type({ system: `${R4}/v2-0276` }), ['Slot.appointmentType.coding[0]']],
    ['of a system that is known in part', type({ system: `${R4}/v3-ActCode`, code: 'zzz' }), []],
    ['of a system of nobody', type({ system: 'urn:x', code: 'zzz' }), []],
    ['left out of a label', label({ system: R314 }), []],
    [
      'of a label, twice',
      label({ system: R314, code: 'PRO' }, { system: R314, code: 'PRO' }),
      ['Slot.meta.security[1]'],
    ],
    ['of a label with a relative system', label({ system: 'zzz', code: 'x' }), ['Slot.meta.security[0]']],
    ['that is required, replaced by a reason', { ...withoutStatus, _status: UNKNOWN }, ['Slot.status']],
    ['that is not required, replaced by a reason', { resourceType: 'Patient', _language: UNKNOWN }, []],
  ])('%s', (_title, resource, wrong) => expect(places(resource)).toEqual(wrong));
});

describe('an address', () => {
  const identified = (system: string): Json => ({ resourceType: 'Patient', identifier: [{ system, value: '1' }] });
  it.each<[string, Json, string[]]>([
    ['of an identifier', identified('urn:x'), []],
    ['of an identifier, relative', identified('zzz'), ['Patient.identifier[0].system']],
    ['of a profile, relative', { ...slot, meta: { profile: ['zzz'] } }, ['Slot.meta.profile[0]']],
  ])('%s', (_title, resource, wrong) => expect(places(resource)).toEqual(wrong));
});

it('a value that a profile wants may be missing for a reason', () => {
  const practitioner = (identifier: Json): Json => ({
    resourceType: 'Practitioner',
    meta: { profile: ['http://interopsante.org/fhir/StructureDefinition/FrPractitioner'] },
    identifier: [{ type: { text: 'x' }, system: 'urn:x', ...identifier }],
  });
  expect(places(practitioner({ value: '1' }))).toEqual([]);
  expect(places(practitioner({ _value: UNKNOWN }))).toEqual([]);
  expect(places(practitioner({}))).toEqual(['Practitioner.identifier[0]']);
});
