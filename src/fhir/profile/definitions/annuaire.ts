/**
 * The profiles of the national directory (Annuaire Santé) that the Bundles of GAP name: the rules that its versions
 * 1.0.1 to 1.2.0 have in common. Spec: 1.12
 */
import type { ProfileDefinition } from '../definition.ts';
import { frCore } from './fr-core.ts';
import { type Line, profile, reference, required, slicedBy } from './write.ts';

const AS = 'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition';
const R4 = 'http://hl7.org/fhir/StructureDefinition';
const NOS = 'https://mos.esante.gouv.fr/NOS';

export const AS_PRACTITIONER = `${AS}/as-practitioner`;
export const AS_PRACTITIONER_ROLE = `${AS}/as-practitionerrole`;
export const AS_ORGANIZATION = `${AS}/as-organization`;

/** `TRE_R22-GenreActivite` -> its address, and that of a value set `JDV_...`. */
const nos = (name: string): string => `${NOS}/${name}/FHIR/${name.replace('_', '-')}`;

/** The nomenclatures of the codes of a role, each once at most: `[code system, value set]`. */
const ROLE_CODES: Record<string, readonly [string, string]> = {
  CategorieProfession: ['TRE_R09-CategorieProfessionnelle', 'JDV_J89-CategorieProfessionnelle-RASS'],
  professionG15: ['TRE_G15-ProfessionSante', 'JDV_J106-EnsembleProfession-RASS'],
  professionR94: ['TRE_R94-ProfessionSocial', 'JDV_J106-EnsembleProfession-RASS'],
  professionR95: ['TRE_R95-UsagerTitre', 'JDV_J106-EnsembleProfession-RASS'],
  professionR291: ['TRE_R291-AutreProfession', 'JDV_J106-EnsembleProfession-RASS'],
  genreActivite: ['TRE_R22-GenreActivite', 'JDV_J94-GenreActivite-RASS'],
  modeExercice: ['TRE_R23-ModeExercice', 'JDV_J95-ModeExercice-RASS'],
  fonctionR21: ['TRE_R21-Fonction', 'JDV_J108-EnsembleFonction-RASS'],
  fonctionR96: ['TRE_R96-AutreFonctionSanitaire', 'JDV_J108-EnsembleFonction-RASS'],
  fonctionR85: ['TRE_R85-RolePriseCharge', 'JDV_J108-EnsembleFonction-RASS'],
};

const roleCodes: Record<string, Line> = Object.assign(
  { 'code.coding': slicedBy('value', 'system') },
  ...Object.entries(ROLE_CODES).map(([slice, [system, valueSet]]) => ({
    [`code.coding:${slice}`]: { card: '0..1', ...required(nos(valueSet)) },
    [`code.coding:${slice}.system`]: { card: '1..1', pattern: nos(system) },
  })),
);

export const ANNUAIRE: readonly ProfileDefinition[] = [
  profile(AS_PRACTITIONER, 'Practitioner', frCore('Practitioner', 'new'), {
    communication: required(nos('JDV_J82-Langue-RASS')),
  }),
  profile(AS_PRACTITIONER_ROLE, 'PractitionerRole', undefined, { practitioner: '1..1', ...roleCodes }),
  profile(AS_ORGANIZATION, 'Organization', frCore('Organization', 'new'), {
    identifier: slicedBy('pattern', 'system'),
    'identifier:idNatSt': '0..1',
    'identifier:idNatSt.use': { pattern: 'official' },
    'identifier:idNatSt.system': { card: '1..1', pattern: 'urn:oid:1.2.250.1.71.4.2.2' },
    'identifier:idNatSt.value': '1..1',
    partOf: reference([frCore('Organization', 'new'), AS_ORGANIZATION, `${R4}/Organization`]),
  }),
];
