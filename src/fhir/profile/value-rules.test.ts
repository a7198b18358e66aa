/** Rules on single values and on known extensions: one fault each, and the form that is right. */
import { describe, expect, it } from 'vitest';
import { Conformance } from '../conformance.ts';
import type { Json, Resource } from '../resource.ts';

const FR = 'https://hl7.fr/ig/fhir/core/StructureDefinition/';
const { validator } = new Conformance();

function places(resource: Json): string[] {
  return validator
    .validate(resource as Resource)
    .filter(({ severity }) => severity === 'error')
    .flatMap(({ expression }) => expression ?? []);
}

const patient = (more: Json): Json => ({ resourceType: 'Patient', ...more });
const identified = (system: string): Json => patient({ identifier: [{ system, value: '1' }] });
const contained = (...ids: string[]): Json =>
  patient({
    contained: ids.map((id) => ({ resourceType: 'Organization', id, name: id })),
    generalPractitioner: ids.map((id) => ({ reference: `#${id}` })),
  });
const entry = (fullUrl: string | undefined, type = 'searchset'): Json => ({
  resourceType: 'Bundle',
  type,
  entry: [{ ...(fullUrl === undefined ? {} : { fullUrl }), resource: patient({ id: 'p' }) }],
});

describe('a value', () => {
  it.each<[string, Json, string[]]>([
    ['an OID', identified('urn:oid:1.2.250.1'), []],
    ['an OID of letters', identified('urn:oid:abc'), ['Patient.identifier[0].system']],
    ['an OID with a leading zero', identified('urn:oid:1.2.03'), ['Patient.identifier[0].system']],
    ['a UUID', identified('urn:uuid:7b1d0a50-1111-4111-8111-000000000001'), []],
    [
      'a UUID in capitals',
      identified('urn:uuid:7B1D0A50-1111-4111-8111-000000000001'),
      ['Patient.identifier[0].system'],
    ],
    ['a language', patient({ language: 'fr-FR' }), []],
    ['a language that nobody speaks', patient({ language: 'zz-QQ' }), ['Patient.language']],
    [
      'a reference and its type',
      patient({ managingOrganization: { reference: 'Organization/o', type: 'Organization' } }),
      [],
    ],
    [
      'a reference and another type',
      patient({ managingOrganization: { reference: 'Organization/o', type: 'Patient' } }),
      ['Patient.managingOrganization.type'],
    ],
    ['two contained resources', contained('a', 'b'), []],
    ['two contained resources with one id', contained('a', 'a'), ['Patient.contained[1]']],
    ['an extension of ours', patient({ extension: [{ url: 'urn:x', valueString: 'x' }] }), []],
    ['a relative extension', patient({ extension: [{ url: 'x', valueString: 'x' }] }), ['Patient.extension[0].url']],
    ['a currency', patient({ extension: [{ url: 'urn:x', valueMoney: { value: 1, currency: 'EUR' } }] }), []],
    [
      'no currency',
      patient({ extension: [{ url: 'urn:x', valueMoney: { value: 1, currency: 'ZZZ' } }] }),
      ['Patient.extension[0].valueMoney.currency'],
    ],
    ['an entry with its address', entry('https://a.example/fhir/Patient/p'), []],
    ['an entry without an address', entry(undefined), ['Bundle.entry[0]']],
    ['an entry with another address', entry('https://a.example/fhir/Patient/q'), ['Bundle.entry[0].fullUrl']],
    ['an entry with a relative address', entry('Patient/p'), ['Bundle.entry[0].fullUrl']],
  ])('%s', (_, resource, wanted) => expect(places(resource)).toEqual(wanted));
});

