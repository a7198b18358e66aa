/** The parameters of INT_L01, in their published and in their odd forms. */
import { describe, expect, it } from 'vitest';
import { readSearchParams, type SearchParams } from './params.ts';

describe('a search that a dispatch software opens', () => {
  it.each<[string, Record<string, unknown>, SearchParams]>([
    ['names a doctor by RPPS', { practitioner: 'urn:oid:1.2.250.1.71.4.2.1|810000000001' }, { ids: '810000000001' }],
    ['names a doctor freely', { practitioner: 'Vasseur', specialty: 'Pédiatrie' }, { name: 'Vasseur' }],
    [
      'names a doctor by something else',
      { practitioner: 'urn:oid:1.2.3|4' },
      { specialty: 'SM54', unread: 'urn:oid:1.2.3|4' },
    ],
    ['names a specialty by code', { specialty: 'urn:oid:1.2.250.1.213.2.28|SM40' }, { specialty: 'SM40' }],
    ['names a specialty by its words', { specialty: 'pédiatrie' }, { specialty: 'SM40' }],
    ['names no specialty', {}, { specialty: 'SM54' }],
    ['names a specialty of another list', { specialty: 'urn:oid:1.2.3|X' }, { specialty: 'SM54' }],
    [
      'names a commune, which wins over the city',
      { inseecode: 1004, city: 'Lyon' },
      { specialty: 'SM54', town: '01004' },
    ],
    [
      'names a city and a street',
      { city: 'Lyon', streetnumber: '12 bis', streetname: 'rue Haute' },
      { specialty: 'SM54', town: 'Lyon', street: '12 rue Haute' },
    ],
    ['names a number without a street', { city: 'Lyon', streetnumber: '12' }, { specialty: 'SM54', town: 'Lyon' }],
  ])('%s', (_, raw, wanted) => {
    expect(readSearchParams({ origin: 'TEST-SAMU330', ...raw })).toEqual(wanted);
  });

  it('is an ordinary search without an origin', () =>
    expect(readSearchParams({ practitioner: 'Vasseur', city: 'Lyon' })).toMatchObject({
      name: undefined,
      town: undefined,
    }));
});
