/**
 * The callers file: which roles a certificate or token gives. The common name and the organisational unit of a
 * certificate identify the caller, because the SAS wants the server to check both. Spec: 6.0
 *
 *     {"callers": [{"name": "Plateforme SAS", "commonName": "sas.example", "organizationalUnit": "1750000000",
 *                   "roles": ["sas-platform"], "paths": ["/sas"]},
 *                  {"name": "Secrétariat", "tokenSha256": "9f86d0...", "roles": ["manager"]}]}
 *
 * `paths` is optional and narrows what the roles open.
 */
import type { X509Certificate } from 'node:crypto';
import { ROLES } from './table.ts';

export interface ListedCaller {
  name: string;
  roles: readonly string[];
  paths: readonly string[] | undefined;
}

export interface CertificateCaller extends ListedCaller {
  commonName: string;
  organizationalUnit: string;
}

export interface TokenCaller extends ListedCaller {
  /** SHA-256 of the token. */
  hash: Buffer;
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
  }));
  refuseTwins(found, ({ hash }) => hash.toString('hex'), 'tokenSha256');
  return found;
}

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
  return { name: textOf(entry, 'name'), roles, paths };
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
