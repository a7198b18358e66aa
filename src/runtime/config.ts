/**
 * Every option of the command line, which is also an environment variable, in one table: read once at start, checked,
 * and printed by `--help`. Nothing else reads `process.env`.
 */
import { parseArgs } from 'node:util';
import {
  brokerUrl,
  check,
  identifierSystem,
  isLoopback,
  issuer,
  network,
  oneOf,
  text,
  whole,
  yesNo,
} from './option-values.ts';

export interface Config {
  port: number;
  host: string;
  data: string;
  databaseUrl: string | undefined;
  databaseConnections: number;
  auth: 'off' | 'token' | 'mtls';
  callers: string | undefined;
  tlsCert: string | undefined;
  tlsKey: string | undefined;
  tlsClientCa: string | undefined;
  tlsCrl: string[];
  trustedProxy: string[];
  oidcIssuer: string | undefined;
  oidcClientId: string | undefined;
  oidcClientSecret: string | undefined;
  oidcScope: string;
  oidcAcrValues: string | undefined;
  people: string | undefined;
  demoLogin: boolean;
  sessionIdleMinutes: number;
  sessionHours: number;
  editorSystem: string | undefined;
  sasPlatformUrl: string | undefined;
  sasClientCert: string | undefined;
  sasClientKey: string | undefined;
  sasCa: string | undefined;
  publicUrl: string | undefined;
  logLevel: string;
  to: string | undefined;
  toToken: string | undefined;
  toCert: string | undefined;
  toKey: string | undefined;
  toCa: string | undefined;
  partners: string | undefined;
  partnerCert: string | undefined;
  partnerKey: string | undefined;
  partnerCa: string | undefined;
  platformPort: number;
  mood: Mood;
  maxBodyBytes: number;
  maxUrlChars: number;
  defaultPage: number;
  maxPage: number;
  maxIncludes: number;
  maxOrValues: number;
  maxWindowDays: number;
  maxAgendas: number;
  maxBatchEntries: number;
  deadlineSeconds: number;
  cacheMegabytes: number;
  slotMinutes: number;
  pastToleranceMinutes: number;
  requestsTakeTime: boolean;
  validation: CheckSetting[];
  definitions: string[];
  profile: string[];
  json: boolean;
  feedDays: number;
  holdSeconds: number;
  smtpUrl: string | undefined;
  mailFrom: string;
  reminderHours: number;
  allowPrivateEndpoints: boolean;
  subscriptionAttempts: number;
  seed: number;
  amqpUrl: string | undefined;
  amqpCa: string | undefined;
  amqpCert: string | undefined;
  amqpKey: string | undefined;
  hubClientId: string;
  hubExchange: string;
  hubTtlMinutes: number;
  samu: string | undefined;
  lrmJournal: string | undefined;
  lrmAttitude: 'acknowledge' | 'refuse' | 'silent';
}

/** How a simulated partner behaves. */
const MOODS = ['good', 'slow', 'drip', 'dead', '500', 'rubbish', 'huge', 'duplicate', 'wrong-tls'] as const;
export type Mood = (typeof MOODS)[number];

/** What becomes of a write that breaks a profile (`R4`: the standard's own rules; absent: every other profile). */
export interface CheckSetting {
  profile?: string;
  strictness: 'refuse' | 'warn' | 'ignore';
}

interface Option {
  key: keyof Config;
  flag: string;
  variable: string;
  value: string;
  fallback: string | undefined;
  /** Takes no value on the command line (`--json`); `true` in the environment. */
  isSwitch?: true;
  /** May be given several times, and separated by commas in the environment variable; `read` reads each. */
  repeatable?: true;
  /** Throws with the expected form. */
  read: (text: string) => Config[keyof Config];
  french: string;
  english: string;
}

