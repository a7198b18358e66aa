/** Public holidays against the dates that were published, and the rule of Easter against a table of another source. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicHolidays, TERRITORIES, type HolidayTerritory, territoryOf } from './public-holidays.ts';

const datesOf = (territory: HolidayTerritory, year: number): string[] =>
  publicHolidays(territory, year).map(({ date }) => date.slice(5));

/** The eleven days of code du travail L. 3133-1, as service-public.fr publishes them. */
const PUBLISHED: Record<number, string> = {
  2024: '01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25',
  2025: '01-01 04-21 05-01 05-08 05-29 06-09 07-14 08-15 11-01 11-11 12-25',
  2026: '01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25',
  2027: '01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25',
  2028: '01-01 04-17 05-01 05-08 05-25 06-05 07-14 08-15 11-01 11-11 12-25',
};

/** The days of each territory beside them, in 2027. */
const BESIDE: Record<HolidayTerritory, string[]> = {
  metropole: [],
  'alsace-moselle': ['03-26', '12-26'],
  guadeloupe: ['05-27'],
  martinique: ['05-22'],
  guyane: ['06-10'],
  'la-reunion': ['12-20'],
  'saint-pierre-et-miquelon': [],
  mayotte: ['04-27'],
  'saint-barthelemy': ['10-09'],
  'saint-martin': ['05-28'],
  'wallis-et-futuna': ['04-28', '06-29', '07-29'],
  'polynesie-francaise': ['03-05', '03-26', '11-20'],
  'nouvelle-caledonie': ['09-24'],
};

describe('the public holidays', () => {
  it.each(Object.entries(PUBLISHED))('of metropolitan France in %s are the published ones', (year, dates) => {
    expect(datesOf('metropole', Number(year)).join(' ')).toBe(dates);
  });

  it.each(TERRITORIES)('of %s are those of metropolitan France and its own', (territory) => {
    const common = PUBLISHED[2027]!.split(' ');
    expect(datesOf(territory, 2027)).toEqual([...common, ...BESIDE[territory]].sort());
  });

  it('of one day are two where Ascension falls on the eighth of May', () => {
    const names = publicHolidays('metropole', 1997)
      .filter(({ date }) => date === '1997-05-08')
      .map(({ code }) => code);
    expect(names.sort()).toEqual(['ascension', 'victoire']);
  });

  it('have Easter between 22 March and 25 April, on a Sunday, in every year', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1583, max: 9998 }), (year) => {
        const monday = publicHolidays('metropole', year).find(({ code }) => code === 'lundi-paques')!.date;
        const sunday = new Date(Date.parse(monday) - 86_400_000);
        expect(sunday.getUTCDay()).toBe(0);
        const day = sunday.toISOString().slice(5, 10);
        expect(day >= '03-22' && day <= '04-25').toBe(true);
        expect(sunday.getTime()).toBe(easterByFullMoon(year));
      }),
    );
  });
});

/**
 * Another way to Easter: the Sunday after the ecclesiastical full moon, by golden number and epact (inter gravissimas).
 */
function easterByFullMoon(year: number): number {
  const golden = (year % 19) + 1;
  const century = Math.floor(year / 100) + 1;
  const solar = Math.floor((3 * century) / 4) - 12;
  const lunar = Math.floor((8 * century + 5) / 25) - 5;
  let epact = (((11 * golden + 20 + lunar - solar) % 30) + 30) % 30;
  if ((epact === 25 && golden > 11) || epact === 24) epact++;
  const moon = 44 - epact;
  const day = moon < 21 ? moon + 30 : moon;
  const fullMoon = Date.UTC(year, 2, day);
  const weekday = new Date(fullMoon).getUTCDay();
  return fullMoon + (7 - weekday) * 86_400_000;
}

describe('the territory of a place', () => {
  it.each([
    ['35000', 'metropole'],
    ['20090', 'metropole'],
    ['67000', 'alsace-moselle'],
    ['57000', 'alsace-moselle'],
    ['97110', 'guadeloupe'],
    ['97133', 'saint-barthelemy'],
    ['97150', 'saint-martin'],
    ['97200', 'martinique'],
    ['97300', 'guyane'],
    ['97400', 'la-reunion'],
    ['97500', 'saint-pierre-et-miquelon'],
    ['97600', 'mayotte'],
    ['98600', 'wallis-et-futuna'],
    ['98714', 'polynesie-francaise'],
    ['98800', 'nouvelle-caledonie'],
    ['', 'metropole'],
  ])('at %s is %s', (postalCode, territory) => {
    expect(territoryOf(postalCode)).toBe(territory);
  });
});
