/**
 * FR Core as the guides use it, in the two generations that are in the field: 1.1.0 (SAS) and 2.x (GAP). Only the rules
 * that concern agendas are here; the two generations differ in URLs and terminology. Spec: 1.1 to 1.5, 2, 3
 */
import type { ProfileDefinition } from '../definition.ts';
import { extensible, extension, type Line, profile, reference, required, slicedBy } from './write.ts';

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
        : { ...CONTACT, 'name.prefix': '0..1' },
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
    define('Patient', { ...CONTACT }),
    ...extensions(which),
  ];
}

/** The parts of an extension: `name: [card, types]`. */
export function complex(
  url: string,
  parts: Record<string, [string, string[], Partial<Record<'binding', unknown>>?]>,
): ProfileDefinition {
  const lines: Record<string, Line> = { extension: slicedBy('value', 'url'), url: { fixed: url }, 'value[x]': '0..0' };
  for (const [part, [card, types, more = {}]] of Object.entries(parts)) {
    lines[`extension:${part}`] = card;
    lines[`extension:${part}.url`] = { fixed: part };
    if (types.length > 0)
      lines[`extension:${part}.value[x]`] = {
        card: '1..1',
        types: types.map((code) => ({ code })),
        ...(more as object),
      };
    else lines[`extension:${part}.extension`] = '1..*';
  }
  return profile(url, 'Extension', undefined, lines);
}

/** Legacy senders write a code or a string where a Coding is due: our reader takes them, a validator says so. */
function extensions(which: Generation): ProfileDefinition[] {
  const type =
    which === 'old'
      ? extensible('http://interopsante.org/fhir/ValueSet/fr-schedule-type')
      : extensible('https://hl7.fr/ig/fhir/core/ValueSet/fr-core-vs-schedule-type');
  return [
    complex(EXTENSIONS.availabilityTime[which], {
      identifier: ['1..*', ['Identifier']],
      type: ['1..1', ['Coding'], type],
      start: ['1..1', ['dateTime']],
      end: ['1..1', ['dateTime']],
      rrule: ['0..1', []],
      unavailabilityReason: ['0..1', ['CodeableConcept']],
      created: ['0..1', ['dateTime']],
      priority: ['0..1', ['integer']],
    }),
    complex(EXTENSIONS.serviceTypeDuration[which], {
      serviceType: ['1..1', ['CodeableConcept']],
      duration: ['0..1', ['Duration']],
    }),
    profile(EXTENSIONS.appointmentOperator[which], 'Extension', undefined, {
      extension: '0..0',
      url: { fixed: EXTENSIONS.appointmentOperator[which] },
      'value[x]': { card: '1..1', types: [{ code: 'Reference' }] },
    }),
  ];
}

export const FR_CORE: readonly ProfileDefinition[] = [...generation('old'), ...generation('new')];