export const OPTIONS: readonly Option[] = [
  {
    key: 'port',
    flag: 'port',
    variable: 'PORT',
    value: 'N',
    fallback: '8080',
    read: whole(0, 65535),
    french: "port d'écoute",
    english: 'port to listen on',
  },
  {
    key: 'host',
    flag: 'host',
    variable: 'HOST',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    read: text,
    french: "adresse d'écoute",
    english: 'address to listen on',
  },
  {
    key: 'data',
    flag: 'data',
    variable: 'CRENEAU_DATA',
    value: 'DIR',
    fallback: './data',
    read: text,
    french: 'dossier de la base embarquée ; « memory: » ne garde rien',
    english: 'folder of the embedded database; "memory:" keeps nothing',
  },
  {
    key: 'databaseUrl',
    flag: 'database-url',
    variable: 'DATABASE_URL',
    value: 'URL',
    fallback: undefined,
    read: text,
    french: 'serveur PostgreSQL (15 ou plus) à la place de la base embarquée',
    english: 'PostgreSQL server (15 or later) instead of the embedded database',
  },
  {
    key: 'databaseConnections',
    flag: 'database-connections',
    variable: 'CRENEAU_DATABASE_CONNECTIONS',
    value: 'N',
    fallback: '20',
    read: whole(1, 500),
    french: 'connexions au serveur PostgreSQL',
    english: 'connections to the PostgreSQL server',
  },
  {
    key: 'auth',
    flag: 'auth',
    variable: 'CRENEAU_AUTH',
    value: 'off|token|mtls',
    fallback: 'off',
    read: oneOf('off', 'token', 'mtls'),
    french: "authentification des appelants ; « off » n'est permis que sur la boucle locale",
    english: 'authentication of callers; "off" is allowed on loopback only',
  },
  {
    key: 'callers',
    flag: 'callers',
    variable: 'CRENEAU_CALLERS',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'fichier des appelants (noms, rôles, empreintes de jetons, CN et OU des certificats)',
    english: 'file of the callers (names, roles, hashes of tokens, CN and OU of certificates)',
  },
  {
    key: 'tlsCert',
    flag: 'tls-cert',
    variable: 'CRENEAU_TLS_CERT',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'certificat du serveur et ses intermédiaires (PEM) ; relu sans redémarrage, comme les fichiers suivants',
    english: "the server's certificate and its intermediates (PEM); reloaded without a restart, like the files below",
  },
  {
    key: 'tlsKey',
    flag: 'tls-key',
    variable: 'CRENEAU_TLS_KEY',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'clé privée du serveur (PEM)',
    english: "the server's private key (PEM)",
  },
  {
    key: 'tlsClientCa',
    flag: 'tls-client-ca',
    variable: 'CRENEAU_TLS_CLIENT_CA',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'autorités des certificats clients : racines et intermédiaires (PEM)',
    english: 'authorities of the client certificates: roots and intermediates (PEM)',
  },
  {
    key: 'tlsCrl',
    flag: 'tls-crl',
    variable: 'CRENEAU_TLS_CRL',
    value: 'FILE',
    fallback: undefined,
    repeatable: true,
    read: text,
    french: 'liste de révocation (PEM ou DER), une par autorité ; répétable',
    english: 'revocation list (PEM or DER), one for each authority; repeatable',
  },
  {
    key: 'trustedProxy',
    flag: 'trusted-proxy',
    variable: 'CRENEAU_TRUSTED_PROXY',
    value: 'ADDRESS',
    fallback: undefined,
    repeatable: true,
    read: network,
    french: "adresse ou réseau d'un mandataire qui transmet le certificat dans l'en-tête Client-Cert ; répétable",
    english: 'address or network of a proxy that forwards the certificate in the header Client-Cert; repeatable',
  },
  {
    key: 'oidcIssuer',
    flag: 'oidc-issuer',
    variable: 'CRENEAU_OIDC_ISSUER',
    value: 'URL',
    fallback: undefined,
    read: issuer,
    french:
      "service d'identification des personnes (OpenID Connect, Pro Santé Connect) ; les appels sans session ni jeton sont alors refusés",
    english: 'identity provider of people (OpenID Connect); calls without session or token are then refused',
  },
  {
    key: 'oidcClientId',
    flag: 'oidc-client-id',
    variable: 'CRENEAU_OIDC_CLIENT_ID',
    value: 'ID',
    fallback: undefined,
    read: text,
    french: "identifiant de ce serveur auprès du service d'identification",
    english: 'name of this server at the identity provider',
  },
  {
    key: 'oidcClientSecret',
    flag: 'oidc-client-secret',
    variable: 'CRENEAU_OIDC_CLIENT_SECRET',
    value: 'SECRET',
    fallback: undefined,
    read: text,
    french: "secret de ce serveur auprès du service d'identification (de préférence par la variable)",
    english: 'secret of this server at the identity provider (better given by the variable)',
  },
  {
    key: 'oidcScope',
    flag: 'oidc-scope',
    variable: 'CRENEAU_OIDC_SCOPE',
    value: 'SCOPE',
    fallback: 'openid profile email',
    read: text,
    french: 'ce qui est demandé au service ; Pro Santé Connect : « openid scope_all »',
    english: 'what the provider is asked for; Pro Santé Connect: "openid scope_all"',
  },
  {
    key: 'oidcAcrValues',
    flag: 'oidc-acr-values',
    variable: 'CRENEAU_OIDC_ACR_VALUES',
    value: 'LEVEL',
    fallback: undefined,
    read: text,
    french: "niveau d'authentification demandé ; Pro Santé Connect : « eidas1 »",
    english: 'level of authentication asked for; Pro Santé Connect: "eidas1"',
  },
  {
    key: 'people',
    flag: 'people',
    variable: 'CRENEAU_PEOPLE',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'fichier des personnes et de leurs rôles (docs/access.md) ; relu sans redémarrage',
    english: 'file of the people and their roles (docs/access.md); reloaded without a restart',
  },
  {
    key: 'demoLogin',
    flag: 'demo-login',
    variable: 'CRENEAU_DEMO_LOGIN',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french: 'choix parmi des personnes fictives au lieu d’une identification ; sur la boucle locale seulement',
    english: 'a choice of fictional people instead of a login; on loopback only',
  },
  {
    key: 'sessionIdleMinutes',
    flag: 'session-idle',
    variable: 'CRENEAU_SESSION_IDLE',
    value: 'MINUTES',
    fallback: '60',
    read: whole(1, 1440),
    french: 'une session finit après ce temps sans usage',
    english: 'a session ends after this time without use',
  },
  {
    key: 'sessionHours',
    flag: 'session-hours',
    variable: 'CRENEAU_SESSION_HOURS',
    value: 'HOURS',
    fallback: '10',
    read: whole(1, 168),
    french: 'une session finit après ce temps en tout cas',
    english: 'a session ends after this time in any case',
  },
  {
    key: 'editorSystem',
    flag: 'editor-system',
    variable: 'CRENEAU_EDITOR_SYSTEM',
    value: 'URI',
    fallback: undefined,
    read: identifierSystem,
    french: "système d'identifiants propre à l'éditeur (urn:oid:… ou URL) : rendez-vous déclarés au SAS, lieux",
    english: "the editor's own identifier system (urn:oid:... or URL): appointments reported to the SAS, places",
  },
  {
    key: 'sasPlatformUrl',
    flag: 'sas-platform-url',
    variable: 'CRENEAU_SAS_PLATFORM_URL',
    value: 'URL',
    fallback: undefined,
    read: (value) => new URL(value).href.replace(/\/$/, ''),
    french: 'base FHIR de la plateforme SAS à qui déclarer les rendez-vous pris par un régulateur (INT_R03)',
    english: 'FHIR base of the SAS platform that is told of the appointments booked by a regulator (INT_R03)',
  },
  {
    key: 'sasClientCert',
    flag: 'sas-client-cert',
    variable: 'CRENEAU_SAS_CLIENT_CERT',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'certificat présenté à la plateforme SAS (PEM) ; relu sans redémarrage, comme les deux suivants',
    english: 'certificate shown to the SAS platform (PEM); reloaded without a restart, like the next two',
  },
  {
    key: 'sasClientKey',
    flag: 'sas-client-key',
    variable: 'CRENEAU_SAS_CLIENT_KEY',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'sa clé privée (PEM)',
    english: 'its private key (PEM)',
  },
  {
    key: 'sasCa',
    flag: 'sas-ca',
    variable: 'CRENEAU_SAS_CA',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'autorités du certificat de la plateforme SAS (PEM) ; absentes : celles du système',
    english: "authorities of the SAS platform's certificate (PEM); without: the system's",
  },
  {
    key: 'publicUrl',
    flag: 'public-url',
    variable: 'CRENEAU_PUBLIC_URL',
    value: 'URL',
    fallback: undefined,
    read: (value) => new URL(value).href.replace(/\/$/, ''),
    french: 'adresse publique, derrière un mandataire',
    english: 'public address, behind a proxy',
  },
  {
    key: 'logLevel',
    flag: 'log-level',
    variable: 'CRENEAU_LOG_LEVEL',
    value: 'LEVEL',
    fallback: 'info',
    read: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    french: 'niveau du journal : debug, info, warn, error, silent',
    english: 'log level: debug, info, warn, error, silent',
  },
  {
    key: 'to',
    flag: 'to',
    variable: 'CRENEAU_TO',
    value: 'URL',
    fallback: undefined,
    read: (value) => new URL(value).href.replace(/\/$/, ''),
    french: 'load, outbox : base FHIR du serveur à qui s’adresser, au lieu de la base de données',
    english: 'load, outbox: FHIR base of the server to talk to, instead of the database',
  },
  {
    key: 'toToken',
    flag: 'to-token',
    variable: 'CRENEAU_TO_TOKEN',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'load, outbox : fichier du jeton à présenter à ce serveur (--auth token)',
    english: 'load, outbox: file with the token to show to that server (--auth token)',
  },
  {
    key: 'toCert',
    flag: 'to-cert',
    variable: 'CRENEAU_TO_CERT',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'load, outbox : certificat à lui présenter (PEM) (--auth mtls)',
    english: 'load, outbox: certificate to show to it (PEM) (--auth mtls)',
  },
  {
    key: 'toKey',
    flag: 'to-key',
    variable: 'CRENEAU_TO_KEY',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'sa clé privée (PEM)',
    english: 'its private key (PEM)',
  },
  {
    key: 'toCa',
    flag: 'to-ca',
    variable: 'CRENEAU_TO_CA',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'load, outbox : autorités du certificat de ce serveur (PEM) ; absentes : celles du système',
    english: "load, outbox: authorities of that server's certificate (PEM); without: the system's",
  },
  {
    key: 'partners',
    flag: 'partners',
    variable: 'CRENEAU_PARTNERS',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'platform : fichier des éditeurs interrogés (JSON) ; relu sans redémarrage',
    english: 'platform: file of the partners that are asked (JSON); reloaded without a restart',
  },
  {
    key: 'partnerCert',
    flag: 'partner-cert',
    variable: 'CRENEAU_PARTNER_CERT',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'platform : certificat présenté aux éditeurs qui n’en ont pas de propre (PEM)',
    english: 'platform: certificate shown to partners that have none of their own (PEM)',
  },
  {
    key: 'partnerKey',
    flag: 'partner-key',
    variable: 'CRENEAU_PARTNER_KEY',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'platform : sa clé privée (PEM)',
    english: 'platform: its private key (PEM)',
  },
  {
    key: 'partnerCa',
    flag: 'partner-ca',
    variable: 'CRENEAU_PARTNER_CA',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'platform : autorités des éditeurs (PEM)',
    english: 'platform: authorities of the partners (PEM)',
  },
  {
    key: 'platformPort',
    flag: 'platform-port',
    variable: 'CRENEAU_PLATFORM_PORT',
    value: 'N',
    fallback: '8081',
    read: whole(0, 65535),
    french: 'demo : port de la plateforme SAS',
    english: 'demo: port of the SAS platform',
  },
  {
    key: 'mood',
    flag: 'mood',
    variable: 'CRENEAU_MOOD',
    value: MOODS.join('|'),
    fallback: 'good',
    read: oneOf(...MOODS),
    french: 'partner : comment se comporte l’éditeur simulé',
    english: 'partner: how the simulated editor behaves',
  },
  {
    key: 'maxBodyBytes',
    flag: 'max-body',
    variable: 'CRENEAU_MAX_BODY',
    value: 'BYTES',
    fallback: '5242880',
    read: whole(1024, 1e9),
    french: "taille maximale d'une requête",
    english: 'largest request body',
  },
  {
    key: 'maxUrlChars',
    flag: 'max-url',
    variable: 'CRENEAU_MAX_URL',
    value: 'CHARS',
    fallback: '16000',
    read: whole(256, 60_000),
    french: "longueur maximale d'une adresse",
    english: 'longest address',
  },
  {
    key: 'defaultPage',
    flag: 'default-page',
    variable: 'CRENEAU_DEFAULT_PAGE',
    value: 'N',
    fallback: '50',
    read: whole(1, 10_000),
    french: "résultats d'une page quand rien n'est demandé",
    english: 'results of a page when none is asked for',
  },
  {
    key: 'maxPage',
    flag: 'max-page',
    variable: 'CRENEAU_MAX_PAGE',
    value: 'N',
    fallback: '5000',
    read: whole(1, 100_000),
    french: "résultats d'une page au plus",
    english: 'results of a page at most',
  },
  {
    key: 'maxIncludes',
    flag: 'max-includes',
    variable: 'CRENEAU_MAX_INCLUDES',
    value: 'N',
    fallback: '5000',
    read: whole(1, 100_000),
    french: 'ressources incluses au plus',
    english: 'included resources at most',
  },
  {
    key: 'maxOrValues',
    flag: 'max-or-values',
    variable: 'CRENEAU_MAX_OR_VALUES',
    value: 'N',
    fallback: '500',
    read: whole(25, 10_000),
    french: "valeurs d'un paramètre au plus",
    english: 'values of one parameter at most',
  },
  {
    key: 'maxWindowDays',
    flag: 'max-window',
    variable: 'CRENEAU_MAX_WINDOW_DAYS',
    value: 'DAYS',
    fallback: '92',
    read: whole(1, 366),
    french: "jours d'une recherche de créneaux au plus",
    english: 'days of one slot search at most',
  },
  {
    key: 'maxAgendas',
    flag: 'max-agendas',
    variable: 'CRENEAU_MAX_AGENDAS',
    value: 'N',
    fallback: '2000',
    read: whole(1, 100_000),
    french: "agendas d'une recherche de créneaux au plus",
    english: 'agendas of one slot search at most',
  },
  {
    key: 'maxBatchEntries',
    flag: 'max-batch',
    variable: 'CRENEAU_MAX_BATCH',
    value: 'N',
    fallback: '1000',
    read: whole(1, 100_000),
    french: "entrées d'un lot au plus",
    english: 'entries of a batch at most',
  },
  {
    key: 'deadlineSeconds',
    flag: 'deadline',
    variable: 'CRENEAU_DEADLINE',
    value: 'SECONDS',
    fallback: '30',
    read: whole(1, 600),
    french: "délai de réception d'une requête",
    english: 'time for a request to arrive',
  },
  {
    key: 'cacheMegabytes',
    flag: 'cache',
    variable: 'CRENEAU_CACHE_MB',
    value: 'MB',
    fallback: '256',
    read: whole(1, 65_536),
    french: 'mémoire pour les créneaux calculés',
    english: 'memory for computed slots',
  },
  {
    key: 'slotMinutes',
    flag: 'slot-minutes',
    variable: 'CRENEAU_SLOT_MINUTES',
    value: 'MINUTES',
    fallback: '15',
    read: whole(1, 1440),
    french: "durée d'un créneau quand rien ne la donne",
    english: 'length of a slot when nothing says',
  },
  {
    key: 'pastToleranceMinutes',
    flag: 'past-tolerance',
    variable: 'CRENEAU_PAST_TOLERANCE',
    value: 'MINUTES',
    fallback: '15',
    read: whole(0, 100_000),
    french: 'retard admis pour réserver un horaire déjà commencé',
    english: 'how late a booking may be for a time that has begun',
  },
  {
    key: 'requestsTakeTime',
    flag: 'requests-take-time',
    variable: 'CRENEAU_REQUESTS_TAKE_TIME',
    value: 'true|false',
    fallback: 'true',
    read: yesNo,
    french: 'une demande (proposed, pending) retient son horaire',
    english: 'a request (proposed, pending) keeps its time',
  },
  {
    key: 'validation',
    flag: 'validation',
    variable: 'CRENEAU_VALIDATION',
    value: '[PROFILE=]refuse|warn|ignore',
    fallback: undefined,
    repeatable: true,
    read: check,
    french:
      "écritures contraires à un profil qu'elles déclarent : refuser, avertir (par défaut), ignorer ; PROFILE : son URL, la fin de celle-ci, ou R4 pour les règles du standard (refuse par défaut) ; répétable",
    english:
      'writes that break a profile that they declare: refuse, warn (default), ignore; PROFILE: its URL, the end of it, or R4 for the rules of the standard (default refuse); repeatable',
  },
  {
    key: 'definitions',
    flag: 'definitions',
    variable: 'CRENEAU_DEFINITIONS',
    value: 'PATH',
    fallback: undefined,
    repeatable: true,
    read: text,
    french:
      'fichier ou dossier de définitions publiées à connaître en plus : profils, nomenclatures (NOS) et jeux de valeurs, en FHIR JSON ou XML ; répétable',
    english:
      'file or folder of published definitions to know besides: profiles, code systems (NOS) and value sets, as FHIR JSON or XML; repeatable',
  },
  {
    key: 'profile',
    flag: 'profile',
    variable: 'CRENEAU_PROFILE',
    value: 'URL',
    fallback: undefined,
    repeatable: true,
    read: text,
    french: 'validate : profil à vérifier, outre ceux que les ressources déclarent ; répétable',
    english: 'validate: profile to check, besides those that the resources declare; repeatable',
  },
  {
    key: 'json',
    flag: 'json',
    variable: 'CRENEAU_JSON',
    value: '',
    fallback: 'false',
    isSwitch: true,
    read: yesNo,
    french: 'validate : compte rendu en JSON',
    english: 'validate: report as JSON',
  },
  {
    key: 'feedDays',
    flag: 'feed-days',
    variable: 'CRENEAU_FEED_DAYS',
    value: 'DAYS',
    fallback: '90',
    read: whole(0, 36_500),
    french: 'jours pendant lesquels le flux numéroté des changements est conservé ; 0 : toujours',
    english: 'days for which the numbered feed of changes is kept; 0: for ever',
  },
  {
    key: 'holdSeconds',
    flag: 'hold-seconds',
    variable: 'CRENEAU_HOLD_SECONDS',
    value: 'SECONDS',
    fallback: '300',
    read: whole(1, 3600),
    french: "durée pendant laquelle un horaire est retenu ($hold) quand rien n'est demandé",
    english: 'how long a time is held ($hold) when nothing is asked',
  },
  {
    key: 'smtpUrl',
    flag: 'smtp-url',
    variable: 'SMTP_URL',
    value: 'URL',
    fallback: undefined,
    read: text,
    french: 'serveur de courriel : smtp://… ou smtps://… ; absent : aucun courriel',
    english: 'mail server: smtp://... or smtps://...; absent: no mail',
  },
  {
    key: 'mailFrom',
    flag: 'mail-from',
    variable: 'CRENEAU_MAIL_FROM',
    value: 'ADDRESS',
    fallback: 'Créneau <ne-pas-repondre@localhost>',
    read: text,
    french: 'expéditeur des courriels',
    english: 'sender of the mails',
  },
  {
    key: 'reminderHours',
    flag: 'reminder-hours',
    variable: 'CRENEAU_REMINDER_HOURS',
    value: 'HOURS',
    fallback: '24',
    read: whole(0, 8760),
    french: 'heures avant un rendez-vous où il est rappelé ; 0 : jamais',
    english: 'hours before an appointment at which it is recalled; 0: never',
  },
  {
    key: 'allowPrivateEndpoints',
    flag: 'allow-private-endpoints',
    variable: 'CRENEAU_ALLOW_PRIVATE_ENDPOINTS',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french:
      "admet les adresses données par d'autres (abonnements, calendriers) vers la boucle locale et les réseaux privés, et sans TLS",
    english:
      'lets addresses that others give (subscriptions, calendars) lead to loopback and private networks, and be without TLS',
  },
  {
    key: 'subscriptionAttempts',
    flag: 'subscription-attempts',
    variable: 'CRENEAU_SUBSCRIPTION_ATTEMPTS',
    value: 'N',
    fallback: '15',
    read: whole(1, 1000),
    french: "essais d'une notification avant que l'abonnement passe en erreur",
    english: 'deliveries of one notification before the subscription is in error',
  },
  {
    key: 'seed',
    flag: 'seed',
    variable: 'CRENEAU_SEED',
    value: 'N',
    fallback: '1',
    read: whole(0, 2 ** 31),
    french: 'demo : graine du territoire fictif',
    english: 'demo: seed of the fictional territory',
  },
  {
    key: 'amqpUrl',
    flag: 'amqp-url',
    variable: 'AMQP_URL',
    value: 'URL',
    fallback: undefined,
    read: brokerUrl,
    french: 'courtier du Hub Santé : amqp://… ou amqps://… (TLS)',
    english: 'broker of the Hub Santé: amqp://... or amqps://... (TLS)',
  },
  {
    key: 'amqpCa',
    flag: 'amqp-ca',
    variable: 'CRENEAU_AMQP_CA',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'autorités du certificat du courtier (PEM) ; relu à chaque connexion, comme les deux suivants',
    english: "authorities of the broker's certificate (PEM); read at every connection, like the next two",
  },
  {
    key: 'amqpCert',
    flag: 'amqp-cert',
    variable: 'CRENEAU_AMQP_CERT',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'notre certificat client pour le courtier (PEM)',
    english: 'our client certificate for the broker (PEM)',
  },
  {
    key: 'amqpKey',
    flag: 'amqp-key',
    variable: 'CRENEAU_AMQP_KEY',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'sa clé privée (PEM)',
    english: 'its private key (PEM)',
  },
  {
    key: 'hubClientId',
    flag: 'hub-client-id',
    variable: 'CRENEAU_HUB_CLIENT_ID',
    value: 'ID',
    fallback: 'fr.health.test.ptfsas',
    read: text,
    french: 'identifiant client de la plateforme au Hub',
    english: "the platform's client id at the Hub",
  },
  {
    key: 'hubExchange',
    flag: 'hub-exchange',
    variable: 'CRENEAU_HUB_EXCHANGE',
    value: 'NAME',
    fallback: 'hubsante',
    read: text,
    french: 'échangeur du Hub',
    english: "the Hub's exchange",
  },
  {
    key: 'hubTtlMinutes',
    flag: 'hub-ttl',
    variable: 'CRENEAU_HUB_TTL_MINUTES',
    value: 'MINUTES',
    fallback: '1440',
    read: whole(1, 100_000),
    french: 'durée de vie d’un message vers le LRM',
    english: 'how long a message to the LRM lives',
  },
  {
    key: 'samu',
    flag: 'samu',
    variable: 'CRENEAU_SAMU',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'fichier des SAMU : quel identifiant client pour quel territoire ; relu sans redémarrage',
    english: 'file of the SAMUs: which client id for which territory; reloaded without a restart',
  },
  {
    key: 'lrmJournal',
    flag: 'lrm-journal',
    variable: 'CRENEAU_LRM_JOURNAL',
    value: 'FILE',
    fallback: undefined,
    read: text,
    french: 'lrm : journal de ce qui est reçu (NDJSON), relu au démarrage',
    english: 'lrm: journal of what is received (NDJSON), read again at start',
  },
  {
    key: 'lrmAttitude',
    flag: 'lrm-attitude',
    variable: 'CRENEAU_LRM_ATTITUDE',
    value: 'acknowledge|refuse|silent',
    fallback: 'acknowledge',
    read: oneOf('acknowledge', 'refuse', 'silent'),
    french: 'lrm : acquitte, refuse tout (409) ou se tait',
    english: 'lrm: acknowledges, refuses all (409) or says nothing',
  },
];

