/** The profiles that contained resources declare. */
import { expect, it } from 'vitest';
import type { Json, Resource } from '../resource.ts';
import { Terminology } from '../terminology/terminology.ts';
import { Validator } from './validate.ts';

const PLACE = {
  url: 'urn:test:place',
  name: 'Place',
  type: 'Location',
  base: 'http://hl7.org/fhir/StructureDefinition/Location',
  elements: [{ id: 'Location.name', min: 1 }],
};

it('a contained resource is held to the profiles that it declares', () => {
  const role = (more: Json): Resource => ({
    resourceType: 'PractitionerRole',
    contained: [{ resourceType: 'Location', id: 'p', meta: { profile: ['urn:test:place'] }, ...more }],
    location: [{ reference: '#p' }],
  });
  const errors = (resource: Resource): string[] =>
    new Validator([PLACE], new Terminology())
      .validate(resource)
      .filter(({ severity }) => severity === 'error')
      .map(({ expression, diagnostics }) => `${expression} ${diagnostics}`);
  expect(errors(role({ name: 'Cabinet' }))).toEqual([]);
  expect(errors(role({}))).toEqual([expect.stringMatching(/^PractitionerRole\.contained\[0\] name is there 0 times/)]);
});
