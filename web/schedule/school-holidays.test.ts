/** The school holidays that are shipped: whole, in order, and those of the zone in which a place lies. */
import { describe, expect, it } from 'vitest';
import { SCHOOL_HOLIDAYS, SCHOOL_ZONES, schoolHolidaysFrom, schoolZoneOf } from './school-holidays.ts';

const DAY_MS = 86_400_000;
const lengthOf = ({ first, last }: { first: string; last: string }): number =>
  (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;

describe('the school holidays', () => {
  it('last sixteen days, except in summer and around the first of May', () => {
    const others = SCHOOL_HOLIDAYS.filter((holiday) => lengthOf(holiday) !== 16);
    expect(others.map(({ period, year, zones }) => `${period} ${year} ${zones.join('')}`)).toEqual([
      'summer 2027 ABC',
      'spring 2028 C',
    ]);
  });

  it('begin on a Saturday, and end on the day before school', () => {
    for (const { first } of SCHOOL_HOLIDAYS) expect(new Date(first).getUTCDay(), first).toBe(6);
  });

  it.each(SCHOOL_ZONES)('of zone %s follow each other', (zone) => {
    const own = schoolHolidaysFrom(zone, '2026-01-01');
    for (const [i, { first }] of own.entries()) if (i > 0) expect(first > own[i - 1]!.last).toBe(true);
  });

  it('of the mainland differ in winter and in spring', () => {
    const winters = (['A', 'B', 'C'] as const).map(
      (zone) => schoolHolidaysFrom(zone, '2027-01-05').find(({ period }) => period === 'winter')!.first,
    );
    expect(winters).toEqual(['2027-02-13', '2027-02-20', '2027-02-06']);
  });

  it('that are not known are not made up', () => {
    expect(schoolHolidaysFrom('corse', '2026-01-01')).toEqual([]);
    expect(schoolHolidaysFrom('A', '2028-01-10')).toEqual([]);
    expect(schoolHolidaysFrom('B', '2028-06-01')).toEqual([]);
  });
});

describe('the zone of a place', () => {
  it.each([
    ['69001', 'A'],
    ['33000', 'A'],
    ['35000', 'B'],
    ['13001', 'B'],
    ['67000', 'B'],
    ['75011', 'C'],
    ['31000', 'C'],
    ['20090', 'corse'],
    ['97400', 'outre-mer'],
    ['', undefined],
  ])('at %s is %s', (postalCode, zone) => {
    expect(schoolZoneOf(postalCode)).toBe(zone);
  });

  it('is known for each of the 94 departments of the mainland', () => {
    const codes = Array.from({ length: 95 }, (_, i) => String(i + 1).padStart(2, '0')).filter((code) => code !== '20');
    expect(codes.filter((code) => schoolZoneOf(`${code}000`) === undefined)).toEqual([]);
  });
});
