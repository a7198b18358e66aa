/**
 * The profiles of the SAS guide, written from its facts, for each version: individual practitioners, CPTS, SOS
 * Médecins, appointments, accounts. Spec: 1.6 to 1.10
 */
import { IDNPS, IDNST } from '../../french/identifiers.ts';
import type { ElementRule, ProfileDefinition } from '../definition.ts';
import { frCore } from './fr-core.ts';
import { SAS_NAMES, type SasNames, type SasVersion } from './sas-names.ts';
import { coded, extension, type Line, profile, reference, required, slicedBy } from './write.ts';

const VS = 'https://interop.esante.gouv.fr/ig/fhir/sas/ValueSet';
const ACTS = 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode';

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

const individual = ({ profiles, systems }: SasNames): ProfileDefinition[] => [
  profile(profiles.bundle.PS, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    ...entries(
      {
        FrSlotAgregateur: ['Slot', profiles.slot.PS, 0],
        FrScheduleAgregateur: ['Schedule', profiles.schedule.PS, 0],
        FrPractitionerAgregateur: ['Practitioner', profiles.practitioner, 0],
        FrPractitionerRoleExerciceAgregateur: ['PractitionerRole', profiles.practitionerRole, 0],
      },
      'type',
    ),
  }),
  profile(profiles.slot.PS, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required('https://mos.esante.gouv.fr/NOS/JDV_J165-TypeCreneau-SAS/FHIR/JDV-J165-TypeCreneau-SAS'),
    serviceType: slicedBy('value', 'coding.system'),
    'serviceType:TypeConsultation': { card: '0..*', ...required(ACTS) },
    'serviceType:TypeConsultation.coding.system': { card: '1..1', pattern: systems.mode },
    schedule: reference([profiles.schedule.PS], bundled),
    status: { fixed: 'free' },
  }),
  profile(profiles.schedule.PS, 'Schedule', frCore('Schedule', 'old'), {}),
  profile(profiles.practitioner, 'Practitioner', frCore('Practitioner', 'old'), {
    identifier: '1..*',
    ...identified('identifier', IDNPS, coded(systems.identifierType, 'IDNPS')),
    'identifier.type.coding': '0..1',
  }),
  profile(profiles.practitionerRole, 'PractitionerRole', frCore('PractitionerRole', 'old'), {
    contained: '1..*',
    practitioner: reference([profiles.practitioner], bundled),
    'organization.identifier.type': coded(systems.identifierType, 'IDNST'),
    'organization.identifier.system': { pattern: IDNST },
    location: { card: '1..1', ...reference([profiles.containedLocation], ['contained']) },
  }),
  profile(profiles.containedLocation, 'Location', frCore('Location', 'old'), {
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

const cpts = ({ profiles, systems, extensions }: SasNames): ProfileDefinition[] => [
  profile(profiles.bundle.CPTS, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    total: '1..1',
    link: '1..1',
    ...entries(
      {
        slotAgregateurCPTS: ['Slot', profiles.slot.CPTS, 1],
        scheduleAgregateurCPTS: ['Schedule', profiles.schedule.CPTS, 1],
        practitionerAgregateur: ['Practitioner', profiles.practitioner, 1],
        practitionerRole: ['PractitionerRole', profiles.practitionerRole, 1],
        healthcareserviceCPTS: ['HealthcareService', profiles.healthcareService, 0],
        organizationAgregateurCPTS: ['Organization', profiles.cptsOrganization, 0],
      },
      'profile',
    ),
  }),
  profile(profiles.slot.CPTS, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required(`${VS}/sas-cpts-valueset-typecreneau`),
    serviceType: slicedBy('pattern', '$this'),
    'serviceType:TypeConsultation': { card: '0..*', ...required(ACTS) },
    'serviceType:TypeConsultation.extension': { ...slicedBy('value', 'url') },
    'serviceType:TypeConsultation.extension:sas-servicetype-r5': { card: '0..0', ...extension(extensions.serviceType) },
    'serviceType:TypeConsultation.coding.system': { pattern: systems.mode },
    'serviceType:referencecpts': { card: '0..*', ...required(`${VS}/sas-valueset-categorieetablissement`) },
    'serviceType:referencecpts.extension': { ...slicedBy('value', 'url') },
    'serviceType:referencecpts.extension:sas-servicetype-r5': { card: '1..1', ...extension(extensions.serviceType) },
    'serviceType:referencecpts.extension:sas-servicetype-r5.value[x]': {
      card: '1..1',
      ...reference([profiles.healthcareService]),
    },
    'appointmentType.coding': required(`${VS}/sas-valueset-appointmentreason`),
    schedule: reference([profiles.schedule.CPTS]),
    status: { pattern: 'free' },
  }),
  profile(extensions.serviceType, 'Extension', undefined, {
    extension: '0..0',
    url: { fixed: extensions.serviceType },
    'value[x]': { card: '1..1', types: [{ code: 'Reference' }] },
  }),
  profile(profiles.healthcareService, 'HealthcareService', frCore('HealthcareService', 'old'), {
    id: '1..1',
    providedBy: { card: '1..1', ...reference([profiles.cptsOrganization]) },
  }),
  profile(profiles.cptsOrganization, 'Organization', frCore('Organization', 'old'), {
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
    ...identified('identifier', IDNST, coded(systems.cptsIdentifierType, 'IDNST')),
  }),
];

