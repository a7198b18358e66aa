/**
 * A patient with a national identity (INS), as FR Core 2.2 has it, and the extension of R4 for a place of birth.
 * Spec: 1.5
 */
import type { Constraint, ProfileDefinition } from '../definition.ts';
import { frCore } from './fr-core.ts';
import { coded, extension, type Line, profile, slicedBy } from './write.ts';

const FR = 'https://hl7.fr/ig/fhir/core';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const OID = 'urn:oid:1.2.250.1.213.1.4';

/** Identifiers of the INS by type; those for tests and demonstrations have OIDs of their own. */
const INS = { 'INS-NIR': 8, 'INS-NIA': 9, 'INS-NIR-TEST': 10, 'INS-NIR-DEMO': 11 };

/** A patient whose status is VALI, which FR Core 2.2 gives to a qualified identity. */
const VALIDATED =
  `extension.where(url = '${FR}/StructureDefinition/fr-core-identity-reliability')` +
  `.extension.where(url = 'identityStatus').value.where(code = 'VALI').exists()`;
const OFFICIAL_INS = Object.values(INS)
  .map((arc) => `system = '${OID}.${arc}'`)
  .join(' or ');
const BIRTH_CODE =
  `extension.where(url = '${BIRTH_PLACE}').value` +
  `.extension.where(url = '${FR}/StructureDefinition/fr-core-address-insee-code').value.code`;

const CONSTRAINTS: Constraint[] = [
  {
    key: 'fr-core-1',
    severity: 'error',
    human: 'A validated identity has an official INS',
    expression: `${VALIDATED} implies identifier.where(use = 'official' and (${OFFICIAL_INS})).exists()`,
  },
  {
    key: 'fr-core-2',
    severity: 'error',
    human: 'A validated identity has one official identifier',
    expression: `${VALIDATED} implies identifier.where(use = 'official').count() = 1`,
  },
  {
    key: 'fr-core-3',
    severity: 'warning',
    human: 'The place of birth of a validated identity is known',
    expression: `${VALIDATED} implies ${BIRTH_CODE}.where($this = '99999').empty()`,
  },
];

const identifiers: Record<string, Line> = Object.assign(
  { identifier: slicedBy('value', 'type') },
  ...Object.entries(INS).map(([code, arc]) => ({
    [`identifier:${code}`]: '0..*',
    [`identifier:${code}.use`]: '1..1',
    [`identifier:${code}.type`]: { card: '1..1', ...coded(`${FR}/CodeSystem/fr-core-cs-v2-0203`, code) },
    [`identifier:${code}.system`]: { card: '1..1', pattern: `${OID}.${arc}` },
    [`identifier:${code}.value`]: '1..1',
  })),
);

export const PATIENT_INS: readonly ProfileDefinition[] = [
  profile(`${FR}/StructureDefinition/fr-core-patient-ins`, 'Patient', frCore('Patient', 'new'), {
    '': { constraints: CONSTRAINTS },
    extension: { card: '1..*', ...slicedBy('value', 'url') },
    'extension:birthPlace': { card: '1..1', ...extension(BIRTH_PLACE) },
    ...identifiers,
    name: slicedBy('value', 'use'),
    'name:officialName': '1..1',
    'name:officialName.use': { card: '1..1', pattern: 'official' },
    'name:officialName.family': '1..1',
    'name:officialName.given': '1..1',
    gender: '1..1',
    birthDate: '1..1',
  }),
  {
    ...profile(BIRTH_PLACE, 'Extension', undefined, {
      extension: '0..0',
      url: { fixed: BIRTH_PLACE },
      'value[x]': { card: '1..1', types: [{ code: 'Address' }] },
    }),
    contexts: ['Patient'],
  },
];
