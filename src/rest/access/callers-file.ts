/**
 * The callers file: which roles a certificate or token gives. The common name and the organisational unit of a
 * certificate identify the caller, because the SAS wants the server to check both. Spec: 6.0
 *
 *     {"callers": [{"name": "Plateforme SAS", "commonName": "sas.example", "organizationalUnit": "1750000000",
 *                   "roles": ["sas-platform"], "paths": ["/sas"]},
 *                  {"name": "Secrétariat", "tokenSha256": "9f86d0...", "expires": "2027-03-31", "roles": ["manager"]},
 *                  {"name": "Annuaire", "clientId": "annuaire", "roles": ["reader"]}]}
 *
 * `expires` is the last day of a token (UTC), or the instant at which it ends; a second entry with another token lets
 * both hold while a program changes over. `clientId` is the name of a client at the authorization server
 * (`access-token.ts`).
 * `paths` is optional and narrows what the roles open. `sasVersion` is optional: the version of the SAS guide that this
 * caller gets, when it is not the server's.
 */
import type { X509Certificate } from 'node:crypto';
import { readSasVersion, SAS_VERSIONS, type SasVersion } from '../../fhir/profile/definitions/sas-names.ts';
import { ROLES } from './table.ts';

export interface ListedCaller {
  name: string;
  roles: readonly string[];
  paths: readonly string[] | undefined;
  sasVersion?: SasVersion;
  /** Epoch milliseconds. */
  expiresAt?: number;
}

export interface CertificateCaller extends ListedCaller {
  commonName: string;
  organizationalUnit: string;
}

export interface TokenCaller extends ListedCaller {
  /** SHA-256 of the token. */
  hash: Buffer;
}

export interface ClientCaller extends ListedCaller {
  clientId: string;
}

/** Has the token of this caller ended? A certificate has dates of its own. */
export function isOver({ expiresAt }: ListedCaller, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/**
 * The callers with a certificate. Throws an error that names the wrong entry: a misspelt role would silently open
 * nothing.
 */
export function readCallers(file: Buffer): CertificateCaller[] {
  const found = entriesOf(file, 'commonName', 'organizationalUnit').map((entry) => ({
    ...listed(entry, ROLES),
    commonName: textOf(entry, 'commonName'),
    organizationalUnit: textOf(entry, 'organizationalUnit'),
  }));
  refuseTwins(
    found,
    ({ commonName, organizationalUnit }) => JSON.stringify([commonName, organizationalUnit]),
    'commonName and organizationalUnit',
  );
  return found;
}

/** The callers with a token, likewise. The role `*` grants every role. */
export function readTokenCallers(file: Buffer): TokenCaller[] {
  const found = entriesOf(file, 'tokenSha256').map((entry) => ({
    ...listed(entry, [...ROLES, '*']),
    hash: hashOf(entry),
    ...endOf(entry),
  }));
  refuseTwins(found, ({ hash }) => hash.toString('hex'), 'tokenSha256');
  return found;
}

/** The callers with a token of the authorization server, likewise. */
export function readClientCallers(file: Buffer): ClientCaller[] {
  const found = entriesOf(file, 'clientId').map((entry) => ({
    ...listed(entry, [...ROLES, '*']),
    clientId: textOf(entry, 'clientId'),
  }));
  refuseTwins(found, ({ clientId }) => clientId, 'clientId');
  return found;
}

const DAY_MS = 86_400_000;

type Entry = Record<string, unknown>;

/** The entries that have one of these keys. */
function entriesOf(file: Buffer, ...keys: string[]): Entry[] {
  const { callers } = JSON.parse(file.toString('utf8')) as { callers?: unknown };
  if (!Array.isArray(callers)) throw new Error('"callers" is missing');
  return callers.filter((caller) => keys.some((key) => caller?.[key] !== undefined));
}

function listed(entry: Entry, known: readonly string[]): ListedCaller {
  const roles = listOf(entry, 'roles');
  const unknown = roles.find((role) => !known.includes(role));
  if (unknown !== undefined)
    throw new Error(`"${textOf(entry, 'name')}" has the role "${unknown}"; the roles are ${known.join(', ')}`);
  const paths = entry['paths'] === undefined ? undefined : listOf(entry, 'paths');
  return { name: textOf(entry, 'name'), roles, paths, ...sasVersionOf(entry) };
}

function sasVersionOf(entry: Entry): Pick<ListedCaller, 'sasVersion'> {
  if (entry['sasVersion'] === undefined) return {};
  const sasVersion = readSasVersion(entry['sasVersion']);
  if (sasVersion === undefined)
    throw new Error(`sasVersion of "${textOf(entry, 'name')}" is ${SAS_VERSIONS.join(' or ')}`);
  return { sasVersion };
}

/** Throws on a date that does not exist: it would never end. */
function endOf(entry: Entry): Pick<ListedCaller, 'expiresAt'> {
  if (entry['expires'] === undefined) return {};
  const text = textOf(entry, 'expires');
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const at = isDay || isInstant ? Date.parse(text) : Number.NaN;
  const isReal = isDay ? !Number.isNaN(at) && new Date(at).toISOString().startsWith(text) : !Number.isNaN(at);
  if (!isReal) throw new Error(`expires of "${textOf(entry, 'name')}" is not a date: ${text.slice(0, 40)}`);
  return { expiresAt: isDay ? at + DAY_MS : at };
}

function textOf(entry: Entry, key: string): string {
  const value = entry[key];
  if (typeof value !== 'string' || value.trim() === '')
    throw new Error(`a caller has no ${key}: ${JSON.stringify(entry).slice(0, 120)}`);
  return value;
}

function listOf(entry: Entry, key: string): string[] {
  const value = entry[key];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw new Error(`${key} of "${textOf(entry, 'name')}" is not a list of texts`);
  return value;
}

function hashOf(entry: Entry): Buffer {
  const text = textOf(entry, 'tokenSha256');
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new Error(`tokenSha256 of "${textOf(entry, 'name')}" is not 64 hexadecimal digits`);
  return Buffer.from(text, 'hex');
}

function refuseTwins<T extends ListedCaller>(callers: readonly T[], keyOf: (caller: T) => string, key: string): void {
  for (const [index, caller] of callers.entries()) {
    const twin = callers.findIndex((other) => keyOf(other) === keyOf(caller));
    if (twin !== index) throw new Error(`"${caller.name}" and "${callers[twin]!.name}" have the same ${key}`);
  }
}

export interface Names {
  /** Undefined when there is none, or more than one. */
  commonName: string | undefined;
  organizationalUnits: readonly string[];
}

const names = new WeakMap<X509Certificate, Names>();

/** Reads the parsed subject, never its text: the value of a name may look like another name. */
export function namesOf(certificate: X509Certificate): Names {
  let found = names.get(certificate);
  if (found === undefined) {
    const { CN, OU } = (certificate.toLegacyObject().subject ?? {}) as unknown as Record<
      string,
      string | string[] | undefined
    >;
    found = {
      commonName: typeof CN === 'string' ? CN : undefined,
      organizationalUnits: OU === undefined ? [] : [OU].flat(),
    };
    names.set(certificate, found);
  }
  return found;
}

export function findCaller(
  callers: readonly CertificateCaller[],
  { commonName, organizationalUnits }: Names,
): CertificateCaller | undefined {
  return callers.find(
    (caller) => caller.commonName === commonName && organizationalUnits.includes(caller.organizationalUnit),
  );
}
