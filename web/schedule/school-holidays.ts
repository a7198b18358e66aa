/**
 * The school holidays that are known, by zone, as seasons of a typical week. Each lasts from the first Saturday
 * without class to the day before the pupils come back; they leave the evening before.
 *
 * Copied on 1 December 2026 from public copies of service-public.fr, « Calendrier scolaire » (F31952, of 2 September
 * 2026), not from the Journal officiel: 2026-2027 for zones B and C, 2027-2028 for B and C. Winter and spring of 2027
 * in zone A follow from the order of the zones (C, A, B, a week apart) and are to be checked. Winter and spring of
 * 2028 in zone A, the summer of 2028, Corsica and the territories overseas are not known here: people type the dates.
 */
export const SCHOOL_ZONES = ['A', 'B', 'C', 'corse', 'outre-mer'] as const;
export type SchoolZone = (typeof SCHOOL_ZONES)[number];

export interface SchoolHoliday {
  period: 'autumn' | 'christmas' | 'winter' | 'spring' | 'summer';
  /** Of its first day. */
  year: number;
  zones: readonly SchoolZone[];
  /** `2027-02-20` */
  first: string;
  last: string;
}

const MAINLAND = ['A', 'B', 'C'] as const;

export const SCHOOL_HOLIDAYS: readonly SchoolHoliday[] = [
  { period: 'autumn', year: 2026, zones: MAINLAND, first: '2026-10-17', last: '2026-11-01' },
  { period: 'christmas', year: 2026, zones: MAINLAND, first: '2026-12-19', last: '2027-01-03' },
  { period: 'winter', year: 2027, zones: ['C'], first: '2027-02-06', last: '2027-02-21' },
  { period: 'winter', year: 2027, zones: ['A'], first: '2027-02-13', last: '2027-02-28' },
  { period: 'winter', year: 2027, zones: ['B'], first: '2027-02-20', last: '2027-03-07' },
  { period: 'spring', year: 2027, zones: ['C'], first: '2027-04-03', last: '2027-04-18' },
  { period: 'spring', year: 2027, zones: ['A'], first: '2027-04-10', last: '2027-04-25' },
  { period: 'spring', year: 2027, zones: ['B'], first: '2027-04-17', last: '2027-05-02' },
  { period: 'summer', year: 2027, zones: MAINLAND, first: '2027-07-03', last: '2027-09-01' },
  { period: 'autumn', year: 2027, zones: MAINLAND, first: '2027-10-23', last: '2027-11-07' },
  { period: 'christmas', year: 2027, zones: MAINLAND, first: '2027-12-18', last: '2028-01-02' },
  { period: 'winter', year: 2028, zones: ['B'], first: '2028-02-05', last: '2028-02-20' },
  { period: 'winter', year: 2028, zones: ['C'], first: '2028-02-12', last: '2028-02-27' },
  { period: 'spring', year: 2028, zones: ['B'], first: '2028-04-01', last: '2028-04-16' },
  { period: 'spring', year: 2028, zones: ['C'], first: '2028-04-15', last: '2028-05-01' },
];

/** Departments by the zone of their academy. */
const DEPARTMENTS: Readonly<Record<'A' | 'B' | 'C', string>> = {
  A: '01 03 07 15 16 17 19 21 23 24 25 26 33 38 39 40 42 43 47 58 63 64 69 70 71 73 74 79 86 87 89 90',
  B:
    '02 04 05 06 08 10 13 14 18 22 27 28 29 35 36 37 41 44 45 49 50 51 52 53 54 55 56 57 59 60 61 62 67 68 72 76 80 ' +
    '83 84 85 88',
  C: '09 11 12 30 31 32 34 46 48 65 66 75 77 78 81 82 91 92 93 94 95',
};

/** The zone of a place; `undefined` where the postal code says nothing. */
export function schoolZoneOf(postalCode: string | undefined): SchoolZone | undefined {
  const department = (postalCode ?? '').slice(0, 2);
  if (department === '20') return 'corse';
  if (department === '97' || department === '98') return 'outre-mer';
  return MAINLAND.find((zone) => department.length === 2 && DEPARTMENTS[zone].split(' ').includes(department));
}

/** Those of a zone that are not over on a day. */
export function schoolHolidaysFrom(zone: SchoolZone, day: string): SchoolHoliday[] {
  return SCHOOL_HOLIDAYS.filter(({ zones, last }) => zones.includes(zone) && last >= day);
}
