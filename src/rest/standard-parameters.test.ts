/** Which of our search parameters have a published definition, and which are ours. */
import { expect, it } from 'vitest';
import { SEARCHED_TYPES, searchParameters } from '../fhir/search/parameters.ts';
import { DEFINITION_TYPES } from '../fhir/search/tables/definitions.ts';
import { standardParameter } from './standard-parameters.ts';

/** Parameters that neither R4 nor a guide defines: any other needs its published definition. */
const OURS = [
  'Appointment category',
  'Appointment operator',
  'Appointment requested-period',
  'Appointment start',
  'PractitionerRole address',
  'PractitionerRole name',
  'PractitionerRole near',
  'Schedule offered-service',
  // R4 has it as a reference.
  'StructureDefinition base',
];

it('each parameter has the definition of R4 or of a guide, or is one of ours', () => {
  const own = [...SEARCHED_TYPES, ...DEFINITION_TYPES].flatMap((type) =>
    [...searchParameters(type).keys()]
      .filter((name) => standardParameter(type, name) === undefined)
      .map((name) => `${type} ${name}`),
  );
  expect(own.sort()).toEqual(OURS);
});

it.each([
  ['Slot', '_id', 'http://hl7.org/fhir/SearchParameter/Resource-id'],
  ['Patient', 'family', 'http://hl7.org/fhir/SearchParameter/individual-family'],
  ['DocumentReference', 'patient', 'http://hl7.org/fhir/SearchParameter/clinical-patient'],
  ['DocumentReference', 'related', 'http://hl7.org/fhir/SearchParameter/DocumentReference-related'],
  ['CodeSystem', 'identifier', 'http://hl7.org/fhir/SearchParameter/conformance-identifier'],
  ['CodeSystem', 'system', 'http://hl7.org/fhir/SearchParameter/CodeSystem-system'],
  ['Appointment', 'created', 'https://interop.esante.gouv.fr/ig/fhir/gap/SearchParameter/GAP-Appointment-created'],
  [
    'Slot',
    'service-type-reference',
    'https://interop.esante.gouv.fr/ig/fhir/sas/SearchParameter/cptsslot-sp-servicetype',
  ],
])('%s?%s= is defined by %s', (type, name, url) => {
  expect(standardParameter(type, name)).toBe(url);
});