const sos = ({ profiles, systems }: SasNames): ProfileDefinition[] => [
  profile(profiles.bundle.SOS, 'Bundle', undefined, {
    type: { pattern: 'searchset' },
    total: '1..1',
    link: '1..1',
    ...entries(
      {
        slotAgregateurSOS: ['Slot', profiles.slot.SOS, 1],
        scheduleAgregateurSOS: ['Schedule', profiles.schedule.SOS, 1],
        locationAgregateurSOS: ['Location', profiles.sosLocation, 1],
        organizationAgregateurSOS: ['Organization', profiles.sosOrganization, 1],
      },
      'profile',
    ),
  }),
  profile(profiles.slot.SOS, 'Slot', frCore('Slot', 'old'), {
    'meta.security': required(`${VS}/sas-sos-valueset-typecreneau`),
    'serviceType.coding': required(`${VS}/sas-valueset-typeconsultation`),
    'appointmentType.coding': required(`${VS}/sas-valueset-appointmentreason`),
    schedule: reference([profiles.schedule.SOS]),
    status: { pattern: 'free' },
  }),
  profile(profiles.schedule.SOS, 'Schedule', frCore('Schedule', 'old'), {
    actor: { card: '1..*', ...reference([frCore('Location', 'old')]) },
    'actor.reference': '1..1',
  }),
  profile(profiles.sosLocation, 'Location', frCore('Location', 'old'), {
    identifier: '1..*',
    ...identified('identifier', undefined, coded(systems.placeIdentifierType, 'INTRN')),
    name: '1..1',
    address: '1..1',
    'address.line': '1..1',
    'address.city': '1..1',
    'address.postalCode': { card: '1..1', maxLength: 5 },
    managingOrganization: { card: '1..1', ...reference([profiles.sosOrganization]) },
    'managingOrganization.reference': '1..1',
  }),
  profile(profiles.sosOrganization, 'Organization', frCore('Organization', 'old'), {
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
    ...identified('identifier', IDNST, coded(systems.placeIdentifierType, 'IDNST')),
  }),
];

/** Exactly one extension that names the regulator who booked. */
const operator = (url: string): Record<string, Line> => ({
  extension: slicedBy('value', 'url'),
  'extension:appointmentOperator': { card: '1..1', ...extension(url) },
});

const exchanges = ({ profiles, systems, extensions, participantStatuses }: SasNames): ProfileDefinition[] => [
  profile(profiles.appointment, 'Appointment', frCore('Appointment', 'old'), {
    ...operator(extensions.operator),
    extension: { card: '1..*', ...slicedBy('value', 'url') },
    'extension:appointmentOperator.value[x].identifier': '1..1',
    ...identified('extension:appointmentOperator.value[x].identifier', undefined, {}),
    'extension:appointmentOperator.value[x].identifier.type.coding': '1..1',
    'extension:appointmentOperator.value[x].identifier.type.coding.system': { pattern: systems.identifierType },
    'extension:appointmentOperator.value[x].identifier.type.coding.code': '1..1',
    identifier: '1..1',
    'identifier.system': '1..1',
    'identifier.value': '1..1',
    start: '1..1',
    end: '1..1',
    ...identified('participant.actor.identifier', IDNPS, {}),
    'participant.actor.identifier.type.coding': {
      card: '1..1',
      pattern: { system: systems.identifierType, code: 'IDNPS' },
    },
    'participant.status': participantStatuses === undefined ? { pattern: 'accepted' } : required(participantStatuses),
  }),
  profile(profiles.sosAppointment, 'Appointment', frCore('Appointment', 'old'), {
    ...operator(extensions.operator),
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
  profile(profiles.account, 'Practitioner', frCore('Practitioner', 'old'), {
    'meta.source': { pattern: systems.platform },
    identifier: { card: '1..*', ...slicedBy('value', 'system') },
    'identifier:IdentifiantNatPS': '0..1',
    ...identified('identifier:IdentifiantNatPS', IDNPS, coded(systems.identifierType, 'IDNPS')),
    'identifier:IdentifiantInterne': '0..1',
    ...identified('identifier:IdentifiantInterne', systems.platform, coded(systems.identifierType, 'INTRN')),
    active: '1..1',
    'name.family': '1..1',
    'name.given': '1..1',
    'telecom.system': { card: '1..1', pattern: 'email' },
    'telecom.value': '1..1',
  }),
];

/** How the patient was oriented: on an appointment, if the version has it. */
const orientation = ({ extensions: { orientationCategory: url } }: SasNames): ProfileDefinition[] =>
  url === undefined
    ? []
    : [
        {
          contexts: ['Appointment'],
          ...profile(url, 'Extension', undefined, {
            extension: '0..0',
            url: { fixed: url },
            'value[x]': {
              card: '1..1',
              types: [{ code: 'CodeableConcept' }],
              ...required(`${VS}/categorie-orientation-sas-valueset`),
            },
          }),
        },
      ];

export function sasProfiles(version: SasVersion): ProfileDefinition[] {
  const names = SAS_NAMES[version];
  const all = [...individual(names), ...cpts(names), ...sos(names), ...exchanges(names), ...orientation(names)];
  return all.map((definition) => ({ ...definition, version }));
}
