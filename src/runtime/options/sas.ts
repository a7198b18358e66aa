/** Options: an editor and its platform, a platform and its editors. */
import type { OptionTable } from './option.ts';
import { baseUrl, identifierSystem, text } from './values.ts';

export const sasOptions = {
  editorSystem: {
    flag: 'editor-system',
    variable: 'CRENEAU_EDITOR_SYSTEM',
    value: 'URI',
    read: identifierSystem,
    french: "système d'identifiants propre à l'éditeur (urn:oid:… ou URL) : rendez-vous déclarés au SAS, lieux",
    english: "the editor's own identifier system (urn:oid:... or URL): appointments reported to the SAS, places",
  },
  sasPlatformUrl: {
    flag: 'sas-platform-url',
    variable: 'CRENEAU_SAS_PLATFORM_URL',
    value: 'URL',
    read: baseUrl,
    french: 'base FHIR de la plateforme SAS à qui déclarer les rendez-vous pris par un régulateur (INT_R03)',
    english: 'FHIR base of the SAS platform that is told of the appointments booked by a regulator (INT_R03)',
  },
  sasClientCert: {
    flag: 'sas-client-cert',
    variable: 'CRENEAU_SAS_CLIENT_CERT',
    value: 'FILE',
    read: text,
    french: 'certificat présenté à la plateforme SAS (PEM) ; relu sans redémarrage, comme les deux suivants',
    english: 'certificate shown to the SAS platform (PEM); reloaded without a restart, like the next two',
  },
  sasClientKey: {
    flag: 'sas-client-key',
    variable: 'CRENEAU_SAS_CLIENT_KEY',
    value: 'FILE',
    read: text,
    french: 'sa clé privée (PEM)',
    english: 'its private key (PEM)',
  },
  sasCa: {
    flag: 'sas-ca',
    variable: 'CRENEAU_SAS_CA',
    value: 'FILE',
    read: text,
    french: 'autorités du certificat de la plateforme SAS (PEM) ; absentes : celles du système',
    english: "authorities of the SAS platform's certificate (PEM); without: the system's",
  },
  partners: {
    flag: 'partners',
    variable: 'CRENEAU_PARTNERS',
    value: 'FILE',
    read: text,
    french: 'platform : fichier des éditeurs interrogés (JSON) ; relu sans redémarrage',
    english: 'platform: file of the partners that are asked (JSON); reloaded without a restart',
  },
  partnerCert: {
    flag: 'partner-cert',
    variable: 'CRENEAU_PARTNER_CERT',
    value: 'FILE',
    read: text,
    french: 'platform : certificat présenté aux éditeurs qui n’en ont pas de propre (PEM)',
    english: 'platform: certificate shown to partners that have none of their own (PEM)',
  },
  partnerKey: {
    flag: 'partner-key',
    variable: 'CRENEAU_PARTNER_KEY',
    value: 'FILE',
    read: text,
    french: 'platform : sa clé privée (PEM)',
    english: 'platform: its private key (PEM)',
  },
  partnerCa: {
    flag: 'partner-ca',
    variable: 'CRENEAU_PARTNER_CA',
    value: 'FILE',
    read: text,
    french: 'platform : autorités des éditeurs (PEM)',
    english: 'platform: authorities of the partners (PEM)',
  },
} as const satisfies OptionTable;
