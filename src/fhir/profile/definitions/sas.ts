/**
 * The profiles of the SAS guide 1.1.0, written from its facts: individual practitioners, CPTS, SOS Médecins,
 * appointments, accounts. Spec: 1.6 to 1.10
 */
import type { ElementRule, ProfileDefinition } from '../definition.ts';
import { frCore } from './fr-core.ts';
import { coded, extension, type Line, profile, reference, required, slicedBy } from './write.ts';

const FR = 'http://sas.fr/fhir/StructureDefinition';
const ANS = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition';
const VS = 'https://interop.esante.gouv.fr/ig/fhir/sas/ValueSet';
const TYPE = 'http://interopsante.org/fhir/CodeSystem/fr-v2-0203';
const PLACE = 'http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type';
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
const PLATFORM = 'urn:oid:1.2.250.1.213.3.6';
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const ACTS = 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode';
const SERVICE_TYPE_R5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType';
const OPERATOR = 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator';

const bundled = ['referenced', 'bundled'];

/** An identifier that every occurrence must be: type, system, value. */
function identified(
  path: string,
  system: string | undefined,
  type: Pick<ElementRule, 'pattern'>,
): Record<string, Line> {
  return {
    [`${path}.type`]: { card: '1..1', ...type },
    [`${path}.system`]: { card: '1..1', ...(system ? { pattern: system } : {}) },
    [`${path}.value`]: '1..1',
  };
}

/** Slices of a Bundle by the profile of what is in them; `min` of each, `fullUrl` wanted. */
function entries(
  slices: Record<string, [type: string, profile: string, min: number]>,
  discriminator: 'type' | 'profile',
): Record<string, Line> {
  const lines: Record<string, Line> = {
    entry: { ...slicedBy(discriminator, 'resource'), ...(discriminator === 'profile' ? { card: '4..*' } : {}) },
  };
  for (const [name, [type, url, min]] of Object.entries(slices)) {
    lines[`entry:${name}`] = `${min}..*`;
    if (discriminator === 'profile') lines[`entry:${name}.fullUrl`] = '1..1';
    lines[`entry:${name}.resource`] = { types: [{ code: type, profile: [url] }] };
  }
  return lines;
}

const INDIVIDUAL: ProfileDefinition[] = [
  profile(`${FR}/BundleAgregateur`, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    ...entries(
      {
        FrSlotAgregateur: ['Slot', `${FR}/FrSlotAgregateur`, 0],
        FrScheduleAgregateur: ['Schedule', `${FR}/FrScheduleAgregateur`, 0],
        FrPractitionerAgregateur: ['Practitioner', `${FR}/FrPractitionerAgregateur`, 0],
        FrPractitionerRoleExerciceAgregateur: ['PractitionerRole', `${FR}/FrPractitionerRoleExerciceAgregateur`, 0],
      },
      'type',
    ),
  }),
  profile(`${FR}/FrSlotAgregateur`, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required('https://mos.esante.gouv.fr/NOS/JDV_J165-TypeCreneau-SAS/FHIR/JDV-J165-TypeCreneau-SAS'),
    serviceType: slicedBy('value', 'coding.system'),
    'serviceType:TypeConsultation': { card: '0..*', ...required(ACTS) },
    'serviceType:TypeConsultation.coding.system': { card: '1..1', pattern: ACT },
    schedule: reference([`${FR}/FrScheduleAgregateur`], bundled),
    status: { fixed: 'free' },
  }),
  profile(`${FR}/FrScheduleAgregateur`, 'Schedule', frCore('Schedule', 'old'), {}),
  profile(`${FR}/FrPractitionerAgregateur`, 'Practitioner', frCore('Practitioner', 'old'), {
    identifier: '1..*',
    ...identified('identifier', IDNPS, coded(TYPE, 'IDNPS')),
    'identifier.type.coding': '0..1',
  }),
  profile(`${FR}/FrPractitionerRoleExerciceAgregateur`, 'PractitionerRole', frCore('PractitionerRole', 'old'), {
    contained: '1..*',
    practitioner: reference([`${FR}/FrPractitionerAgregateur`], bundled),
    'organization.identifier.type': coded(TYPE, 'IDNST'),
    'organization.identifier.system': { pattern: IDNST },
    location: { card: '1..1', ...reference([`${FR}/FrLocationAgregateur`], ['contained']) },
  }),
  profile(`${FR}/FrLocationAgregateur`, 'Location', frCore('Location', 'old'), {
    identifier: '1..*',
    'identifier.type': '1..1',
    'identifier.system': '1..1',
    'identifier.value': '1..1',
    address: '1..1',
    'address.line': '1..1',
    'address.city': '1..1',
    'address.postalCode': '1..1',
  }),
];

