/**
 * A resource of the national directory on its way into the store: in the form that the guides search. Its references
 * are ids of ours already, or `alias:` and the directory's own one where only the store knows whose it is.
 */
import type { CodeableConcept, Coding, Identifier } from '../../fhir/resource.ts';
import type { Location, Organization, Practitioner, PractitionerRole } from '../../fhir/resources.ts';

export type DirectoryResource = Practitioner | Organization | Location | PractitionerRole;

export interface DirectoryEntry {
  /** Its id is the one that it gets if nobody knows it yet. */
  resource: DirectoryResource;
  /** The file and line, for the report. */
  where: string;
  /** The specialties of a practitioner come from a file of their own: those that are stored stay. */
  keepsSpecialties?: boolean;
}

/** System of the identifier that holds the directory's own reference (`Practitioner/003-123`). */
export const DIRECTORY_ALIAS = 'https://annuaire.esante.gouv.fr';
export const ALIAS = 'alias:';

/** Marks the resources that the directory has brought: it owns their names, addresses, professions and states. */
export const DIRECTORY_TAG: Coding = { system: 'urn:creneau:fhir:source', code: 'annuaire-sante' };

const NOS = 'https://mos.esante.gouv.fr/NOS';
export const PROFESSION = `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`;
export const SPECIALTY = `${NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`;
export const PRACTICE_MODE = `${NOS}/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice`;
export const SKILL = `${NOS}/TRE_R04-TypeSavoirFaire/FHIR/TRE-R04-TypeSavoirFaire`;

/** Tables of professions and of skills, as the directory names their systems. */
const PROFESSIONS = /TRE[_-](G15|R94|R95|R291)(?!\d)/;
const SPECIALTIES = /TRE[_-]R38(?!\d)/;
const OWNED = /TRE[_-](G15|R94|R95|R291|R09|R04|R38|R39|R40|R4[2-5]|R97|R48|R14)(?!\d)/;

const isOf = (tables: RegExp, { system = '' }: Coding): boolean => tables.test(system);

export function professionsIn(practitioner: Practitioner): CodeableConcept[] {
  return conceptsIn(practitioner, PROFESSIONS);
}

export function specialtiesIn(practitioner: Practitioner): CodeableConcept[] {
  return conceptsIn(practitioner, SPECIALTIES);
}

function conceptsIn({ qualification = [] }: Practitioner, tables: RegExp): CodeableConcept[] {
  return qualification
    .map(({ code }) => (code.coding ?? []).filter((coding) => isOf(tables, coding)))
    .filter((coding) => coding.length > 0)
    .map((coding) => ({ coding }));
}

/** Is it a qualification that only the directory writes? */
export function isDirectoryCode(concept: CodeableConcept): boolean {
  return (concept.coding ?? []).some((coding) => isOf(OWNED, coding));
}

export function isSpecialty(concept: CodeableConcept): boolean {
  return (concept.coding ?? []).some((coding) => isOf(SPECIALTIES, coding) || coding.system === SKILL);
}

/** A text as part of an id. */
export function idPart(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 50);
}

export function aliasIdentifier(reference: string): Identifier {
  return { system: DIRECTORY_ALIAS, value: reference };
}

/** The place of a structure: the guides search the address of a role at its place. */
export function placeOf({ id, name, address }: Organization): Location | undefined {
  const [first] = address ?? [];
  if (first === undefined) return undefined;
  return {
    resourceType: 'Location',
    id: `lieu-${id}`.slice(0, 64),
    status: 'active',
    ...(name === undefined ? {} : { name }),
    address: first,
    managingOrganization: { reference: `Organization/${id}` },
  };
}
