/**
 * FR Core as the guides use it, in the two generations that are in the field: 1.1.0 (SAS) and 2.x (GAP). Only the rules
 * that concern agendas are here; the two generations differ in URLs and terminology. Spec: 1.1 to 1.5, 2, 3
 */
import type { ProfileDefinition } from '../definition.ts';
import { coded, extensible, extension, type Line, profile, reference, required, slicedBy } from './write.ts';

const SPECIALTY = {
  old: 'http://interopsante.org/fhir/ValueSet/fr-practitioner-specialty',
  new: 'https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-practitioner-specialty',
};
const OLD = 'http://interopsante.org/fhir/StructureDefinition';
const NEW = 'https://hl7.fr/ig/fhir/core/StructureDefinition';
const R4 = 'http://hl7.org/fhir/StructureDefinition';

type Generation = 'old' | 'new';

const NAMES: Record<string, Record<Generation, string>> = {
  Schedule: { old: `${OLD}/FrSchedule`, new: `${NEW}/fr-core-schedule` },
  Slot: { old: `${OLD}/FrSlot`, new: `${NEW}/fr-core-slot` },
  Appointment: { old: `${OLD}/FrAppointment`, new: `${NEW}/fr-core-appointment` },
  Practitioner: { old: `${OLD}/FrPractitioner`, new: `${NEW}/fr-core-practitioner` },
  PractitionerRole: { old: `${OLD}/FrPractitionerRoleExercice`, new: `${NEW}/fr-core-practitioner-role` },
  Location: { old: `${OLD}/FrLocation`, new: `${NEW}/fr-core-location` },
  Organization: { old: `${OLD}/FrOrganization`, new: `${NEW}/fr-core-organization` },
  HealthcareService: { old: `${OLD}/FrHealthcareService`, new: `${NEW}/fr-core-healthcare-service` },
  RelatedPerson: { old: `${OLD}/FrRelatedPerson`, new: `${NEW}/fr-core-related-person` },
  Patient: { old: `${OLD}/FrPatient`, new: `${NEW}/fr-core-patient` },
};

export const frCore = (type: string, generation: Generation): string => NAMES[type]![generation];

const EXTENSIONS = {
  availabilityTime: { old: `${OLD}/FrScheduleAvailabiltyTime`, new: `${NEW}/fr-core-schedule-availability-time` },
  serviceTypeDuration: { old: `${OLD}/FrServiceTypeDuration`, new: `${NEW}/fr-core-service-type-duration` },
  appointmentOperator: { old: `${OLD}/FrAppointmentOperator`, new: `${NEW}/fr-core-appointment-operator` },
};

const CONTACT: Record<string, Line> = { 'telecom.system': '1..1', 'telecom.value': '1..1' };

const ID_TYPE = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203';
const HL7_ID_TYPE = 'http://terminology.hl7.org/CodeSystem/v2-0203';

/** Identifiers of a patient by type: at most, code, use, system. The use of a PI changed from version to version. */
const PATIENT_IDS: Record<string, readonly [max: string, code: Line & object, use?: string, system?: string]> = {
  NSS: ['1', coded(HL7_ID_TYPE, 'NH'), 'official', 'urn:oid:1.2.250.1.213.1.4.8'],
  'INS-C': ['*', coded(ID_TYPE, 'INS-C'), 'secondary', 'urn:oid:1.2.250.1.213.1.4.2'],
  NDP: ['1', coded(ID_TYPE, 'NDP'), 'secondary', 'urn:oid:1.2.250.1.176.1.2'],
  PI: ['*', coded(HL7_ID_TYPE, 'PI')],
  RRI: ['*', coded(HL7_ID_TYPE, 'RRI'), 'secondary'],
};

