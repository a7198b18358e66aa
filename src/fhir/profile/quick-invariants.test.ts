/** Each constraint said in code says what its FHIRPath says, over values that have, lack and mix what it looks at. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invariantOf } from '../definitions.ts';
import { evaluate } from '../fhirpath.ts';
import type { Json, Resource } from '../resource.ts';
import { QUICK } from './quick-invariants.ts';

const maybe = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.option(value, { nil: undefined });
const record = (parts: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
  fc.record(parts).map((value) => Object.fromEntries(Object.entries(value).filter(([, value]) => value !== undefined)));
const instant = fc.constantFrom(
  '2026-01-01T08:00:00+01:00',
  '2026-01-01T07:00:00Z',
  '2026-01-01T07:30:00Z',
  '2026-01-02T00:00:00Z',
);
const date = fc.constantFrom('2026', '2025', '2026-01', '2026-02', '2026-01-01', '2026-01-02', '2025-12-31');

const slot = record({
  resourceType: fc.constant('Slot'),
  id: maybe(fc.constantFrom('a', 'b')),
  meta: maybe(record({ versionId: maybe(fc.constantFrom('1', '2')), security: maybe(fc.constant([{ code: 'x' }])) })),
  status: fc.constant('free'),
});
const entry = record({
  fullUrl: maybe(fc.constantFrom('urn:a', 'urn:b', 'http://x/Slot/1/_history/2')),
  resource: maybe(slot),
  search: maybe(fc.constant({ mode: 'match' })),
  request: maybe(fc.constant({ method: 'GET', url: 'Slot' })),
  response: maybe(fc.constant({ status: '200' })),
});
const bundle = record({
  resourceType: fc.constant('Bundle'),
  type: fc.constantFrom('searchset', 'history', 'batch', 'transaction', 'batch-response', 'document', 'collection'),
  total: maybe(fc.constant(1)),
  identifier: maybe(record({ system: maybe(fc.constant('urn:s')), value: maybe(fc.constant('1')) })),
  timestamp: maybe(instant),
  entry: maybe(fc.array(entry, { minLength: 1, maxLength: 3 })),
});
const text = maybe(fc.constant({ status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' }));
const reference = record({
  reference: maybe(fc.constantFrom('#a', '#b', 'Patient/1')),
  display: maybe(fc.constant('x')),
});
const schedule = record({
  resourceType: fc.constant('Schedule'),
  id: fc.constantFrom('a', 'z'),
  text,
  contained: maybe(
    fc.array(
      slot.map((slot) => ({ id: 'a', ...slot })),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  actor: fc.array(reference, { minLength: 1, maxLength: 2 }),
});
const appointment = record({
  resourceType: fc.constant('Appointment'),
  status: fc.constantFrom('proposed', 'booked', 'cancelled', 'noshow', 'waitlist'),
  start: maybe(instant),
  end: maybe(instant),
  cancelationReason: maybe(fc.constant({ text: 'x' })),
});
const organization = record({
  resourceType: fc.constant('Organization'),
  identifier: maybe(fc.constant([{ value: '1' }])),
  name: maybe(fc.constant('x')),
  active: maybe(fc.boolean()),
});

/** Key -> what it is asked of, and the type of that when it is a fragment. */
const ASKED: Record<string, [fc.Arbitrary<Json>, base?: string]> = {
  ...Object.fromEntries(['dom-2', 'dom-3', 'dom-4', 'dom-5', 'dom-6'].map((key) => [key, [schedule]])),
  ...Object.fromEntries(['bdl-1', 'bdl-2', 'bdl-3', 'bdl-4', 'bdl-7', 'bdl-9', 'bdl-10'].map((key) => [key, [bundle]])),
  ...Object.fromEntries(['app-2', 'app-3', 'app-4'].map((key) => [key, [appointment]])),
  'bdl-5': [entry, 'Bundle.entry'],
  'bdl-8': [entry, 'Bundle.entry'],
  'app-1': [
    record({ type: maybe(fc.constant([{ text: 'x' }])), actor: maybe(reference), status: fc.constant('accepted') }),
    'Appointment.participant',
  ],
  'org-1': [organization],
  'org-2': [record({ use: maybe(fc.constantFrom('home', 'work')), city: fc.constant('x') }), 'Address'],
  'org-3': [record({ use: maybe(fc.constantFrom('home', 'work')), value: fc.constant('x') }), 'ContactPoint'],
  'cpt-2': [record({ system: maybe(fc.constant('phone')), value: maybe(fc.constant('1')) }), 'ContactPoint'],
  'per-1': [
    fc.oneof(record({ start: maybe(instant), end: maybe(instant) }), record({ start: maybe(date), end: maybe(date) })),
    'Period',
  ],
};

describe('constraints said in code', () => {
  it('are all tried', () => {
    expect(
      Object.keys(QUICK)
        .filter((key) => key !== 'ref-1')
        .sort(),
    ).toEqual(Object.keys(ASKED).sort());
  });

  it.each(Object.entries(ASKED))('%s', (key, [values, base]) => {
    const { expression } = invariantOf(key)!;
    fc.assert(
      fc.property(values, (value) => {
        const variables =
          base === undefined ? { resource: value, rootResource: value } : { resource: {}, rootResource: {} };
        const [said] = evaluate(expression, value, base, variables);
        expect(QUICK[key]!(value, value as Resource)).toBe(said ?? true);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it('ref-1: a contained resource, its container, and a resource elsewhere', () => {
    const root = { resourceType: 'Schedule', id: 'z', contained: [{ resourceType: 'Slot', id: 'a' }] };
    const { expression } = invariantOf('ref-1')!;
    for (const reference of ['#a', '#b', 'Patient/1', 'urn:uuid:1', undefined]) {
      const value = reference === undefined ? { display: 'x' } : { reference };
      const [said] = evaluate(expression, value, 'Reference', { resource: root, rootResource: root });
      expect([reference, QUICK['ref-1']!(value, root)]).toEqual([reference, said ?? true]);
    }
  });
});