const CPTS: ProfileDefinition[] = [
  profile(`${ANS}/sas-cpts-bundle-aggregator`, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    total: '1..1',
    link: '1..1',
    ...entries(
      {
        slotAgregateurCPTS: ['Slot', `${ANS}/sas-cpts-slot-aggregator`, 1],
        scheduleAgregateurCPTS: ['Schedule', `${FR}/FrScheduleAgregateur`, 1],
        practitionerAgregateur: ['Practitioner', `${FR}/FrPractitionerAgregateur`, 1],
        practitionerRole: ['PractitionerRole', `${FR}/FrPractitionerRoleExerciceAgregateur`, 1],
        healthcareserviceCPTS: ['HealthcareService', `${ANS}/sas-cpts-healthcareservice-aggregator`, 0],
        organizationAgregateurCPTS: ['Organization', `${ANS}/sas-cpts-organization-aggregator`, 0],
      },
      'profile',
    ),
  }),
  profile(`${ANS}/sas-cpts-slot-aggregator`, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required(`${VS}/sas-cpts-valueset-typecreneau`),
    serviceType: slicedBy('pattern', '$this'),
    'serviceType:TypeConsultation': { card: '0..*', ...required(ACTS) },
    'serviceType:TypeConsultation.extension': { ...slicedBy('value', 'url') },
    'serviceType:TypeConsultation.extension:sas-servicetype-r5': { card: '0..0', ...extension(SERVICE_TYPE_R5) },
    'serviceType:TypeConsultation.coding.system': { pattern: ACT },
    'serviceType:referencecpts': { card: '0..*', ...required(`${VS}/sas-valueset-categorieetablissement`) },
    'serviceType:referencecpts.extension': { ...slicedBy('value', 'url') },
    'serviceType:referencecpts.extension:sas-servicetype-r5': { card: '1..1', ...extension(SERVICE_TYPE_R5) },
    'serviceType:referencecpts.extension:sas-servicetype-r5.value[x]': {
      card: '1..1',
      ...reference([`${ANS}/sas-cpts-healthcareservice-aggregator`]),
    },
    'appointmentType.coding': required(`${VS}/sas-valueset-appointmentreason`),
    schedule: reference([`${FR}/FrScheduleAgregateur`]),
    status: { pattern: 'free' },
  }),
  profile(SERVICE_TYPE_R5, 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: SERVICE_TYPE_R5 },
    'value[x]': { card: '1..1', types: [{ code: 'Reference' }] },
  }),
  profile(`${ANS}/sas-cpts-healthcareservice-aggregator`, 'HealthcareService', frCore('HealthcareService', 'old'), {
    id: '1..1',
    providedBy: { card: '1..1', ...reference([`${ANS}/sas-cpts-organization-aggregator`]) },
  }),
  profile(`${ANS}/sas-cpts-organization-aggregator`, 'Organization', frCore('Organization', 'old'), {
    identifier: {
      card: '1..1',
      constraints: [
        {
          key: 'FINESS-invariant',
          severity: 'error',
          human: '1 suivi des 9 chiffres du FINESS',
          expression: "value.matches('^1[0-9]{9}$')",
        },
      ],
    },
    ...identified('identifier', IDNST, coded(PLACE, 'IDNST')),
  }),
];