export interface CommandLine {
  config: Config;
  /** What is left: names of files. */
  files: string[];
  help: boolean;
}

/** Throws an Error whose message names the option and what it takes. */
export function readConfig(argv: readonly string[], environment: NodeJS.ProcessEnv = process.env): CommandLine {
  const options = Object.fromEntries(
    OPTIONS.map((option) => [
      option.flag,
      { type: option.isSwitch ? ('boolean' as const) : ('string' as const), multiple: option.repeatable ?? false },
    ]),
  );
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const config: Record<string, unknown> = {};
  for (const option of OPTIONS) {
    const flag = (values as Record<string, unknown>)[option.flag] as string | string[] | boolean | undefined;
    const given = (typeof flag === 'boolean' ? String(flag) : flag) ?? (environment[option.variable] || undefined);
    const raw = given ?? option.fallback;
    try {
      if (option.repeatable) config[option.key] = itemsOf(raw).map(option.read);
      else config[option.key] = raw === undefined ? undefined : option.read(raw as string);
    } catch (error) {
      throw new Error(`--${option.flag} (${option.variable}): "${raw}" — ${(error as Error).message}`);
    }
  }
  const read = config as unknown as Config;
  if (read.auth === 'off' && read.oidcIssuer === undefined && !isLoopback(read.host) && values['help'] !== true) {
    throw new Error(
      `--auth off est refusé hors de la boucle locale (--host ${read.host}) / is refused on any address but loopback: --auth token --callers FILE, --oidc-issuer URL`,
    );
  }
  checkLogin(read);
  if (read.auth !== 'off' && read.callers === undefined)
    throw new Error(`--auth ${read.auth} demande / needs --callers FILE`);
  checkTls(read);
  if (read.sasPlatformUrl !== undefined && read.editorSystem === undefined)
    throw new Error('--sas-platform-url demande / needs --editor-system URI');
  return { config: read, files: positionals, help: values['help'] === true };
}

