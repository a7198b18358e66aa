/**
 * The public holidays of France by territory, computed for any year: fixed days, and days counted from Easter. Pure.
 * Facts: code du travail L. 3133-1, L. 3134-13 (Alsace and Moselle), L. 3422-2 (end of slavery overseas), and the
 * local acts of the Pacific. docs/cabinet.md lists what usage adds.
 */
export const TERRITORIES = [
  'metropole',
  'alsace-moselle',
  'guadeloupe',
  'martinique',
  'guyane',
  'la-reunion',
  'saint-pierre-et-miquelon',
  'mayotte',
  'saint-barthelemy',
  'saint-martin',
  'wallis-et-futuna',
  'polynesie-francaise',
  'nouvelle-caledonie',
] as const;

export type HolidayTerritory = (typeof TERRITORIES)[number];

export interface PublicHoliday {
  code: string;
  /** `2026-12-25` */
  date: string;
  /** For people: `Noël`. */
  name: string;
}

interface HolidayDefinition {
  code: string;
  name: string;
  /** `12-25`, or the days after Easter Sunday. */
  on: string | number;
  /** All, where it names none. */
  territories?: readonly HolidayTerritory[];
  from?: number;
  until?: number;
}

const SLAVERY = { code: 'abolition', name: 'Abolition de l’esclavage' };

const HOLIDAYS: readonly HolidayDefinition[] = [
  { code: 'nouvel-an', name: 'Jour de l’an', on: '01-01' },
  { code: 'evangile', name: 'Arrivée de l’Évangile', on: '03-05', territories: ['polynesie-francaise'] },
  {
    code: 'vendredi-saint',
    name: 'Vendredi saint',
    on: -2,
    territories: ['alsace-moselle', 'polynesie-francaise'],
  },
  { code: 'lundi-paques', name: 'Lundi de Pâques', on: 1 },
  { ...SLAVERY, on: '04-27', territories: ['mayotte'] },
  { code: 'saint-pierre-chanel', name: 'Saint Pierre Chanel', on: '04-28', territories: ['wallis-et-futuna'] },
  { code: 'travail', name: 'Fête du Travail', on: '05-01' },
  { code: 'victoire', name: 'Victoire de 1945', on: '05-08' },
  { ...SLAVERY, on: '05-22', territories: ['martinique'] },
  { ...SLAVERY, on: '05-27', territories: ['guadeloupe'] },
  { ...SLAVERY, on: '05-28', territories: ['saint-martin'] },
  { code: 'ascension', name: 'Ascension', on: 39 },
  { code: 'lundi-pentecote', name: 'Lundi de Pentecôte', on: 50 },
  { ...SLAVERY, on: '06-10', territories: ['guyane'] },
  { code: 'saints-pierre-et-paul', name: 'Saints Pierre et Paul', on: '06-29', territories: ['wallis-et-futuna'] },
  {
    code: 'autonomie',
    name: 'Fête de l’autonomie',
    on: '06-29',
    territories: ['polynesie-francaise'],
    until: 2025,
  },
  { code: 'fete-nationale', name: 'Fête nationale', on: '07-14' },
  { code: 'territoire', name: 'Fête du territoire', on: '07-29', territories: ['wallis-et-futuna'] },
  { code: 'assomption', name: 'Assomption', on: '08-15' },
  { code: 'citoyennete', name: 'Fête de la citoyenneté', on: '09-24', territories: ['nouvelle-caledonie'] },
  { ...SLAVERY, on: '10-09', territories: ['saint-barthelemy'] },
  { code: 'toussaint', name: 'Toussaint', on: '11-01' },
  { code: 'armistice', name: 'Armistice de 1918', on: '11-11' },
  { code: 'matarii', name: 'Matari’i', on: '11-20', territories: ['polynesie-francaise'], from: 2026 },
  { ...SLAVERY, on: '12-20', territories: ['la-reunion'] },
  { code: 'noel', name: 'Noël', on: '12-25' },
  { code: 'saint-etienne', name: 'Saint-Étienne', on: '12-26', territories: ['alsace-moselle'] },
];

export const HOLIDAY_CODES: ReadonlySet<string> = new Set(HOLIDAYS.map(({ code }) => code));

const DAY_MS = 86_400_000;

/** Years that agendas ask for are few; callers who ask about all of history start over. */
const MAX_KNOWN_YEARS = 400;
const known = new Map<string, readonly PublicHoliday[]>();

/** In the order of the year. */
export function publicHolidays(territory: HolidayTerritory, year: number): readonly PublicHoliday[] {
  const key = `${territory} ${year}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const easter = easterSunday(year);
  const holidays = HOLIDAYS.filter(
    ({ territories, from = year, until = year }) =>
      (territories?.includes(territory) ?? true) && from <= year && year <= until,
  )
    .map(({ code, name, on }) => {
      const date = typeof on === 'string' ? `${String(year).padStart(4, '0')}-${on}` : dateOf(easter + on * DAY_MS);
      return { code, name, date };
    })
    .sort((a, b) => (a.date < b.date ? -1 : 1));
  if (known.size >= MAX_KNOWN_YEARS) known.clear();
  known.set(key, holidays);
  return holidays;
}

const dateOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);

/** Midnight in UTC of Easter Sunday, by the rule of Meeus, Jones and Butcher for the Gregorian calendar. */
function easterSunday(year: number): number {
  const golden = year % 19;
  const century = Math.floor(year / 100);
  const skipped = century - Math.floor(century / 4) - Math.floor((century - Math.floor((century + 8) / 25) + 1) / 3);
  const epact = (19 * golden + skipped + 15) % 30;
  const leap = 32 + 2 * (century % 4) + 2 * Math.floor((year % 100) / 4);
  const weekday = (leap - epact - ((year % 100) % 4)) % 7;
  const correction = Math.floor((golden + 11 * epact + 22 * weekday) / 451);
  const count = epact + weekday - 7 * correction + 114;
  return Date.UTC(year, Math.floor(count / 31) - 1, (count % 31) + 1);
}

export function isTerritory(code: unknown): code is HolidayTerritory {
  return TERRITORIES.some((territory) => territory === code);
}

/** By the beginning of the postal code, the longest first. */
const BY_POSTAL_CODE: readonly (readonly [prefix: string, territory: HolidayTerritory])[] = [
  ['97133', 'saint-barthelemy'],
  ['97150', 'saint-martin'],
  ['971', 'guadeloupe'],
  ['972', 'martinique'],
  ['973', 'guyane'],
  ['974', 'la-reunion'],
  ['975', 'saint-pierre-et-miquelon'],
  ['976', 'mayotte'],
  ['977', 'saint-barthelemy'],
  ['978', 'saint-martin'],
  ['986', 'wallis-et-futuna'],
  ['987', 'polynesie-francaise'],
  ['988', 'nouvelle-caledonie'],
  ['57', 'alsace-moselle'],
  ['67', 'alsace-moselle'],
  ['68', 'alsace-moselle'],
];

/** The territory in which a place lies: metropolitan France, where the code says nothing else. */
export function territoryOf(postalCode: string | undefined): HolidayTerritory {
  const code = (postalCode ?? '').trim();
  return BY_POSTAL_CODE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'metropole';
}