const PATIENT: Record<string, Line> = Object.assign(
  { identifier: slicedBy('value', 'type') },
  ...Object.entries(PATIENT_IDS).map(([slice, [max, type, use, system]]) => ({
    [`identifier:${slice}`]: `0..${max}`,
    [`identifier:${slice}.use`]: { card: '1..1', ...(use === undefined ? {} : { pattern: use }) },
    [`identifier:${slice}.type`]: { card: '1..1', ...type },
    [`identifier:${slice}.system`]: { card: '1..1', ...(system === undefined ? {} : { pattern: system }) },
    [`identifier:${slice}.value`]: '1..1',
  })),
  {
    name: slicedBy('value', 'use'),
    'name:usualName': '0..*',
    'name:usualName.use': { card: '1..1', pattern: 'usual' },
    'name:officialName': '0..*',
    'name:officialName.use': { card: '1..1', pattern: 'official' },
    'name:officialName.family': '1..1',
    'name:officialName.given': '1..*',
    managingOrganization: reference([NAMES['Organization']!.new]),
  },
);

function generation(which: Generation): ProfileDefinition[] {
  const name = (type: string): string => frCore(type, which);
  const define = (type: string, lines: Record<string, Line>): ProfileDefinition =>
    profile(name(type), type, undefined, lines);
  const actors = reference([
    `${R4}/Device`,
    `${R4}/PractitionerRole`,
    ...['RelatedPerson', 'HealthcareService', 'Location', 'Patient', 'Practitioner'].map(name),
  ]);
  return [
    define('Schedule', {
      extension: slicedBy('value', 'url'),
      'extension:serviceTypeDuration': extension(EXTENSIONS.serviceTypeDuration[which]),
      'extension:availabilityTime': extension(EXTENSIONS.availabilityTime[which]),
      serviceCategory: '0..1',
      serviceType: '0..0',
      specialty: required(SPECIALTY[which]),
      actor: { card: '1..*', ...actors },
    }),
    define('Slot', {
      serviceCategory: '0..1',
      specialty: required(SPECIALTY[which]),
      schedule: reference([name('Schedule')]),
    }),
    define('Appointment', {
      extension: slicedBy('value', 'url'),
      'extension:appointmentOperator': { card: '0..1', ...extension(EXTENSIONS.appointmentOperator[which]) },
      specialty: required(SPECIALTY[which]),
      slot: reference([name('Slot')]),
      'participant.actor': actors,
    }),
    define(
      'Practitioner',
      which === 'old'
        ? {
            'identifier.type': '1..1',
            'identifier.system': '1..1',
            'identifier.value': '1..1',
            'name.prefix': '0..1',
            ...CONTACT,
          }
        : {
            identifier: slicedBy('value', 'system'),
            'identifier:idNatPs': '0..1',
            'identifier:idNatPs.type': '1..1',
            'identifier:idNatPs.system': { card: '1..1', pattern: 'urn:oid:1.2.250.1.71.4.2.1' },
            'identifier:idNatPs.value': '1..1',
            ...CONTACT,
            'name.prefix': '0..1',
          },
    ),
    define('PractitionerRole', {
      practitioner: reference([name('Practitioner')]),
      organization: reference([name('Organization')]),
      location: reference([name('Location')]),
      healthcareService: reference([name('HealthcareService')]),
      specialty: required(SPECIALTY[which]),
      ...CONTACT,
    }),
    define('Location', {
      ...(which === 'old' ? { identifier: '1..*' } : {}),
      'identifier.type': '1..1',
      'identifier.system': '1..1',
      'identifier.value': '1..1',
      type: '0..1',
      managingOrganization: reference([name('Organization')]),
      partOf: reference([name('Location')]),
      ...CONTACT,
    }),
    define('Organization', {
      ...(which === 'old' ? { 'identifier.type': '1..1' } : {}),
      'identifier.system': '1..1',
      'identifier.value': '1..1',
      ...CONTACT,
    }),
    define('HealthcareService', {
      providedBy: reference([name('Organization')]),
      category: '0..1',
      ...(which === 'old' ? { specialty: required(SPECIALTY[which]) } : {}),
      ...CONTACT,
    }),
    define('RelatedPerson', {
      identifier: '1..1',
      patient: reference([name('Patient')]),
      ...(which === 'old' ? { relationship: '1..*' } : {}),
      ...CONTACT,
    }),
    define('Patient', { ...CONTACT, ...(which === 'new' ? PATIENT : {}) }),
    ...extensions(which),
  ];
}

