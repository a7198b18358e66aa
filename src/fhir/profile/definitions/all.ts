/** Every profile that the server knows by itself. */
import type { ProfileDefinition } from '../definition.ts';
import { CRENEAU_PROFILES } from './creneau.ts';
import { FR_CORE } from './fr-core.ts';
import { GAP_PROFILES } from './gap.ts';
import { SAS_PROFILES } from './sas.ts';

export const PROFILES: readonly ProfileDefinition[] = [
  ...FR_CORE,
  ...GAP_PROFILES,
  ...SAS_PROFILES,
  ...CRENEAU_PROFILES,
];
