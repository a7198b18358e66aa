/**
 * The identity of a patient as the national rules of identification see it (INS): four statuses, the official traits,
 * and the two acts that confirm them, an answer of the teleservice INSi and a look at an identity document.
 * FR Core 2.2 writes PROV and VALI; a qualified identity is a validated one with an official INS. Spec: 1.5
 */
import { extensionsOf, extensionUrl, extensionValue, partsOf } from '../extension.ts';
import type { Coding, Extension, HumanName, Identifier, Json } from '../resource.ts';
import { list, type Patient } from '../resources.ts';
import { normalise } from '../search/text.ts';

export type IdentityStatus = 'provisional' | 'retrieved' | 'validated' | 'qualified';

const FR = 'https://hl7.fr/ig/fhir/core';
const OID = 'urn:oid:1.2.250.1.213.1.4';
const TYPES = `${FR}/CodeSystem/fr-core-cs-v2-0203`;
const STATUSES = `${FR}/CodeSystem/fr-core-cs-v2-0445`;
const METHODS = `${FR}/CodeSystem/fr-core-cs-method-collection`;
const DOCUMENTS = `${FR}/CodeSystem/fr-core-cs-mode-validation-identity`;
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const INSEE_CODE = `${FR}/StructureDefinition/fr-core-address-insee-code`;
const BIRTH_NAMES = `${FR}/StructureDefinition/fr-core-patient-birth-list-given-name`;

/** The kinds of INS by their OID; the last two are those of tests and demonstrations. */
const KINDS: ReadonlyMap<string, string> = new Map([
  [`${OID}.8`, 'INS-NIR'],
  [`${OID}.9`, 'INS-NIA'],
  [`${OID}.10`, 'INS-NIR-TEST'],
  [`${OID}.11`, 'INS-NIR-DEMO'],
]);

/** Documents that confirm an identity: identity card, passport, family booklet, birth certificate. */
export const IDENTITY_DOCUMENTS = ['CN', 'PA', 'LE', 'AN'] as const;
export type IdentityDocument = (typeof IDENTITY_DOCUMENTS)[number];

/** An identity as the teleservice gives it. */
export interface NationalIdentity {
  /** Number and key, 15 characters. */
  matricule: string;
  /** `urn:oid:1.2.250.1.213.1.4.8` and its like. */
  system: string;
  family: string;
  /** In the order of the civil register, separated by spaces. */
  given: string;
  gender: 'male' | 'female';
  birthDate: string;
  /** Code of the commune or country (COG). */
  birthPlace: string;
}

export function isInsSystem(system: string): boolean {
  return KINDS.has(system);
}

/** The security number of a patient shares its system with the INS: the type tells them apart. */
function isIns({ system = '', type }: Identifier): boolean {
  return KINDS.has(system) && !list(type?.coding).some(({ code }) => code === 'NH');
}

function officialIns(patient: Patient): Identifier | undefined {
  return list(patient.identifier).find((identifier) => isIns(identifier) && identifier.use === 'official');
}

export function identityStatusOf(patient: Patient): IdentityStatus {
  const hasIns = officialIns(patient) !== undefined;
  const codes = statusCodes(patient);
  if (codes.some((code) => code === 'VALI' || code === 'QUAL')) return hasIns ? 'qualified' : 'validated';
  return hasIns ? 'retrieved' : 'provisional';
}

/** `system|value` of the INS of a qualified identity. */
export function qualifiedIns(patient: Patient): string | undefined {
  const ins = officialIns(patient);
  return ins === undefined || identityStatusOf(patient) !== 'qualified' ? undefined : `${ins.system}|${ins.value}`;
}

function statusCodes(patient: Patient): string[] {
  return extensionsOf(patient, 'identityReliability')
    .flatMap((whole) => partsOf(whole, 'identityStatus'))
    .map(({ extension }) => extensionValue(extension)?.code)
    .filter((code) => typeof code === 'string');
}

/**
 * The part that only a confirmed act may change, as a text that can be compared: INS, status, and the traits once they
 * are confirmed.
 */
export function confirmedPart(patient: Patient | undefined): string {
  if (patient === undefined) return '';
  const ins = list(patient.identifier).filter(isIns);
  const status = identityStatusOf(patient);
  if (status === 'provisional' && ins.length === 0) return '';
  const { gender, birthDate, name } = patient;
  const official = list(name).filter(({ use }) => use === 'official');
  const birthPlace = list(patient.extension).filter(({ url }) => url === BIRTH_PLACE);
  return JSON.stringify([ins, status, statusCodes(patient), official, gender, birthDate, birthPlace]);
}

/** Names that somebody typed: official is only the name that an act has confirmed. */
export function withUsualNames(patient: Patient): Patient {
  if (!list(patient.name).some(({ use }) => use === 'official')) return patient;
  return { ...patient, name: list(patient.name).map((name) => (name.use === 'official' ? usual(name) : name)) };
}

