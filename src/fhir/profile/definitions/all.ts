/** Every profile that the server knows by itself. */
import type { ProfileDefinition } from '../definition.ts';
import { ANNUAIRE } from './annuaire.ts';
import { BACKPORT_PROFILES } from './backport.ts';
import { CRENEAU_PROFILES } from './creneau.ts';
import { FR_CORE } from './fr-core.ts';
import { GAP_PROFILES } from './gap.ts';
import { PATIENT_INS } from './patient-ins.ts';
import { sasProfiles } from './sas.ts';
import { SAS_VERSION, type SasVersion } from './sas-names.ts';

/** Others publish them whole; here are the rules that concern agendas. */
const EXCERPTS: readonly ProfileDefinition[] = [...FR_CORE, ...PATIENT_INS, ...ANNUAIRE, ...BACKPORT_PROFILES].map(
  (definition) => ({
    ...definition,
    isExcerpt: true,
  }),
);

/** Versions of the SAS guide share their canonical URLs: a set of profiles holds one version. */
export function profilesWith(version: SasVersion): readonly ProfileDefinition[] {
  return [...EXCERPTS, ...GAP_PROFILES, ...sasProfiles(version), ...CRENEAU_PROFILES];
}

export const PROFILES = profilesWith(SAS_VERSION);
