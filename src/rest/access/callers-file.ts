/**
 * Callers by their certificate: the common name and the organisational unit say who it is, and the callers file says what that one
 * may do. The contract of the SAS has the server check both names of the client (guide, 6.0 "Transport").
 *
 *     {"callers": [{"name": "Plateforme SAS", "commonName": "sas.example", "organizationalUnit": "1750000000",
 *                   "roles": ["sas-platform"], "paths": ["/sas"]}]}
 *
 * `paths` is optional and narrows what the roles open. Entries without a commonName are callers by token (`callers.ts`).
 */
import type { X509Certificate } from 'node:crypto';
import type { Caller } from '../callers.ts';
import { ROLES } from './table.ts';

export interface CertificateCaller extends Caller {
  commonName: string;
  organizationalUnit: string;
  paths: readonly string[] | undefined;
}

/** Throws with the entry that is wrong: a misspelt role would silently open nothing. */
export function readCallers(file: Buffer): CertificateCaller[] {
  const { callers } = JSON.parse(file.toString('utf8')) as { callers?: unknown };
  if (!Array.isArray(callers)) throw new Error('"callers" is missing');
  const found = callers.filter((one) => one?.commonName !== undefined || one?.organizationalUnit !== undefined).map(readCaller);
  for (const [index, one] of found.entries()) {
    const twin = found.findIndex((other) => other.commonName === one.commonName && other.organizationalUnit === one.organizationalUnit);
    if (twin !== index) throw new Error(`"${one.name}" and "${found[twin]!.name}" have the same commonName and organizationalUnit`);
  }
  return found;
}

function readCaller(one: Record<string, unknown>): CertificateCaller {
  const text = (key: string): string => {
    const value = one[key];
    if (typeof value !== 'string' || value.trim() === '') throw new Error(`a caller has no ${key}: ${JSON.stringify(one).slice(0, 120)}`);
    return value;
  };
  const list = (key: string): string[] => {
    const value = one[key];
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw new Error(`${key} of "${text('name')}" is not a list of texts`);
    return value;
  };
  const roles = list('roles');
  const unknown = roles.find((role) => !(ROLES as readonly string[]).includes(role));
  if (unknown !== undefined) throw new Error(`"${text('name')}" has the role "${unknown}"; there are ${ROLES.join(', ')}`);
  return { name: text('name'), commonName: text('commonName'), organizationalUnit: text('organizationalUnit'), roles, paths: one['paths'] === undefined ? undefined : list('paths') };
}

export interface Names {
  /** Undefined when there is none, or more than one. */
  commonName: string | undefined;
  organizationalUnits: readonly string[];
}

const names = new WeakMap<X509Certificate, Names>();

/** From the parsed subject, never from its text: a name may hold anything that looks like another. */
export function namesOf(certificate: X509Certificate): Names {
  let found = names.get(certificate);
  if (found === undefined) {
    const { CN, OU } = (certificate.toLegacyObject().subject ?? {}) as unknown as Record<string, string | string[] | undefined>;
    found = { commonName: typeof CN === 'string' ? CN : undefined, organizationalUnits: OU === undefined ? [] : [OU].flat() };
    names.set(certificate, found);
  }
  return found;
}

export function findCaller(callers: readonly CertificateCaller[], { commonName, organizationalUnits }: Names): CertificateCaller | undefined {
  return callers.find((one) => one.commonName === commonName && organizationalUnits.includes(one.organizationalUnit));
}
