/**
 * The code systems and value sets that the profiles bind, as far as the guides name their codes. The lists of the NOS
 * are loaded whole from the published files. Spec: 4
 */
import type { CodeSystem, ValueSet } from './code-system.ts';

const NOS = 'https://mos.esante.gouv.fr/NOS';
const SAS = 'https://interop.esante.gouv.fr/ig/fhir/sas/ValueSet';
const IS = 'http://interopsante.org/fhir';
const HL7FR = 'https://hl7.fr/ig/fhir/core';
const THO = 'http://terminology.hl7.org';

export const TRE_R38 = `${NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`;
const TRE_R314 = `${NOS}/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau`;
const TRE_R66 = `${NOS}/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement`;
const ORIENTATION = 'https://interop.esante.gouv.fr/ig/fhir/sas/CodeSystem/categorie-orientation-sas-codesystem';
const ACT_CODE = `${THO}/CodeSystem/v3-ActCode`;
const APPOINTMENT = `${THO}/CodeSystem/v2-0276`;
const ID_TYPE = `${IS}/CodeSystem/fr-v2-0203`;

function system(
  url: string,
  isComplete: boolean,
  concepts: Record<string, string>,
  caseInsensitive = false,
): CodeSystem {
  return {
    url,
    isComplete,
    caseInsensitive,
    concepts: new Map(Object.entries(concepts).map(([code, display]) => [code, { code, display }])),
  };
}

const ID_TYPES = {
  ADELI: 'N° ADELI',
  RPPS: 'N° RPPS',
  IDNPS: 'Identifiant national de professionnel de santé',
  NNFRA: 'N° national français',
  NDP: 'N° de dossier',
  'INS-C': 'INS calculé',
  'INS-NIA': 'INS NIA',
  'INS-NIR': 'INS NIR',
  FINEJ: 'FINESS entité juridique',
  FINEG: 'FINESS entité géographique',
  SIREN: 'SIREN',
  SIRET: 'SIRET',
  IDNST: 'Identifiant national de structure',
  INTRN: 'Identifiant interne',
  EXTRN: 'Identifiant externe',
};
const PLACE_TYPES = {
  INTRN: 'Identifiant interne',
  EXTRN: 'Identifiant externe',
  GLBL: 'Identifiant global',
  IDNST: 'Identifiant national de structure',
};
const SCHEDULE_TYPES = { free: 'Disponibilité', 'busy-unavailable': 'Indisponibilité' };

export const CODE_SYSTEMS: readonly CodeSystem[] = [
  system(
    TRE_R314,
    true,
    { PUBLIC: 'Grand public', PRO: 'Professionnels de santé', SNP: 'Soins non programmés (régulation)', CPTS: 'CPTS' },
    true,
  ),
  system(ACT_CODE, false, {
    AMB: 'Consultation au cabinet',
    HH: 'Consultation à domicile',
    VR: 'Téléconsultation',
    EMER: 'emergency',
    FLD: 'field',
    IMP: 'inpatient encounter',
    ACUTE: 'inpatient acute',
    NONAC: 'inpatient non-acute',
    OBSENC: 'observation encounter',
    PRENC: 'pre-admission',
    SS: 'short stay',
  }),
  system(APPOINTMENT, true, {
    ROUTINE: 'Avec rendez-vous',
    WALKIN: 'Sans rendez-vous',
    CHECKUP: 'Bilan',
    EMERGENCY: 'Urgence',
    FOLLOWUP: 'Suivi',
  }),
  // A small core of the list of specialties: the others come with the published file.
  system(TRE_R38, false, {
    SM02: 'Anesthésie-réanimation',
    SM04: 'Cardiologie',
    SM05: 'Chirurgie générale',
    SM15: 'Dermatologie et vénéréologie',
    SM20: 'Gynécologie obstétrique',
    SM26: 'Qualifié en médecine générale',
    SM38: 'Ophtalmologie',
    SM40: 'Pédiatrie',
    SM41: 'Pneumologie',
    SM42: 'Psychiatrie',
    SM44: 'Radio-diagnostic',
    SM48: 'Rhumatologie',
    SM53: 'Spécialiste en médecine générale',
    SM54: 'Médecine générale',
  }),
  system(TRE_R66, false, {
    '604': 'Communauté professionnelle territoriale de santé (CPTS)',
    '603': 'Maison de santé',
    '124': 'Centre de santé',
  }),
  system(`${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`, false, { '10': 'Médecin' }),
  system(ORIENTATION, true, {
    '001': 'Professionnel de santé',
    '002': 'Place de marché',
    '003': 'SOS Médecins',
  }),
  // Of these, newer versions of FR Core may have more codes.
  system(ID_TYPE, false, ID_TYPES),
  system(`${HL7FR}/CodeSystem/fr-core-cs-v2-0203`, false, {
    ...ID_TYPES,
    'INS-NIR-TEST': 'INS de test',
    'INS-NIR-DEMO': 'INS de démonstration',
    RPPSRG: 'RPPS rang',
  }),
  system(`${IS}/CodeSystem/fr-location-identifier-type`, false, PLACE_TYPES),
  system(`${HL7FR}/CodeSystem/fr-core-cs-location-identifier-type`, false, PLACE_TYPES),
  system(`${IS}/CodeSystem/fr-schedule-type`, true, SCHEDULE_TYPES),
  system(`${HL7FR}/CodeSystem/fr-core-cs-schedule-type`, true, SCHEDULE_TYPES),
];