function usual(name: HumanName): HumanName {
  return { ...name, use: 'usual' };
}

/** Elements whose values differ between the patient and the answer of the teleservice. */
export function differences(patient: Patient, identity: NationalIdentity): string[] {
  const [name] = namesOf(patient);
  const { gender, birthDate } = patient;
  const pairs: [string, string | undefined, string][] = [
    ['family', name?.family, identity.family],
    ['given', name?.given?.[0], firstOf(identity.given, name?.given?.[0])],
    ['gender', gender, identity.gender],
    ['birthDate', birthDate, identity.birthDate],
  ];
  return pairs
    .filter(([, own, found]) => own !== undefined && normalise(own) !== normalise(found))
    .map(([path]) => path);
}

/** Compound first names have spaces as well: as many words as the patient gives. */
function firstOf(given: string, own: string | undefined): string {
  const words = normalise(own ?? '').split(' ').length;
  return given
    .split(/[\s-]+/)
    .slice(0, words)
    .join(' ');
}

/** The official name before the usual one. */
export function namesOf(patient: Patient): HumanName[] {
  const names = list(patient.name).filter(({ use }) => use !== 'old' && use !== 'anonymous');
  return [...names.filter(({ use }) => use === 'official'), ...names.filter(({ use }) => use !== 'official')];
}

/** The patient with the official traits and the INS. An INS that it replaces stays, as an old one. */
export function withNationalIdentity(patient: Patient, identity: NationalIdentity, day: string): Patient {
  const { matricule, system, family, given, gender, birthDate, birthPlace } = identity;
  const others = list(patient.identifier)
    .filter((identifier) => !(isIns(identifier) && identifier.value === matricule))
    .map((identifier) => (isIns(identifier) ? { ...identifier, use: 'old' } : identifier));
  const kept = list(patient.name).filter(({ use }) => use !== 'official');
  const typed = list(patient.name)
    .filter(({ use }) => use === 'official')
    .map(usual);
  const [first = given] = given.split(' ');
  return {
    ...patient,
    extension: [
      ...list(patient.extension).filter(({ url }) => url !== BIRTH_PLACE),
      {
        url: BIRTH_PLACE,
        valueAddress: { extension: [{ url: INSEE_CODE, valueCoding: { code: birthPlace } }] },
      },
    ]
      .filter((extension) => !isReliability(extension))
      .concat(reliability(patient, { methodCollection: { system: METHODS, code: 'INSI' }, dateCollection: day })),
    identifier: [
      ...others,
      { use: 'official', type: { coding: [{ system: TYPES, code: KINDS.get(system)! }] }, system, value: matricule },
    ],
    name: [
      {
        use: 'official',
        family,
        given: [first],
        extension: [{ url: BIRTH_NAMES, valueString: given }],
      },
      ...(kept.length > 0 ? kept : typed.filter(({ family: own }) => normalise(own ?? '') !== normalise(family))),
    ],
    gender,
    birthDate,
  };
}

/** The patient whose traits somebody has compared with a document. */
export function withDocument(patient: Patient, document: IdentityDocument, day: string): Patient {
  return {
    ...patient,
    extension: [
      ...list(patient.extension).filter((extension) => !isReliability(extension)),
      reliability(patient, {
        identityStatus: { system: STATUSES, code: 'VALI' },
        validationDate: day,
        validationMode: { system: DOCUMENTS, code: document },
      }),
    ],
    name: officialFirst(list(patient.name)),
  };
}

function officialFirst(names: readonly HumanName[]): HumanName[] {
  if (names.some(({ use }) => use === 'official')) return [...names];
  return names.map((name, place) => (place === 0 ? { ...name, use: 'official' } : name));
}

type Reliability = Partial<Record<'methodCollection' | 'identityStatus' | 'validationMode', Coding>> &
  Partial<Record<'dateCollection' | 'validationDate', string>>;

/** The extension with these parts in place of its own; without a status it is provisional. */
function reliability(patient: Patient, parts: Reliability): Extension {
  const [present] = extensionsOf(patient, 'identityReliability');
  const changed = { identityStatus: undefined, ...parts };
  const kept = list(present?.extension.extension).filter(
    ({ url }) => !(url in parts) && !(url === 'identityStatus' && changed.identityStatus !== undefined),
  );
  const added = Object.entries(parts).map(([url, value]) =>
    typeof value === 'string' ? { url, valueDate: value } : { url, valueCoding: value },
  );
  const status = [...kept, ...added].some(({ url }) => url === 'identityStatus')
    ? []
    : [{ url: 'identityStatus', valueCoding: { system: STATUSES, code: 'PROV' } }];
  return { url: extensionUrl('identityReliability'), extension: [...kept, ...added, ...status] };
}

function isReliability({ url }: Json): boolean {
  return url === extensionUrl('identityReliability');
}
