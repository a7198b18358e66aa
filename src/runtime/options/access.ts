/** Options: who may call, over which certificates, and how people log in. */
import type { OptionTable } from './option.ts';
import { secretKey } from '../secrets.ts';
import { issuer, network, oneOf, text, whole, yesNo } from './values.ts';

export const accessOptions = {
  auth: {
    flag: 'auth',
    variable: 'CRENEAU_AUTH',
    value: 'off|token|mtls',
    fallback: 'off',
    read: oneOf('off', 'token', 'mtls'),
    french: "authentification des appelants ; « off » n'est permis que sur la boucle locale",
    english: 'authentication of callers; "off" is allowed on loopback only',
  },
  secretKeys: {
    flag: 'secret-key',
    variable: 'CRENEAU_SECRET_KEY',
    value: 'SECRET',
    repeatable: true,
    read: secretKey,
    french:
      'clé qui chiffre les secrets dans la base : 32 octets en base64 (openssl rand -base64 32), de préférence par ' +
      'CRENEAU_SECRET_KEY_FILE ; plusieurs pour changer de clé : la première chiffre, toutes déchiffrent',
    english:
      'key that encrypts the secrets in the database: 32 octets in base64 (openssl rand -base64 32), better given by ' +
      'CRENEAU_SECRET_KEY_FILE; several while the key is changed: the first encrypts, all of them decrypt',
  },
  callers: {
    flag: 'callers',
    variable: 'CRENEAU_CALLERS',
    value: 'FILE',
    read: text,
    french: 'fichier des appelants (noms, rôles, empreintes de jetons, CN et OU des certificats)',
    english: 'file of the callers (names, roles, hashes of tokens, CN and OU of certificates)',
  },
  tokenIssuer: {
    flag: 'token-issuer',
    variable: 'CRENEAU_TOKEN_ISSUER',
    value: 'URL',
    read: issuer,
    french:
      "serveur d'autorisation dont les programmes présentent les jetons (SMART Backend Services), outre --auth ; " +
      'ses clients sont dans --callers (clientId)',
    english:
      'authorization server whose tokens programs present (SMART Backend Services), beside --auth; its clients are ' +
      'in --callers (clientId)',
  },
  tokenAudience: {
    flag: 'token-audience',
    variable: 'CRENEAU_TOKEN_AUDIENCE',
    value: 'NAME',
    repeatable: true,
    read: text,
    french: 'nom de ce serveur dans ces jetons (aud) ; sinon son adresse publique suivie de /fhir ; répétable',
    english: 'name of this server in these tokens (aud); otherwise its public address and /fhir; repeatable',
  },
  terms: {
    flag: 'terms',
    variable: 'CRENEAU_TERMS',
    value: 'FILE',
    read: text,
    french: "conditions d'utilisation que chacun accepte à sa première connexion, et quand elles changent (texte)",
    english: 'terms of use that everybody accepts at the first login, and whenever they change (plain text)',
  },
  tlsCert: {
    flag: 'tls-cert',
    variable: 'CRENEAU_TLS_CERT',
    value: 'FILE',
    read: text,
    french: 'certificat du serveur et ses intermédiaires (PEM) ; relu sans redémarrage, comme les fichiers suivants',
    english: "the server's certificate and its intermediates (PEM); reloaded without a restart, like the files below",
  },
  tlsKey: {
    flag: 'tls-key',
    variable: 'CRENEAU_TLS_KEY',
    value: 'FILE',
    read: text,
    french: 'clé privée du serveur (PEM)',
    english: "the server's private key (PEM)",
  },
  tlsClientCa: {
    flag: 'tls-client-ca',
    variable: 'CRENEAU_TLS_CLIENT_CA',
    value: 'FILE',
    read: text,
    french: 'autorités des certificats clients : racines et intermédiaires (PEM)',
    english: 'authorities of the client certificates: roots and intermediates (PEM)',
  },
  tlsCrl: {
    flag: 'tls-crl',
    variable: 'CRENEAU_TLS_CRL',
    value: 'FILE',
    repeatable: true,
    read: text,
    french: 'liste de révocation (PEM ou DER), une par autorité ; répétable',
    english: 'revocation list (PEM or DER), one for each authority; repeatable',
  },
  trustedProxy: {
    flag: 'trusted-proxy',
    variable: 'CRENEAU_TRUSTED_PROXY',
    value: 'ADDRESS',
    repeatable: true,
    read: network,
    french:
      "adresse ou réseau d'un mandataire qui transmet le certificat (en-tête Client-Cert) ou l'adresse de l'appelant " +
      '(X-Forwarded-For) ; répétable',
    english:
      "address or network of a proxy that forwards the certificate (header Client-Cert) or the caller's address " +
      '(X-Forwarded-For); repeatable',
  },
  oidcIssuer: {
    flag: 'oidc-issuer',
    variable: 'CRENEAU_OIDC_ISSUER',
    value: 'URL',
    read: issuer,
    french:
      "service d'identification des personnes (OpenID Connect, Pro Santé Connect) ; les appels sans session " +
      'ni jeton sont alors refusés',
    english: 'identity provider of people (OpenID Connect); calls without session or token are then refused',
  },
  oidcClientId: {
    flag: 'oidc-client-id',
    variable: 'CRENEAU_OIDC_CLIENT_ID',
    value: 'ID',
    read: text,
    french: "identifiant de ce serveur auprès du service d'identification",
    english: 'name of this server at the identity provider',
  },
  oidcClientSecret: {
    flag: 'oidc-client-secret',
    variable: 'CRENEAU_OIDC_CLIENT_SECRET',
    value: 'SECRET',
    read: text,
    french: "secret de ce serveur auprès du service d'identification (de préférence par la variable)",
    english: 'secret of this server at the identity provider (better given by the variable)',
  },
  oidcScope: {
    flag: 'oidc-scope',
    variable: 'CRENEAU_OIDC_SCOPE',
    value: 'SCOPE',
    fallback: 'openid profile email',
    read: text,
    french: 'ce qui est demandé au service ; Pro Santé Connect : « openid scope_all »',
    english: 'what the provider is asked for; Pro Santé Connect: "openid scope_all"',
  },
  oidcAcrValues: {
    flag: 'oidc-acr-values',
    variable: 'CRENEAU_OIDC_ACR_VALUES',
    value: 'LEVEL',
    read: text,
    french: "niveau d'authentification demandé ; Pro Santé Connect : « eidas1 »",
    english: 'level of authentication asked for; Pro Santé Connect: "eidas1"',
  },
  oidcTrustEmail: {
    flag: 'oidc-trust-email',
    variable: 'CRENEAU_OIDC_TRUST_EMAIL',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french: "une adresse vérifiée par le service d'identification désigne une personne (sinon : « subject » seul)",
    english: 'an e-mail that the provider has verified identifies a person (otherwise: "subject" alone)',
  },
  people: {
    flag: 'people',
    variable: 'CRENEAU_PEOPLE',
    value: 'FILE',
    read: text,
    french: 'fichier des personnes et de leurs rôles (docs/access.md) ; relu sans redémarrage',
    english: 'file of the people and their roles (docs/access.md); reloaded without a restart',
  },
  demoLogin: {
    flag: 'demo-login',
    variable: 'CRENEAU_DEMO_LOGIN',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french: 'choix parmi des personnes fictives au lieu d’une identification ; sur la boucle locale seulement',
    english: 'a choice of fictional people instead of a login; on loopback only',
  },
  passkeys: {
    flag: 'passkeys',
    variable: 'CRENEAU_PASSKEYS',
    value: 'true|false',
    fallback: 'false',
    read: yesNo,
    french:
      "les personnes se connectent par une clé d'accès (passkey), sans service d'identification ; les appels sans " +
      'session ni jeton sont alors refusés',
    english: 'people log in with a passkey, without an identity provider; calls without session or token are refused',
  },
  setUpCode: {
    flag: 'setup-code',
    variable: 'CRENEAU_SETUP_CODE',
    value: '',
    fallback: 'false',
    isSwitch: true,
    read: yesNo,
    french: 'agenda : affiche un nouveau code de mise en route d’une installation vide, puis s’arrête',
    english: 'agenda: prints another set-up code of an empty installation, then ends',
  },
  sessionIdleMinutes: {
    flag: 'session-idle',
    variable: 'CRENEAU_SESSION_IDLE',
    value: 'MINUTES',
    fallback: '60',
    read: whole(1, 1440),
    french: 'une session finit après ce temps sans usage',
    english: 'a session ends after this time without use',
  },
  sessionHours: {
    flag: 'session-hours',
    variable: 'CRENEAU_SESSION_HOURS',
    value: 'HOURS',
    fallback: '10',
    read: whole(1, 168),
    french: 'une session finit après ce temps en tout cas',
    english: 'a session ends after this time in any case',
  },
  certKeys: {
    flag: 'cert-keys',
    variable: 'CRENEAU_CERT_KEYS',
    value: 'rsa|ec',
    fallback: 'rsa',
    read: oneOf('rsa', 'ec'),
    french: "certs : clés RSA (le kit de l'ANS ne lit qu'elles) ou EC",
    english: 'certs: RSA keys (the only ones that the national kit reads) or EC',
  },
  certHost: {
    flag: 'cert-host',
    variable: 'CRENEAU_CERT_HOST',
    value: 'NAME',
    repeatable: true,
    read: text,
    french: 'certs : un nom ou une adresse de plus pour le serveur (host.docker.internal…) ; répétable',
    english: 'certs: one more name or address of the server (host.docker.internal...); repeatable',
  },
} as const satisfies OptionTable;