const set = (url: string, codeSystem: string, codes?: readonly string[]): ValueSet => ({
  url,
  include: [{ system: codeSystem, ...(codes ? { codes } : {}) }],
});

export const VALUE_SETS: readonly ValueSet[] = [
  set(`${NOS}/JDV_J165-TypeCreneau-SAS/FHIR/JDV-J165-TypeCreneau-SAS`, TRE_R314, ['PUBLIC', 'PRO', 'SNP', 'CPTS']),
  set(`${SAS}/sas-cpts-valueset-typecreneau`, TRE_R314, ['PUBLIC', 'SNP', 'PRO', 'CPTS']),
  set(`${SAS}/sas-sos-valueset-typecreneau`, TRE_R314, ['PUBLIC', 'SNP']),
  set(`${SAS}/sas-valueset-typeconsultation`, ACT_CODE, ['AMB', 'HH', 'VR']),
  set(`${SAS}/sas-valueset-appointmentreason`, APPOINTMENT, ['ROUTINE', 'WALKIN']),
  set(`${SAS}/sas-valueset-categorieetablissement`, TRE_R66, ['604']),
  set(`${SAS}/sas-valueset-typeidentifiant`, ID_TYPE, ['IDNPS', 'INTRN']),
  ...['sas-sos-valueset-participant-status', 'sas-valueset-participant-status'].map((name) =>
    set(`${SAS}/${name}`, 'http://hl7.org/fhir/participationstatus', ['accepted', 'needs-action']),
  ),
  {
    url: `${SAS}/categorie-orientation-sas-valueset`,
    include: [{ system: ORIENTATION }, { system: TRE_R66, codes: ['604', '603', '124'] }],
  },
  set(`${THO}/ValueSet/v3-ActEncounterCode`, ACT_CODE, [
    'AMB',
    'EMER',
    'FLD',
    'HH',
    'IMP',
    'ACUTE',
    'NONAC',
    'OBSENC',
    'PRENC',
    'SS',
    'VR',
  ]),
  set(`${THO}/ValueSet/v2-0276`, APPOINTMENT),
  set(`${IS}/ValueSet/fr-practitioner-specialty`, TRE_R38),
  set(`${HL7FR}/ValueSet/fr-core-vs-practitioner-specialty`, TRE_R38),
  set(`${HL7FR}/ValueSet/fr-core-vs-schedule-frequency`, 'https://www.ietf.org/rfc/rfc2445', [
    'SECONDLY',
    'MINUTELY',
    'HOURLY',
    'DAILY',
    'WEEKLY',
    'MONTHLY',
    'YEARLY',
  ]),
  set(`${HL7FR}/ValueSet/fr-core-vs-patient-gender-INS`, 'http://hl7.org/fhir/administrative-gender', [
    'male',
    'female',
    'unknown',
  ]),
  set(`${IS}/ValueSet/fr-schedule-type`, `${IS}/CodeSystem/fr-schedule-type`),
  set(`${HL7FR}/ValueSet/fr-core-vs-schedule-type`, `${HL7FR}/CodeSystem/fr-core-cs-schedule-type`),
];
