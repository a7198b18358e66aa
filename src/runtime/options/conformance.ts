/** Options: which profiles are checked, and what becomes of a resource that breaks one. */
import type { OptionTable } from './option.ts';
import { check, text, yesNo } from './values.ts';

export const conformanceOptions = {
  validation: {
    flag: 'validation',
    variable: 'CRENEAU_VALIDATION',
    value: '[PROFILE=]refuse|warn|ignore',
    repeatable: true,
    read: check,
    french:
      "écritures contraires à un profil qu'elles déclarent : refuser, avertir (par défaut), ignorer ; " +
      'PROFILE : son URL, la fin de celle-ci, ou R4 pour les règles du standard (refuse par défaut) ; répétable',
    english:
      'writes that break a profile that they declare: refuse, warn (default), ignore; PROFILE: its URL, the ' +
      'end of it, or R4 for the rules of the standard (default refuse); repeatable',
  },
  definitions: {
    flag: 'definitions',
    variable: 'CRENEAU_DEFINITIONS',
    value: 'PATH',
    repeatable: true,
    read: text,
    french:
      'fichier ou dossier de définitions publiées à connaître en plus : profils, nomenclatures (NOS) et jeux ' +
      'de valeurs, en FHIR JSON ou XML ; répétable',
    english:
      'file or folder of published definitions to know besides: profiles, code systems (NOS) and value sets, ' +
      'as FHIR JSON or XML; repeatable',
  },
  profile: {
    flag: 'profile',
    variable: 'CRENEAU_PROFILE',
    value: 'URL',
    repeatable: true,
    read: text,
    french: 'validate : profil à vérifier, outre ceux que les ressources déclarent ; répétable',
    english: 'validate: profile to check, besides those that the resources declare; repeatable',
  },
  json: {
    flag: 'json',
    variable: 'CRENEAU_JSON',
    value: '',
    fallback: 'false',
    isSwitch: true,
    read: yesNo,
    french: 'validate : compte rendu en JSON',
    english: 'validate: report as JSON',
  },
} as const satisfies OptionTable;
