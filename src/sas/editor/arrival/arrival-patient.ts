/**
 * What a booking asks of the patient: a name to be called by and a phone to be called at; the date of birth if it is
 * known.
 */
import type { Resource } from '../../../fhir/resource.ts';

export interface Field {
  name: 'family' | 'given' | 'phone' | 'birthDate' | 'reason';
  label: string;
  /** Said when it is missing; without it the field may be left empty. */
  missing?: string;
  hint?: string;
  type: 'text' | 'tel' | 'date';
  most: number;
}

export const FIELDS: readonly Field[] = [
  { name: 'family', label: 'Nom', missing: 'Indiquez le nom.', type: 'text', most: 300 },
  { name: 'given', label: 'Prénom', missing: 'Indiquez le prénom.', type: 'text', most: 300 },
  {
    name: 'phone',
    label: 'Téléphone',
    missing: 'Indiquez un numéro où joindre le patient.',
    hint: 'où joindre le patient, par exemple 06 12 34 56 78',
    type: 'tel',
    most: 30,
  },
  { name: 'birthDate', label: 'Date de naissance', type: 'date', most: 10 },
  { name: 'reason', label: 'Motif', type: 'text', most: 300 },
];

export type Given = Record<Field['name'], string>;

export function readFields(form: URLSearchParams): Given {
  const text = (name: string): string => (form.get(name) ?? '').replace(/\p{Cc}/gu, ' ').trim();
  return Object.fromEntries(FIELDS.map(({ name }) => [name, text(name)])) as Given;
}

/** What is wrong, in French, by field. */
export function faultsOf(given: Given, today: string): Partial<Given> {
  const faults: Partial<Given> = {};
  for (const { name, missing, most } of FIELDS) {
    if (missing !== undefined && given[name] === '') faults[name] = missing;
    else if (given[name].length > most) faults[name] = `Trop long : ${most} caractères au plus.`;
  }
  if (given.phone !== '' && !/^\+?[\d\s.()-]{6,}$/.test(given.phone))
    faults.phone ??= 'Ce numéro de téléphone est incompris.';
  if (given.birthDate !== '' && !isDay(given.birthDate, today))
    faults.birthDate ??= "Cette date n'existe pas, ou n'est pas encore venue.";
  return faults;
}

function isDay(text: string, today: string): boolean {
  if (!/^(18|19|20)\d\d-\d\d-\d\d$/.test(text) || text > today) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

export function patientOf({ family, given, phone, birthDate }: Given): Resource {
  return {
    resourceType: 'Patient',
    active: true,
    name: [{ family, given: [given] }],
    telecom: [{ system: 'phone', value: phone }],
    ...(birthDate === '' ? {} : { birthDate }),
  };
}
