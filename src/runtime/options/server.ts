/** Options: what a server listens on, and where its data lives. */
import type { OptionTable } from './option.ts';
import { baseUrl, oneOf, origin, processes, text, whole, yesNo } from './values.ts';

export const serverOptions = {
  configFile: {
    flag: 'config',
    variable: 'CRENEAU_CONFIG',
    value: 'FILE',
    read: text,
    french:
      'fichier de réglages, une ligne VARIABLE=valeur chacun ; la ligne de commande et les variables l’emportent. ' +
      'Un secret peut être dans un fichier à part, nommé par VARIABLE_FILE',
    english:
      'file of settings, one line VARIABLE=value each; the command line and the environment win over it. ' +
      'A secret may stand in a file of its own, named by VARIABLE_FILE',
  },
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
  databaseReplicas: {
    flag: 'database-replicas',
    variable: 'CRENEAU_DATABASE_REPLICAS',
    value: 'URL',
    repeatable: true,
    read: text,
    french:
      'secondaire de la base auquel les recherches peuvent aller, s’il a tout ce qu’a le primaire (agenda ; ' +
      'répétable) ; une adresse : un serveur',
    english:
      'standby of the database that searches may go to, if it has all that the primary has (agenda; repeatable); one ' +
      'address: one server',
  },
  databaseConnections: {
    flag: 'database-connections',
    variable: 'CRENEAU_DATABASE_CONNECTIONS',
    value: 'N',
    fallback: '10',
    read: whole(1, 500),
    french: 'connexions au serveur PostgreSQL, et à chaque secondaire, pour chaque processus',
    english: 'connections to the PostgreSQL server, and to each replica, of each process',
  },
  workers: {
    flag: 'workers',
    variable: 'CRENEAU_WORKERS',
    value: 'N|auto',
    fallback: '1',
    read: processes,
    french:
      'processus qui servent (agenda ; demande PostgreSQL) ; auto : un par cœur. Connexions et caches sont ceux de ' +
      'chaque processus',
    english:
      'processes that serve (agenda; needs PostgreSQL); auto: one per core. Connections and caches are those of each ' +
      'process',
  },
  stopDelaySeconds: {
    flag: 'stop-delay',
    variable: 'CRENEAU_STOP_DELAY',
    value: 'SECONDS',
    fallback: '0',
    read: whole(0, 300),
    french: "à l'arrêt, temps pendant lequel /health/ready échoue et tout est encore servi",
    english: 'when stopping, how long /health/ready fails while everything is still served',
  },
  stopDeadlineSeconds: {
    flag: 'stop-deadline',
    variable: 'CRENEAU_STOP_DEADLINE',
    value: 'SECONDS',
    fallback: '20',
    read: whole(1, 3600),
    french: "à l'arrêt, temps laissé aux requêtes en cours avant de les couper",
    english: 'when stopping, how long requests under way may take before they are cut',
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
  behindProxy: {
    flag: 'behind-proxy',
    variable: 'CRENEAU_BEHIND_PROXY',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french: 'un mandataire termine TLS devant ce serveur : HTTP en clair est accepté hors de la boucle locale',
    english: 'a proxy ends TLS in front of this server: plain HTTP is accepted off loopback',
  },
  allowedHosts: {
    flag: 'allowed-host',
    variable: 'CRENEAU_ALLOWED_HOSTS',
    value: 'NAME',
    repeatable: true,
    read: (name: string) => name.toLowerCase(),
    french: "nom d'hôte auquel ce serveur répond, avec celui de --public-url (répétable) ; sans cela : tous",
    english: 'host name that this server answers for, beside that of --public-url (repeatable); without it: any',
  },
  corsOrigins: {
    flag: 'cors-origin',
    variable: 'CRENEAU_CORS_ORIGINS',
    value: 'ORIGIN',
    repeatable: true,
    read: origin,
    french:
      'origine (https://app.example) dont les pages peuvent appeler /fhir et lire les calendriers ' +
      'dans un navigateur, sans l’identité que celui-ci détient (répétable) ; sans cela : aucune',
    english:
      'origin (https://app.example) whose pages may call /fhir and read calendars in a browser, without the identity ' +
      'that the browser holds (repeatable); without it: none',
  },
  corsCredentials: {
    flag: 'cors-credentials',
    variable: 'CRENEAU_CORS_CREDENTIALS',
    value: 'ORIGIN',
    repeatable: true,
    read: origin,
    french: 'de même, avec l’identité du navigateur (session, certificat) : seulement pour vos propres pages',
    english: 'the same, with the identity of the browser (session, certificate): for pages of your own only',
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