/** From the flags as they are; from the environment separated by commas. */
function itemsOf(raw: string | string[] | undefined): string[] {
  return Array.isArray(raw)
    ? raw
    : (raw ?? '')
        .split(',')
        .map((part) => part.trim())
        .filter((one) => one !== '');
}

function checkLogin({ host, publicUrl, oidcIssuer, oidcClientId, oidcClientSecret, demoLogin }: Config): void {
  if ([oidcIssuer, oidcClientId, oidcClientSecret].some((one) => (one === undefined) !== (oidcIssuer === undefined))) {
    throw new Error('--oidc-issuer, --oidc-client-id, --oidc-client-secret vont ensemble / go together');
  }
  if (oidcIssuer !== undefined && publicUrl === undefined && !isLoopback(host))
    throw new Error('--oidc-issuer demande / needs --public-url');
  const away = [host, publicUrl && new URL(publicUrl).hostname].find((one) => one !== undefined && !isLoopback(one));
  if (demoLogin && away !== undefined)
    throw new Error(
      `--demo-login est refusé hors de la boucle locale (${away}) / is refused on any address but loopback`,
    );
  if (demoLogin && oidcIssuer !== undefined)
    throw new Error('--demo-login et / and --oidc-issuer : l’un ou l’autre / one or the other');
}

