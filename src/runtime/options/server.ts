/** Options: what a server listens on, and where its data lives. */
import type { OptionTable } from './option.ts';
import { baseUrl, oneOf, text, whole, yesNo } from './values.ts';

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
    french:
      'serveur PostgreSQL (15 ou plus) à la place de la base embarquée ; plusieurs serveurs : ' +
      '« postgres://a:5432,b:5432/base?target_session_attrs=read-write »',
    english:
      'PostgreSQL server (15 or later) instead of the embedded database; several servers: ' +
      '"postgres://a:5432,b:5432/name?target_session_attrs=read-write"',
  },
  databaseConnections: {
    flag: 'database-connections',
    variable: 'CRENEAU_DATABASE_CONNECTIONS',
    value: 'N',
    fallback: '10',
    read: whole(1, 500),
    french: 'connexions au serveur PostgreSQL, pour chaque processus',
    english: 'connections to the PostgreSQL server, of each process',
  },
  migrationWaitSeconds: {
    flag: 'migration-wait',
    variable: 'CRENEAU_MIGRATION_WAIT',
    value: 'SECONDS',
    fallback: '60',
    read: whole(1, 86_400),
    french: "attente d'une table que d'autres tiennent, lors d'une mise à niveau de la base",
    english: 'wait for a table that others hold, when the database is brought to this version',
  },
  repair: {
    flag: 'repair',
    variable: 'CRENEAU_REPAIR',
    value: '',
    fallback: 'false',
    isSwitch: true,
    read: yesNo,
    french: 'check : répare ce qui peut l’être',
    english: 'check: mends what can be mended',
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