/** The parts of an extension: `name: [card, types]`. */
type Parts = Record<string, [card: string, types: string[] | Parts, more?: Omit<Line & object, 'card'>]>;

/** Parts that the definition does not name are refused. */
const CLOSED_PARTS: Line = { slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' } };

export function complex(url: string, contexts: readonly string[], parts: Parts): ProfileDefinition {
  const lines: Record<string, Line> = { url: { fixed: url }, 'value[x]': '0..0' };
  const add = (above: string, those: Parts): void => {
    lines[`${above}extension`] = CLOSED_PARTS;
    for (const [part, [card, types, more = {}]] of Object.entries(those)) {
      const at = `${above}extension:${part}`;
      lines[at] = card;
      lines[`${at}.url`] = { fixed: part };
      if (Array.isArray(types))
        lines[`${at}.value[x]`] = { card: '1..1', types: types.map((code) => ({ code })), ...(more as object) };
      else add(`${at}.`, types);
    }
  };
  add('', parts);
  return { ...profile(url, 'Extension', undefined, lines), contexts };
}

const FREQUENCIES = 'https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-schedule-frequency';

/** RFC 5545, part by part. */
const RRULE: Parts = {
  freq: ['1..1', ['Coding'], required(FREQUENCIES)],
  until: ['0..1', ['dateTime']],
  count: ['0..1', ['integer']],
  interval: ['0..1', ['integer']],
  ...Object.fromEntries(['bySecond', 'byMinute', 'byHour', 'byMonth'].map((part) => [part, ['0..*', ['positiveInt']]])),
  ...Object.fromEntries(['byDay', 'byYearDay'].map((part) => [part, ['0..*', ['string']]])),
  ...Object.fromEntries(['byMonthDay', 'byWeekNo'].map((part) => [part, ['0..*', ['integer']]])),
  wkst: ['0..*', ['code'], required('http://hl7.org/fhir/ValueSet/days-of-week')],
};

/** Legacy senders write a code or a string where a Coding is due: our reader takes them, a validator says so. */
function extensions(which: Generation): ProfileDefinition[] {
  const type =
    which === 'old'
      ? extensible('http://interopsante.org/fhir/ValueSet/fr-schedule-type')
      : extensible('https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-schedule-type');
  return [
    complex(EXTENSIONS.availabilityTime[which], ['Schedule'], {
      identifier: ['1..*', ['Identifier']],
      type: ['1..1', ['Coding'], type],
      start: ['1..1', ['dateTime']],
      end: ['1..1', ['dateTime']],
      rrule: ['0..1', RRULE],
      unavailabilityReason: ['0..1', ['CodeableConcept']],
      created: ['0..1', ['dateTime']],
      priority: ['0..1', ['integer']],
    }),
    complex(EXTENSIONS.serviceTypeDuration[which], ['Schedule', 'PractitionerRole', 'HealthcareService'], {
      serviceType: ['1..1', ['CodeableConcept']],
      duration: ['0..1', ['Duration']],
    }),
    {
      ...profile(EXTENSIONS.appointmentOperator[which], 'Extension', undefined, {
        extension: '0..0',
        url: { fixed: EXTENSIONS.appointmentOperator[which] },
        'value[x]': {
          card: '1..1',
          ...reference(['Organization', 'Practitioner', 'Patient', 'RelatedPerson'].map((type) => `${R4}/${type}`)),
        },
      }),
      contexts: ['Appointment'],
    },
  ];
}

export const FR_CORE: readonly ProfileDefinition[] = [...generation('old'), ...generation('new')];