/** A certificate and its key are given together. */
const PAIRS = [
  ['tlsCert', 'tlsKey'],
  ['sasClientCert', 'sasClientKey'],
  ['partnerCert', 'partnerKey'],
  ['amqpCert', 'amqpKey'],
  ['toCert', 'toKey'],
] as const;

function checkTls(config: Config): void {
  const flagOf = (key: keyof Config): string => `--${OPTIONS.find((option) => option.key === key)!.flag}`;
  for (const [cert, key] of PAIRS) {
    if ((config[cert] === undefined) !== (config[key] === undefined))
      throw new Error(`${flagOf(cert)} et / and ${flagOf(key)} vont ensemble / go together`);
  }
  const { auth, tlsCert, tlsClientCa, tlsCrl, trustedProxy } = config;
  if (auth === 'mtls') {
    if (tlsClientCa === undefined) throw new Error('--auth mtls demande / needs --tls-client-ca FILE');
    if (tlsCert === undefined && trustedProxy.length === 0)
      throw new Error('--auth mtls demande / needs --tls-cert, --tls-key, ou / or --trusted-proxy');
  } else if (tlsClientCa !== undefined || tlsCrl.length > 0 || trustedProxy.length > 0) {
    throw new Error('--tls-client-ca, --tls-crl, --trusted-proxy demandent / need --auth mtls');
  }
}

/** The table of options, French first, English under it. */
export function helpOf(options: readonly Option[] = OPTIONS): string {
  return options
    .map(({ flag, variable, value, fallback, french, english }) => {
      const left = `  --${flag} ${value}`.padEnd(34);
      return `${left}${french}${fallback === undefined ? '' : ` (${fallback})`}\n${' '.repeat(34)}${english} · ${variable}`;
    })
    .join('\n');
}

/** The same as a Markdown table, for `docs/settings.md`. */
export function helpTable(options: readonly Option[] = OPTIONS): string {
  const rows = options.map(({ flag, variable, value, fallback, french, english }) => {
    const cells = [`\`--${flag}\``, `\`${variable}\``, value.replaceAll('|', ' \\| '), fallback ?? '', french, english];
    return `| ${cells.join(' | ')} |`;
  });
  return `| option | variable | value | default | français | English |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}