describe('an availability', () => {
  const part = (url: string, value: Json): Json => ({ url, ...value });
  const freq = (code: string): Json =>
    part('freq', { valueCoding: { system: 'https://www.ietf.org/rfc/rfc2445', code } });
  const availability = (...rrule: Json[]): Json => ({
    url: `${FR}fr-core-schedule-availability-time`,
    extension: [
      part('identifier', { valueIdentifier: { value: 'a' } }),
      part('type', {
        valueCoding: { system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-schedule-type', code: 'free' },
      }),
      part('start', { valueDateTime: '2026-01-05T09:00:00+01:00' }),
      part('end', { valueDateTime: '2026-01-05T12:00:00+01:00' }),
      part('rrule', { extension: rrule }),
    ],
  });
  const schedule = (...extension: Json[]): Json => ({
    resourceType: 'Schedule',
    extension,
    actor: [{ reference: 'Device/d' }],
  });

  it.each<[string, Json[], boolean]>([
    ['a whole rule', [freq('WEEKLY'), part('byDay', { valueString: 'MO' }), part('wkst', { valueCode: 'mon' })], true],
    ['no frequency', [part('byDay', { valueString: 'MO' })], false],
    ['a frequency of nobody', [freq('FORTNIGHTLY')], false],
    ['a frequency of another system', [part('freq', { valueCoding: { system: 'urn:x', code: 'WEEKLY' } })], false],
    ['a frequency as a code', [part('freq', { valueCode: 'WEEKLY' })], false],
    ['two frequencies', [freq('WEEKLY'), freq('DAILY')], false],
    [
      'two ends',
      [freq('DAILY'), ...['01', '02'].map((day) => part('until', { valueDateTime: `2026-02-${day}` }))],
      false,
    ],
    ['an end as a string', [freq('DAILY'), part('until', { valueString: '2026' })], false],
    ['an interval as a string', [freq('DAILY'), part('interval', { valueString: '2' })], false],
    ['an hour as a string', [freq('DAILY'), part('byHour', { valueString: '9' })], false],
    ['a day of the week in full', [freq('DAILY'), part('wkst', { valueCode: 'monday' })], false],
    ['a part of nobody', [freq('DAILY'), part('zzz', { valueString: 'x' })], false],
  ])('with %s', (_, rrule, isValid) => expect(places(schedule(availability(...rrule))).length === 0).toBe(isValid));

  it('stands on a Schedule only, and an operator on an Appointment only', () => {
    const rule = availability(freq('DAILY'));
    expect(places({ resourceType: 'Device', extension: [rule] })).toEqual(['Device.extension[0]']);
    const operator = { url: `${FR}fr-core-appointment-operator`, valueReference: { reference: 'Practitioner/p' } };
    const appointment = (own: Json[], ofParticipant: Json[]): Json => ({
      resourceType: 'Appointment',
      status: 'proposed',
      ...(own.length > 0 ? { extension: own } : {}),
      participant: [
        {
          actor: { reference: 'Patient/p' },
          status: 'accepted',
          ...(ofParticipant.length > 0 ? { extension: ofParticipant } : {}),
        },
      ],
    });
    expect(places(appointment([operator], []))).toEqual([]);
    expect(places(appointment([], [operator]))).toEqual(['Appointment.participant[0].extension[0]']);
    expect(places(appointment([{ ...operator, valueReference: { reference: 'Device/d' } }], []))).toHaveLength(1);
  });
});

describe('a patient with a national identity', () => {
  const identifier = (code: string, arc: number): Json => ({
    use: 'official',
    type: { coding: [{ system: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203', code }] },
    system: `urn:oid:1.2.250.1.213.1.4.${arc}`,
    value: '260058815400233',
  });
  const birthPlace = (value: Json): Json => ({
    url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
    ...value,
  });
  const whole = {
    meta: { profile: [`${FR}fr-core-patient-ins`] },
    extension: [birthPlace({ valueAddress: { city: 'Lyon' } })],
    identifier: [identifier('INS-NIR', 8)],
    name: [{ use: 'official', family: 'Martin', given: ['Claire'] }],
    gender: 'female',
    birthDate: '1960-05-01',
  };
  const ins = identifier('INS-NIR', 8);
  const reliability = (code: string): Json => ({
    url: `${FR}fr-core-identity-reliability`,
    extension: [{ url: 'identityStatus', valueCoding: { system: 'urn:x', code } }],
  });
  const validated = { extension: [...whole.extension, reliability('VALI')] };
  const provisional = { extension: [...whole.extension, reliability('PROV')] };
  it.each<[string, Json, boolean]>([
    ['is valid', {}, true],
    ['has a gender', { gender: undefined }, false],
    ['has an official name', { name: [{ use: 'usual', family: 'Martin' }] }, false],
    ['has one first name', { name: [{ ...whole.name[0], given: ['Claire', 'Anne'] }] }, false],
    ['has a place of birth', { extension: [{ url: 'urn:x', valueCode: 'x' }] }, false],
    ['has an address as its place of birth', { extension: [birthPlace({ valueString: 'Lyon' })] }, false],
    ['has the OID of its identifier', { identifier: [identifier('INS-NIR', 9)] }, false],
    ['may be validated', { extension: [...whole.extension, reliability('VALI')] }, true],
    ['is validated only with an official INS', { ...validated, identifier: [{ ...ins, use: 'old' }] }, false],
    ['is provisional without one', { ...provisional, identifier: [{ ...ins, use: 'old' }] }, true],
    ['is validated with one official identifier', { ...validated, identifier: [ins, { ...ins, value: '2' }] }, false],
  ])('%s', (_, change, isValid) => expect(places(patient({ ...whole, ...change })).length === 0).toBe(isValid));
});
