/** Options: what a server listens on, and where its data lives. */
import type { OptionTable } from './option.ts';
import { baseUrl, oneOf, text, whole } from './values.ts';

export const serverOptions = {
  port: {
    flag: 'port',
    variable: 'PORT',
    value: 'N',
    fallback: '8080',
    read: whole(0, 65535),
    french: "port d'écoute",
    english: 'port to listen on',
  },
  host: {
    flag: 'host',
    variable: 'HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    read: text,
    french: "adresse d'écoute",
    english: 'address to listen on',
  },
  data: {
    flag: 'data',
    variable: 'CRENEAU_DATA',
    value: 'DIR',
    fallback: './data',
    read: text,
    french: 'dossier de la base embarquée ; « memory: » ne garde rien',
    english: 'folder of the embedded database; "memory:" keeps nothing',
  },
  databaseUrl: {
    flag: 'database-url',
    variable: 'DATABASE_URL',
    value: 'URL',
    read: text,
    french: 'serveur PostgreSQL (15 ou plus) à la place de la base embarquée',
    english: 'PostgreSQL server (15 or later) instead of the embedded database',
  },
  databaseConnections: {
    flag: 'database-connections',
    variable: 'CRENEAU_DATABASE_CONNECTIONS',
    value: 'N',
    fallback: '20',
    read: whole(1, 500),
    french: 'connexions au serveur PostgreSQL',
    english: 'connections to the PostgreSQL server',
  },
  publicUrl: {
    flag: 'public-url',
    variable: 'CRENEAU_PUBLIC_URL',
    value: 'URL',
    read: baseUrl,
    french: 'adresse publique, derrière un mandataire',
    english: 'public address, behind a proxy',
  },
  logLevel: {
    flag: 'log-level',
    variable: 'CRENEAU_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    french: 'niveau du journal : debug, info, warn, error, silent',
    english: 'log level: debug, info, warn, error, silent',
  },
} as const satisfies OptionTable;
