/** The matcher in memory against the independent oracle, and the cases that the oracle does not know. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clause, naive } from '../../../test/naive-search.ts';
import { queries, queryText, resources } from '../../../test/random-search.ts';
import type { Resource } from '../resource.ts';
import { instantMatches, matches } from './match.ts';
import { parseSearch } from './parse.ts';

const QUERIES = 2000;
const isChained = ({ name }: Clause): boolean => name.includes('.') || name.startsWith('_has:');

/** Does the resource satisfy every criterion of this query? */
function isFound(resource: Resource, query: string): boolean {
  const { criteria, warnings } = parseSearch(resource.resourceType, query, { strict: true });
  expect(warnings).toEqual([]);
  return criteria.every((criterion) => matches(criterion, resource));
}

it(`${QUERIES} random searches find what the oracle finds`, () => {
  const all: Resource[] = resources();
  let found = 0;
  let asked = 0;
  for (const { type, clauses } of fc.sample(queries, { numRuns: QUERIES, seed: 20261130 })) {
    const own = clauses.filter((clause) => !isChained(clause));
    if (own.length === 0) continue;
    const query = queryText(own);
    const { criteria } = parseSearch(type, query, { strict: true });
    const ids = all
      .filter(({ resourceType }) => resourceType === type)
      .filter((resource) => criteria.every((criterion) => matches(criterion, resource)))
      .map(({ id }) => id);
    expect({ query, ids }).toEqual({ query, ids: naive(all, type, own) });
    found += ids.length;
    asked++;
  }
  expect(asked, 'most searches ask for more than chains').toBeGreaterThan(QUERIES / 2);
  expect(found, 'the searches are not all empty').toBeGreaterThan(QUERIES);
});

describe('cases that the oracle does not know', () => {
  const slot: Resource = {
    resourceType: 'Slot',
    id: 'a',
    serviceType: [
      { coding: [{ system: 'urn:s', code: '1', display: 'Vaccination anti-grippe' }] },
      { text: 'Consultation' },
    ],
    specialty: [{ text: 'Sage-femme' }],
    start: '2026-12-01T10:00:00+01:00',
    status: 'free',
  };
  const place: Resource = {
    resourceType: 'Location',
    id: 'p',
    meta: { lastUpdated: '2026-12-01T10:00:00.000Z' },
    position: { latitude: 48.8566, longitude: 2.3522 },
    managingOrganization: { identifier: { system: 'urn:o', value: '7' } },
  };

  it.each([
    ['_id=a', true],
    ['_id=urn:x|a', true],
    ['_id=b', false],
    ['_id:not=b,c', true],
    ['service-type:text=vaccination%20anti', true],
    ['service-type:text=CONSULT', true],
    ['service-type:text=grippe', false],
    ['service-type=urn:s|', true],
    ['service-type=|1', false],
    ['service-type:not=urn:s|1', false],
    ['service-type:missing=false', true],
    ['specialty:missing=false', true],
    ['appointment-type:missing=true', true],
    ['start=ap2026-12-01', true],
    ['start=ap2026-11', true],
    ['start=eq2026-11', false],
    ['start=ap2026-12-02', false],
  ])('Slot?%s: %s', (query, expected) => expect(isFound(slot, query)).toBe(expected));

  it.each([
    ['_lastUpdated=ge2026-12-01', true],
    ['_lastUpdated=lt2026-12-01', false],
    ['near=48.85|2.35|1|km', true],
    ['near=48.85|2.35|100|m', false],
    ['near=45|5', false],
    ['organization:identifier=urn:o|7', true],
    ['organization:identifier=urn:o|8', false],
    ['organization:missing=false', true],
  ])('Location?%s: %s', (query, expected) => expect(isFound(place, query)).toBe(expected));

  it('a chain is refused, not ignored', () => {
    const [criterion] = parseSearch('Slot', 'schedule.actor:Practitioner.identifier=1', { strict: true }).criteria;
    expect(() => matches(criterion!, slot)).toThrow(/not searched by chains/);
  });

  it('an instant is the first millisecond of its second', () => {
    const values = [{ kind: 'date', prefix: 'gt', start: 0, end: 1000 }] as const;
    expect([999, 1000].map((at) => instantMatches(values, at))).toEqual([false, true]);
  });
});
