/** Options: the server that a command calls. */
import type { OptionTable } from './option.ts';
import { baseUrl, text } from './values.ts';

export const remoteOptions = {
  to: {
    flag: 'to',
    variable: 'CRENEAU_TO',
    value: 'URL',
    read: baseUrl,
    french: 'load, outbox, audit : base FHIR du serveur à qui s’adresser, au lieu de la base de données',
    english: 'load, outbox, audit: FHIR base of the server to talk to, instead of the database',
  },
  toToken: {
    flag: 'to-token',
    variable: 'CRENEAU_TO_TOKEN',
    value: 'FILE',
    read: text,
    french: 'load, outbox, audit : fichier du jeton à présenter à ce serveur (--auth token)',
    english: 'load, outbox, audit: file with the token to show to that server (--auth token)',
  },
  toCert: {
    flag: 'to-cert',
    variable: 'CRENEAU_TO_CERT',
    value: 'FILE',
    read: text,
    french: 'load, outbox, audit : certificat à lui présenter (PEM) (--auth mtls)',
    english: 'load, outbox, audit: certificate to show to it (PEM) (--auth mtls)',
  },
  toKey: {
    flag: 'to-key',
    variable: 'CRENEAU_TO_KEY',
    value: 'FILE',
    read: text,
    french: 'sa clé privée (PEM)',
    english: 'its private key (PEM)',
  },
  toCa: {
    flag: 'to-ca',
    variable: 'CRENEAU_TO_CA',
    value: 'FILE',
    read: text,
    french: 'load, outbox, audit : autorités du certificat de ce serveur (PEM) ; absentes : celles du système',
    english: "load, outbox, audit: authorities of that server's certificate (PEM); without: the system's",
  },
} as const satisfies OptionTable;
