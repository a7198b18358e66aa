/** Options: loading the national directory. */
import type { OptionTable } from './option.ts';
import { text, yesNo } from './values.ts';

export const directoryOptions = {
  dryRun: {
    flag: 'dry-run',
    variable: 'CRENEAU_DRY_RUN',
    value: '',
    fallback: 'false',
    isSwitch: true,
    read: yesNo,
    french: 'load-directory : dit ce qui changerait, et n’écrit rien',
    english: 'load-directory: says what would change, and writes nothing',
  },
  directoryKey: {
    flag: 'directory-key',
    variable: 'CRENEAU_DIRECTORY_KEY',
    value: 'FILE',
    read: text,
    french: "load-directory : fichier de la clé de l'API de l'Annuaire Santé (ESANTE-API-KEY)",
    english: 'load-directory: file with the key of the API of the directory (ESANTE-API-KEY)',
  },
} as const satisfies OptionTable;
