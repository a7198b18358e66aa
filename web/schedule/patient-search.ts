/**
 * Finds patients as people say them on the telephone: names in any order, a telephone number, a date of birth, or some
 * of each. The text travels in the body of the search.
 */
import type { Patient } from '../../src/fhir/resources.ts';
import { search } from '../fhir/client.ts';
import { phoneForms, phoneOf } from '../ui/phone.ts';

/** The criteria of a search, by parameter; an array is several of one name. */
export type PatientCriteria = Record<string, readonly string[]>;

const MAX_WORDS = 5;
const MAX_FOUND = 12;
/** Written apart, with an apostrophe or a hyphen, or in one word: N'Diaye, Le Goff, D'Angelo. */
const PARTICLES = ['n', 'd', 'l', 'm', 'o', 'le', 'la', 'de', 'du', 'des', 'el', 'al', 'ben', 'van', 'saint'];

/** `undefined`: nothing that could be searched. */
export function patientCriteria(text: string): PatientCriteria | undefined {
  const dates = datesIn(text);
  const phone = phoneOf(dates.rest);
  const rest = phone === undefined ? dates.rest : '';
  // A comma would part two values of one parameter.
  const words = rest.split(/[\s,]+/).filter((word) => /\p{L}/u.test(word));
  const criteria: PatientCriteria = {
    ...(dates.found.length > 0 ? { birthdate: dates.found } : {}),
    ...(phone === undefined ? {} : { phone: [phoneForms(phone).join(',')] }),
    ...(words.length > 0 ? { 'name:contains': words.slice(0, MAX_WORDS).map(spellings) } : {}),
  };
  return Object.keys(criteria).length === 0 ? undefined : criteria;
}

/** `29/02/1948`, `29021948`, `1948-02-29` and `1948`, and the text without them. */
function datesIn(text: string): { found: string[]; rest: string } {
  const found: string[] = [];
  const keep = (_match: string, day: string, month: string, year: string): string => {
    found.push(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
    return ' ';
  };
  const rest = text
    .replace(/\b(\d{1,2})[/.-](\d{1,2})[/.-]((?:18|19|20)\d\d)\b/g, keep)
    .replace(/\b(\d\d)(\d\d)((?:18|19|20)\d\d)\b/g, keep)
    .replace(/\b((?:18|19|20)\d\d)-(\d\d)-(\d\d)\b/g, (match, year: string, month: string, day: string) =>
      keep(match, day, month, year),
    )
    .replace(/(?<![\d+] ?)\b((?:18|19|20)\d\d)\b(?! ?\d)/g, (year) => {
      found.push(year);
      return ' ';
    });
  return { found, rest };
}

/** The word, and how it reads with its particle apart. */
function spellings(word: string): string {
  const lower = word.toLocaleLowerCase('fr');
  const apart = PARTICLES.filter((particle) => lower.startsWith(particle) && lower.length >= particle.length + 3).map(
    (particle) => `${particle} ${lower.slice(particle.length)}`,
  );
  return [word, ...apart].join(',');
}

/** Patients who are merged into another record are left out. */
export async function findPatients(text: string, signal?: AbortSignal): Promise<Patient[]> {
  const criteria = patientCriteria(text);
  if (criteria === undefined) return [];
  return searchPatients(criteria, signal);
}

async function searchPatients(criteria: PatientCriteria, signal?: AbortSignal): Promise<Patient[]> {
  const { matches } = await search('Patient', { ...criteria, _count: String(MAX_FOUND) }, signal);
  return matches.filter(({ active }) => active !== false);
}

/** The identity of a person who may have a record already. */
export interface DeclaredPerson {
  family: string;
  given: string;
  birthDate: string;
  phone: string;
}

/**
 * Records that may be of this person: the same date of birth and a name that sounds alike, or the same telephone and
 * first name.
 */
export async function likelyRecords(person: DeclaredPerson, signal?: AbortSignal): Promise<Patient[]> {
  const { birthDate, phone } = person;
  const number = phoneOf(phone);
  const [sameDay, samePhone] = await Promise.all([
    birthDate === '' ? [] : searchPatients({ birthdate: [birthDate] }, signal),
    number === undefined ? [] : searchPatients({ phone: [phoneForms(number).join(',')] }, signal),
  ]);
  const likely = [
    ...sameDay.filter((patient) => soundsLike(patient, person, ['family'])),
    ...samePhone.filter((patient) => soundsLike(patient, person, ['given'])),
  ];
  return [...new Map(likely.map((patient) => [patient.id, patient])).values()];
}

function soundsLike({ name }: Patient, person: DeclaredPerson, parts: readonly ('family' | 'given')[]): boolean {
  return (name ?? []).some(({ family = '', given = [] }) =>
    parts.every((part) => soundOf(part === 'family' ? family : (given[0] ?? '')) === soundOf(person[part])),
  );
}

/** A name as it sounds in French, roughly: `Lefèvre`, `Lefebvre` and `LEFEVRE` are alike. */
export function soundOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/œ/g, 'e')
    .replace(/[^a-z]/g, '')
    .replace(/bv/g, 'v')
    .replace(/ph/g, 'f')
    .replace(/(?:eau|au)x?/g, 'o')
    .replace(/qu|k|ck/g, 'c')
    .replace(/[yi]/g, 'i')
    .replace(/h/g, '')
    .replace(/z/g, 's')
    .replace(/(?:ai|ei)/g, 'e')
    .replace(/en|em|am/g, 'an')
    .replace(/(.)\1+/g, '$1')
    .replace(/[esxtdl]+$/, '');
}
