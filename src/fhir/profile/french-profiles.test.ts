/**
 * Profiles of FR Core, of the national directory and of the Subscriptions Backport: one fault each, and the form that
 * is right.
 */
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

describe('a patient of FR Core', () => {
  const HL7 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
  const nss = {
    use: 'official',
    type: { coding: [{ system: HL7, code: 'NH' }] },
    system: 'urn:oid:1.2.250.1.213.1.4.8',
    value: '2600588154002',
  };
  const french = (more: Json): string[] => places(patient({ meta: { profile: [`${FR}fr-core-patient`] }, ...more }));
  it.each<[string, Json, number]>([
    ['with its number', { identifier: [nss] }, 0],
    ['with an identifier of another type', { identifier: [{ system: 'urn:x', value: '1' }] }, 0],
    ['with two numbers', { identifier: [nss, nss] }, 1],
    ['with a number of another use', { identifier: [{ ...nss, use: 'usual' }] }, 1],
    ['with a number of another system', { identifier: [{ ...nss, system: 'urn:x' }] }, 1],
    ['with a number without a value', { identifier: [{ ...nss, value: undefined }] }, 1],
    ['with a name of birth without a first name', { name: [{ use: 'official', family: 'Martin' }] }, 1],
    ['with a name in use without a first name', { name: [{ use: 'usual', family: 'Martin' }] }, 0],
  ])('%s', (_, more, faults) => expect(french(more)).toHaveLength(faults));
});

describe('the profiles of the national directory', () => {
  const AS = 'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/';
  const NOS = 'https://mos.esante.gouv.fr/NOS/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice';
  const mode = { system: NOS, code: 'L' };
  const of = (name: string, resource: Json): string[] => places({ meta: { profile: [`${AS}${name}`] }, ...resource });
  const person = { practitioner: { reference: 'Practitioner/p' } };
  const national = { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1690000011' };
  it.each<[string, string, Json, number]>([
    ['a role', 'as-practitionerrole', { resourceType: 'PractitionerRole', ...person, code: [{ coding: [mode] }] }, 0],
    ['a role of nobody', 'as-practitionerrole', { resourceType: 'PractitionerRole' }, 1],
    [
      'a role in two modes',
      'as-practitionerrole',
      { resourceType: 'PractitionerRole', ...person, code: [{ coding: [mode, { ...mode, code: 'S' }] }] },
      1,
    ],
    [
      'a professional without the type of the number',
      'as-practitioner',
      { resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000111' }] },
      1,
    ],
    ['a structure', 'as-organization', { resourceType: 'Organization', identifier: [national] }, 0],
    [
      'a structure with two national numbers',
      'as-organization',
      { resourceType: 'Organization', identifier: [national, { ...national, value: '1690000029' }] },
      1,
    ],
  ])('%s', (_, name, resource, faults) => expect(of(name, resource)).toHaveLength(faults));
});

describe('a subscription of the Backport', () => {
  const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';
  const content = { url: `${BACKPORT}/backport-payload-content`, valueCode: 'id-only' };
  const payload = 'application/fhir+json';
  it.each<[string, Json, string[]]>([
    ['with its content', { payload, _payload: { extension: [content] } }, []],
    ['without a word on the content', { payload }, ['Subscription.channel']],
    ['with two contents', { payload, _payload: { extension: [content, content] } }, ['Subscription.channel']],
    ['without payload', {}, ['Subscription.channel', 'Subscription.channel']],
  ])('%s', (_name, channel, where) => {
    const subscription = {
      resourceType: 'Subscription',
      meta: { profile: [`${BACKPORT}/backport-subscription`] },
      ...{ status: 'requested', reason: 'x', criteria: 'urn:x' },
      channel: { type: 'rest-hook', endpoint: 'https://x.example', ...channel },
    };
    expect(places(subscription)).toEqual(where);
  });
});
