/**
 * The lines of one person in an open extract as entries: the practitioner, the structures and their places, a role for
 * each activity. The file of skills (SavoirFaire) brings the specialties alone.
 */
import { createHash } from 'node:crypto';
import type { CodeableConcept, Coding } from '../../fhir/resource.ts';
import type { Organization, Practitioner, PractitionerRole, Qualification } from '../../fhir/resources.ts';
import { type DirectoryEntry, idPart, PRACTICE_MODE, PROFESSION, SKILL, SPECIALTY } from './entry.ts';
import type { ExtractLine, ExtractTable } from './extract-table.ts';
import { practitionerId, withPlace } from './from-fhir.ts';
import { streetType, townOf } from './postal-address.ts';

const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const IDNST = 'urn:oid:1.2.250.1.71.4.2.2';
const RPPS = 'https://rpps.esante.gouv.fr';
/** Technical id of a structure in the extracts. */
const STRUCTURE = 'https://annuaire.esante.gouv.fr/structure';

export const PERSON = 'identification nationale pp';
const SKILL_CODE = 'code savoir faire';
const STRUCTURE_ID = 'identifiant technique de la structure';

/** `lines`: all of one person. */
export function fromExtract(table: ExtractTable, lines: readonly ExtractLine[], where: string): DirectoryEntry[] {
  const [first] = lines;
  const national = first?.(PERSON) ?? '';
  if (first === undefined || national === '') return [];
  const person = practitioner(first, lines, national);
  const keepsSpecialties = !table.has(SKILL_CODE);
  if (!table.has('code mode exercice')) return [{ resource: person, where }];
  const found: DirectoryEntry[] = [{ resource: person, where, ...(keepsSpecialties ? { keepsSpecialties } : {}) }];
  const seen = new Set<string>();
  for (const line of lines) {
    const structure = structureOf(line);
    const role = roleOf(line, person.id!, national, structure);
    if (seen.has(role.id!)) continue;
    seen.add(role.id!);
    if (structure !== undefined && !seen.has(structure.id!)) {
      seen.add(structure.id!);
      found.push(...withPlace(structure, where));
    }
    found.push({ resource: role, where, ...(keepsSpecialties ? { keepsSpecialties } : {}) });
  }
  return found;
}

function practitioner(first: ExtractLine, lines: readonly ExtractLine[], national: string): Practitioner {
  const isRpps = /^8\d{11}$/.test(national);
  const profession = coding(PROFESSION, first('code profession'), first('libelle profession'));
  const skills = new Map<string, Coding>();
  for (const line of lines) {
    const skill = skillOf(line);
    if (skill?.code !== undefined) skills.set(skill.code, skill);
  }
  const qualification: Qualification[] = [
    ...(profession === undefined ? [] : [{ code: { coding: [profession] } }]),
    ...[...skills.values()].map((skill) => ({ code: { coding: [skill] } })),
  ];
  const [family, given, prefix] = ['nom d exercice', 'prenom d exercice', 'code civilite d exercice'].map(first);
  return {
    resourceType: 'Practitioner',
    id: practitionerId(national),
    identifier: [{ system: IDNPS, value: national }, ...(isRpps ? [{ system: RPPS, value: national.slice(1) }] : [])],
    active: true,
    name: [
      {
        family: family!,
        ...(given === '' ? {} : { given: [given!] }),
        ...(prefix === '' ? {} : { prefix: [prefix!] }),
      },
    ],
    ...(qualification.length === 0 ? {} : { qualification }),
  };
}

/** A specialty of the order (S), or another skill under the code of its kind. */
function skillOf(line: ExtractLine): Coding | undefined {
  const code = line(SKILL_CODE);
  const display = line('libelle savoir faire');
  if (code === '') return undefined;
  const isSpecialty = line('code type savoir faire') === 'S';
  return coding(isSpecialty ? SPECIALTY : SKILL, code, display);
}

function structureOf(line: ExtractLine): Organization | undefined {
  const id = line(STRUCTURE_ID);
  const name = line('raison sociale site') || line('enseigne commerciale site');
  if (id === '' || name === '') return undefined;
  const national = [
    ['1', line('numero finess site')],
    ['3', line('numero siret site')],
  ].flatMap(([prefix, number]) => (number === '' ? [] : [{ system: IDNST, value: `${prefix}${number}` }]));
  const address = addressOf(line);
  return {
    resourceType: 'Organization',
    id: `structure-${idPart(id)}`,
    identifier: [{ system: STRUCTURE, value: id }, ...national],
    active: true,
    name,
    ...(address === undefined ? {} : { address: [address] }),
  };
}

function addressOf(line: ExtractLine): NonNullable<Organization['address']>[number] | undefined {
  const kind = line('libelle type de voie') || streetType(line('code type de voie'));
  const street = [line('numero voie'), line('indice repetition voie'), kind, line('libelle voie')];
  const rows = [
    line('complement destinataire'),
    line('complement point geographique'),
    street.filter((part) => part !== '').join(' '),
    line('mention distribution'),
  ].filter((row) => row !== '');
  // The office of the post has the postal code and the town where the columns of the commune have none.
  const town = townOf(line('libelle commune') || line('bureau cedex'), line('code postal') || postalIn(line));
  if (rows.length === 0 && Object.keys(town).length === 0) return undefined;
  const insee = line('code commune');
  return {
    ...(insee === '' ? {} : { extension: [{ url: INSEE_CODE, valueCoding: { system: TRE_R13, code: insee } }] }),
    ...(rows.length === 0 ? {} : { line: rows }),
    ...town,
  };
}

const INSEE_CODE = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code';
const TRE_R13 = 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM';

function postalIn(line: ExtractLine): string {
  return /^(\d{5})\s/.exec(line('bureau cedex'))?.[1] ?? '';
}

function roleOf(
  line: ExtractLine,
  practitioner: string,
  national: string,
  structure: Organization | undefined,
): PractitionerRole {
  const mode = coding(PRACTICE_MODE, line('code mode exercice'), line('libelle mode exercice'));
  const key = [national, line(STRUCTURE_ID), line('code profession'), mode?.code ?? '', line('code fonction')];
  const code: CodeableConcept[] = mode === undefined ? [] : [{ coding: [mode] }];
  return {
    resourceType: 'PractitionerRole',
    id: `exercice-${createHash('sha256').update(key.join('|')).digest('hex').slice(0, 24)}`,
    active: true,
    practitioner: { reference: `Practitioner/${practitioner}` },
    ...(structure === undefined ? {} : { organization: { reference: `Organization/${structure.id}` } }),
    ...(code.length === 0 ? {} : { code }),
  };
}

function coding(system: string, code: string, display: string): Coding | undefined {
  return code === '' ? undefined : { system, code, ...(display === '' ? {} : { display }) };
}
