/** Every profile that the server knows by itself. */
import type { ProfileDefinition } from '../definition.ts';
import { CRENEAU_PROFILES } from './creneau.ts';
import { FR_CORE } from './fr-core.ts';
import { GAP_PROFILES } from './gap.ts';
import { sasProfiles } from './sas.ts';
import { SAS_VERSION, type SasVersion } from './sas-names.ts';

/** Versions of the SAS guide share their canonical URLs: a set of profiles holds one version. */
export function profilesWith(version: SasVersion): readonly ProfileDefinition[] {
  return [...FR_CORE, ...GAP_PROFILES, ...sasProfiles(version), ...CRENEAU_PROFILES];
}

export const PROFILES = profilesWith(SAS_VERSION);
