/** A FHIRPath Patch that is not a list of parameters with names is refused (400), and never a fault of ours. */
import { expect, it } from 'vitest';
import { applyFhirPathPatch } from './fhirpath-patch.ts';

it.each([
  ['an object', { name: 'operation' }],
  ['a text', 'operation'],
  ['nothing', null],
  ['a list of nothing', [null]],
  ['a list of texts', ['operation']],
  ['a list of lists', [[]]],
  ['a parameter without a name', [{ part: [] }]],
  ['parts that are an object', [{ name: 'operation', part: { name: 'type' } }]],
  ['a part that is nothing', [{ name: 'operation', part: [null] }]],
  ['a part of a part that is a text', [{ name: 'operation', part: [{ name: 'value', part: 'x' }] }]],
])('%s', (_what, parameter) => {
  const patch = { resourceType: 'Parameters', parameter };
  expect(() => applyFhirPathPatch({ resourceType: 'Patient', id: '1' }, patch)).toThrow(
    expect.objectContaining({ code: 'structure', status: 400 }),
  );
});
