/** The part of a patient's record that a desk keeps: the usual name, the date of birth, how to reach the person. */
import { agreementOf, type Agreement, withAgreement } from '../../src/fhir/french/agreement.ts';
import { namesOf } from '../../src/fhir/french/identity.ts';
import type { ContactPoint, HumanName } from '../../src/fhir/resource.ts';
import { list, type Patient } from '../../src/fhir/resources.ts';
import { create, update } from '../fhir/client.ts';
import { phoneOf, phoneText } from '../ui/phone.ts';
import { t } from '../ui/texts.ts';

export interface RecordValues {
  family: string;
  given: string;
  birthDate: string;
  phone: string;
  email: string;
  /** The patient agreed to be written to at the e-mail. */
  isWrittenTo: boolean;
}

export const NO_RECORD: RecordValues = {
  family: '',
  given: '',
  birthDate: '',
  phone: '',
  email: '',
  isWrittenTo: false,
};

const EARLIEST_BIRTH = '1880-01-01';

/** Checks of a form that has such values. */
export const RECORD_RULES = {
  birthDate: (value: string): string | null =>
    value === '' || (value >= EARLIEST_BIRTH && value <= new Date(Date.now()).toISOString().slice(0, 10))
      ? null
      : t('patient.birthDateWrong'),
  phone: (value: string): string | null =>
    value.trim() === '' || phoneOf(value) !== undefined ? null : t('patient.phoneWrong'),
  email: (value: string, { isWrittenTo }: RecordValues): string | null => {
    if (value.trim() === '') return isWrittenTo ? t('patient.emailMissing') : null;
    return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : t('patient.emailWrong');
  },
};

export function recordOf(patient: Patient): RecordValues {
  const [name] = namesOf(patient);
  const email = current(patient, 'email');
  return {
    family: name?.family ?? '',
    given: list(name?.given).join(' '),
    birthDate: patient.birthDate ?? '',
    phone: phoneText(current(patient, 'phone')?.value ?? current(patient, 'sms')?.value ?? ''),
    email: email?.value ?? '',
    isWrittenTo: email !== undefined && agreementOf(email) === 'agreed',
  };
}

function current({ telecom }: Patient, system: string): ContactPoint | undefined {
  return list(telecom).find((contact) => contact.system === system && contact.use !== 'old');
}

export function createPatient(values: RecordValues): Promise<Patient> {
  return create(withRecord({ resourceType: 'Patient' }, values));
}

/** Throws a `Refusal` 412 when somebody has changed the record since. */
export function writePatient(patient: Patient, values: RecordValues): Promise<Patient> {
  return update(withRecord(patient, values));
}

/** Keeps everything that the values do not say: other telephones, other names, the INS. */
function withRecord(patient: Patient, values: RecordValues): Patient {
  const { birthDate: _birthDate, name: _name, telecom: _telecom, ...kept } = patient;
  const { birthDate } = values;
  const agreement: Agreement = values.isWrittenTo ? 'agreed' : 'refused';
  const email = withAgreement({ system: 'email', value: values.email.trim() }, agreement);
  const telecom = [
    ...contactsWith(patient, 'phone', values.phone, {
      system: 'phone',
      value: phoneOf(values.phone) ?? values.phone.trim(),
    }),
    ...contactsWith(patient, 'email', values.email, email),
    ...list(patient.telecom).filter(({ system }) => system !== 'phone' && system !== 'email'),
  ];
  return {
    ...kept,
    name: namesWith(patient, values),
    ...(birthDate === '' ? {} : { birthDate }),
    ...(telecom.length > 0 ? { telecom } : {}),
  };
}

/** The contacts of one system, the first of which is the one that the form shows. */
function contactsWith(patient: Patient, system: string, typed: string, written: ContactPoint): ContactPoint[] {
  const shown = current(patient, system);
  const others = list(patient.telecom).filter((contact) => contact.system === system && contact !== shown);
  if (typed.trim() === '') return others;
  const isSame = shown !== undefined && written.value === (phoneOf(shown.value ?? '') ?? shown.value);
  return [{ ...shown, ...written, value: isSame ? shown.value! : written.value! }, ...others];
}

/** The first usual name changes; a name that was confirmed stays, and the server says so when it must. */
function namesWith(patient: Patient, { family, given }: RecordValues): HumanName[] {
  const [shown] = namesOf(patient);
  const written = { family: family.trim(), given: given.trim() === '' ? [] : [given.trim()] };
  const before = { family: shown?.family ?? '', given: list(shown?.given).join(' ') };
  if (shown !== undefined && before.family === written.family && before.given === given.trim())
    return list(patient.name);
  const { given: givenNames, ...rest } = written;
  const name: HumanName = { use: 'usual', ...rest, ...(givenNames.length > 0 ? { given: givenNames } : {}) };
  return [name, ...list(patient.name).filter((other) => other !== shown)];
}
