/** The patient in a booking: a name, a phone to call back, and the date of birth when it is known. */
import type { Resource } from '../../../fhir/resource.ts';

export interface PatientField {
  name: 'family' | 'given' | 'phone' | 'birthDate' | 'reason';
  label: string;
  /** The message when the field is empty; a field without this message is optional. */
  missing?: string;
  hint?: string;
  type: 'text' | 'tel' | 'date';
  maxLength: number;
}

export const PATIENT_FIELDS: readonly PatientField[] = [
  { name: 'family', label: 'Nom', missing: 'Indiquez le nom.', type: 'text', maxLength: 300 },
  { name: 'given', label: 'Prénom', missing: 'Indiquez le prénom.', type: 'text', maxLength: 300 },
  {
    name: 'phone',
    label: 'Téléphone',
    missing: 'Indiquez un numéro où joindre le patient.',
    hint: 'où joindre le patient, par exemple 06 12 34 56 78',
    type: 'tel',
    maxLength: 30,
  },
  { name: 'birthDate', label: 'Date de naissance', type: 'date', maxLength: 10 },
  { name: 'reason', label: 'Motif', type: 'text', maxLength: 300 },
];

export type PatientForm = Record<PatientField['name'], string>;

export function readFields(form: URLSearchParams): PatientForm {
  const text = (name: string): string => (form.get(name) ?? '').replace(/\p{Cc}/gu, ' ').trim();
  return Object.fromEntries(PATIENT_FIELDS.map(({ name }) => [name, text(name)])) as PatientForm;
}

/** Faults in French, by field. */
export function faultsOf(typed: PatientForm, today: string): Partial<PatientForm> {
  const faults: Partial<PatientForm> = {};
  for (const { name, missing, maxLength } of PATIENT_FIELDS) {
    if (missing !== undefined && typed[name] === '') faults[name] = missing;
    else if (typed[name].length > maxLength) faults[name] = `Trop long : ${maxLength} caractères au plus.`;
  }
  if (typed.phone !== '' && !/^\+?[\d\s.()-]{6,}$/.test(typed.phone))
    faults.phone ??= 'Ce numéro de téléphone est incompris.';
  if (typed.birthDate !== '' && !isDay(typed.birthDate, today))
    faults.birthDate ??= "Cette date n'existe pas, ou n'est pas encore venue.";
  return faults;
}

function isDay(text: string, today: string): boolean {
  if (!/^(18|19|20)\d\d-\d\d-\d\d$/.test(text) || text > today) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

export function patientOf({ family, given, phone, birthDate }: PatientForm): Resource {
  return {
    resourceType: 'Patient',
    active: true,
    name: [{ family, given: [given] }],
    telecom: [{ system: 'phone', value: phone }],
    ...(birthDate === '' ? {} : { birthDate }),
  };
}