const SOS: ProfileDefinition[] = [
  profile(`${ANS}/sas-sos-bundle-aggregator`, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    total: '1..1',
    link: '1..1',
    ...entries(
      {
        slotAgregateurSOS: ['Slot', `${ANS}/sas-sos-slot-aggregator`, 1],
        scheduleAgregateurSOS: ['Schedule', `${ANS}/sas-sos-schedule-aggregator`, 1],
        locationAgregateurSOS: ['Location', `${ANS}/sas-sos-location-aggregator`, 1],
        organizationAgregateurSOS: ['Organization', `${ANS}/sas-sos-organization-aggregator`, 1],
      },
      'profile',
    ),
  }),
  profile(`${ANS}/sas-sos-slot-aggregator`, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required(`${VS}/sas-sos-valueset-typecreneau`),
    'serviceType.coding': required(`${VS}/sas-valueset-typeconsultation`),
    'appointmentType.coding': required(`${VS}/sas-valueset-appointmentreason`),
    schedule: reference([`${ANS}/sas-sos-schedule-aggregator`]),
    status: { pattern: 'free' },
  }),
  profile(`${ANS}/sas-sos-schedule-aggregator`, 'Schedule', frCore('Schedule', 'old'), {
    actor: { card: '1..*', ...reference([frCore('Location', 'old')]) },
    'actor.reference': '1..1',
  }),
  profile(`${ANS}/sas-sos-location-aggregator`, 'Location', frCore('Location', 'old'), {
    identifier: '1..*',
    ...identified('identifier', undefined, coded(PLACE, 'INTRN')),
    name: '1..1',
    address: '1..1',
    'address.line': '1..1',
    'address.city': '1..1',
    'address.postalCode': { card: '1..1', maxLength: 5 },
    managingOrganization: { card: '1..1', ...reference([`${ANS}/sas-sos-organization-aggregator`]) },
    'managingOrganization.reference': '1..1',
  }),
  profile(`${ANS}/sas-sos-organization-aggregator`, 'Organization', frCore('Organization', 'old'), {
    identifier: {
      card: '1..1',
      constraints: [
        {
          key: 'SIRET-invariant',
          severity: 'error',
          human: '3 suivi des 14 chiffres du SIRET',
          expression: "value.matches('^3[0-9]{14}$')",
        },
      ],
    },
    ...identified('identifier', IDNST, coded(PLACE, 'IDNST')),
  }),
];

const operator: Record<string, Line> = {
  extension: slicedBy('value', 'url'),
  'extension:appointmentOperator': { card: '1..1', ...extension(OPERATOR) },
};

const EXCHANGES: ProfileDefinition[] = [
  profile(`${FR}/FrAppointmentSAS`, 'Appointment', frCore('Appointment', 'old'), {
    ...operator,
    extension: { card: '1..*', ...slicedBy('value', 'url') },
    'extension:appointmentOperator.value[x].identifier': '1..1',
    ...identified('extension:appointmentOperator.value[x].identifier', undefined, {}),
    'extension:appointmentOperator.value[x].identifier.type.coding': '1..1',
    'extension:appointmentOperator.value[x].identifier.type.coding.system': { pattern: TYPE },
    'extension:appointmentOperator.value[x].identifier.type.coding.code': '1..1',
    identifier: '1..1',
    'identifier.system': '1..1',
    'identifier.value': '1..1',
    start: '1..1',
    end: '1..1',
    ...identified('participant.actor.identifier', IDNPS, {}),
    'participant.actor.identifier.type.coding': { card: '1..1', pattern: { system: TYPE, code: 'IDNPS' } },
    'participant.status': { pattern: 'accepted' },
  }),
  profile(`${ANS}/sas-sos-appointment`, 'Appointment', frCore('Appointment', 'old'), {
    ...operator,
    extension: { card: '1..1', ...slicedBy('value', 'url') },
    ...identified('extension:appointmentOperator.value[x].identifier', undefined, {}),
    'extension:appointmentOperator.value[x].identifier.type.coding': {
      card: '1..1',
      ...required(`${VS}/sas-valueset-typeidentifiant`),
    },
    'extension:appointmentOperator.value[x].identifier.type.coding.code': '1..1',
    identifier: '1..1',
    'identifier.system': '1..1',
    'identifier.value': '1..1',
    start: '1..1',
    end: '1..1',
    'participant.status': required(`${VS}/sas-sos-valueset-participant-status`),
  }),
  profile(`${ANS}/FrPractitionerRegul`, 'Practitioner', frCore('Practitioner', 'old'), {
    'meta.source': { pattern: PLATFORM },
    identifier: { card: '1..*', ...slicedBy('value', 'system') },
    'identifier:IdentifiantNatPS': '0..1',
    ...identified('identifier:IdentifiantNatPS', IDNPS, coded(TYPE, 'IDNPS')),
    'identifier:IdentifiantInterne': '0..1',
    ...identified('identifier:IdentifiantInterne', PLATFORM, coded(TYPE, 'INTRN')),
    active: '1..1',
    'name.family': '1..1',
    'name.given': '1..1',
    'telecom.system': { card: '1..1', pattern: 'email' },
    'telecom.value': '1..1',
  }),
];

export const SAS_PROFILES: readonly ProfileDefinition[] = [...INDIVIDUAL, ...CPTS, ...SOS, ...EXCHANGES];
