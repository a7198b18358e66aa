/** The form of a booking: for whom, the patient, and how to reach whoever books. Each fault is in French. */
import { localDate } from '../../scheduling/zone.ts';
import { emailAddress, phoneNumber } from './contact.ts';

export const FOR_WHOM = ['self', 'child', 'relative'] as const;
export type ForWhom = (typeof FOR_WHOM)[number];

const TEXT_FIELDS = ['family', 'given', 'birthDate', 'contactFamily', 'contactGiven', 'email', 'phone'] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

export type TypedBooking = Record<TextField, string> & {
  forWhom: ForWhom | '';
  /** How the code is sent. */
  by: 'email' | 'sms';
};

export type BookingFaults = Partial<Record<TextField | 'forWhom' | 'by', string>>;

/** From this age on, somebody books alone. */
const MIN_AGE_ALONE = 15;
const MAX_LENGTH = 100;

export const EMPTY: TypedBooking = {
  ...{ forWhom: '', by: 'email', family: '', given: '', birthDate: '' },
  ...{ contactFamily: '', contactGiven: '', email: '', phone: '' },
};

export function readTyped(form: URLSearchParams): TypedBooking {
  const text = (name: string): string =>
    (form.get(name) ?? '')
      .replace(/\p{Cc}/gu, ' ')
      .trim()
      .slice(0, 300);
  const forWhom = FOR_WHOM.find((value) => value === form.get('forWhom')) ?? '';
  const texts = Object.fromEntries(TEXT_FIELDS.map((name) => [name, text(name)])) as Record<TextField, string>;
  return { ...texts, birthDate: isoDate(texts.birthDate), forWhom, by: form.get('by') === 'sms' ? 'sms' : 'email' };
}

/** Where the code goes; `undefined`: it cannot go there. */
export function contactOf({ by, email, phone }: TypedBooking): string | undefined {
  return by === 'sms' ? phoneNumber(phone) : emailAddress(email);
}

/** `maySend`: the ways in which this server can send a code. */
export function faultsOf(typed: TypedBooking, now: number, zone: string, maySend: readonly string[]): BookingFaults {
  const today = localDate(now, zone);
  const faults: BookingFaults = {};
  if (typed.forWhom === '') faults.forWhom = 'Indiquez pour qui est le rendez-vous.';
  if (typed.family === '') faults.family = 'Indiquez le nom de naissance du patient.';
  if (typed.given === '') faults.given = 'Indiquez le prénom du patient.';
  const birth = birthFault(typed, today);
  if (birth !== undefined) faults.birthDate = birth;
  if (typed.forWhom === 'child' || typed.forWhom === 'relative') {
    if (typed.contactFamily === '') faults.contactFamily = 'Indiquez votre nom.';
    if (typed.contactGiven === '') faults.contactGiven = 'Indiquez votre prénom.';
  }
  Object.assign(faults, contactFaults(typed, maySend));
  for (const field of TEXT_FIELDS)
    if (typed[field].length > MAX_LENGTH) faults[field] = `Trop long : ${MAX_LENGTH} caractères au plus.`;
  return faults;
}

function birthFault({ birthDate, forWhom }: TypedBooking, today: string): string | undefined {
  if (birthDate === '') return 'Indiquez la date de naissance du patient.';
  if (!isDay(birthDate, today)) return "Cette date n'existe pas, ou n'est pas encore venue. Exemple : 31/12/1980.";
  if (forWhom === 'self' && ageOn(birthDate, today) < MIN_AGE_ALONE)
    return (
      `Avant ${MIN_AGE_ALONE} ans, un adulte prend le rendez-vous : ` +
      'choisissez « Pour mon enfant » ou « Pour un proche ».'
    );
  return undefined;
}

function contactFaults(typed: TypedBooking, maySend: readonly string[]): BookingFaults {
  const { by, email, phone } = typed;
  const faults: BookingFaults = {};
  if (!maySend.includes(by)) faults.by = 'Ce moyen ne peut pas être utilisé ici : choisissez-en un autre.';
  if (email === '' ? by === 'email' : emailAddress(email) === undefined)
    faults.email =
      email === '' ? 'Indiquez votre adresse électronique.' : 'Adresse incomprise. Exemple : nom@exemple.fr.';
  if (phone === '') faults.phone = 'Indiquez un numéro où vous joindre.';
  else if (phoneNumber(phone) === undefined) faults.phone = 'Numéro incompris. Exemple : 06 12 34 56 78.';
  return faults;
}

/** Browsers without a field for dates send them as people write them: `31/12/1980`. */
function isoDate(typed: string): string {
  const [, day, month, year] = /^(\d{1,2})[/.\s-](\d{1,2})[/.\s-](\d{4})$/.exec(typed) ?? [];
  return year === undefined ? typed : `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`;
}

function isDay(text: string, today: string): boolean {
  if (!/^(19|20)\d\d-\d\d-\d\d$/.test(text) || text > today) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function ageOn(birthDate: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
