/**
 * The settings file of partners (`--partners`), with the certificates that it names. Spec: 6.0
 *
 *     {"partners": [{"id": "editeur-a", "name": "Éditeur A", "url": "https://a.example/sas", "kinds": ["PS", "SOS"],
 *                    "enabled": true, "deadlineMs": 5000, "connections": 8, "maxBytes": 8000000,
 *                    "cert": "a.pem", "key": "a.key", "ca": "ca.pem",
 *                    "caller": "Éditeur A", "sasVersion": "1.1.0", "practitioners": ["810100050075"]}]}
 *
 * `id`, `name`, `url` and `kinds` are needed. Paths are relative to the file. `caller`: the partner's name in the
 * callers file, for its reports. `sasVersion`: the version of the SAS guide that it speaks.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Reloaded } from '../../../runtime/tls/reloaded.ts';
import { readSasVersion, SAS_VERSIONS } from '../../../fhir/profile/definitions/sas-names.ts';
import type { SearchKind } from '../../contract/contract.ts';
import { nationalToken } from '../../contract/identifier.ts';
import { checkPartner, DEFAULTS, MAX_DEADLINE_MS, type Partner } from './partner.ts';

export interface FilePartner extends Partner {
  /** Paths of the certificate, key and authority. */
  files: readonly string[];
}

/** The file, looked at together with the certificates that it names. Throws when it is missing or wrong. */
export function openPartnersFile(path: string | undefined): Reloaded<FilePartner[]> | undefined {
  return path === undefined
    ? undefined
    : new Reloaded(
        [path],
        ([contents]) => readPartners(contents!, path),
        (partners) => partners.flatMap((partner) => partner.files),
      );
}

/** Throws with the entry and its fault. `file`: the path of the file, to which the paths inside are relative. */
export function readPartners(contents: Buffer, file: string): FilePartner[] {
  const { partners } = JSON.parse(contents.toString('utf8')) as { partners?: unknown };
  if (!Array.isArray(partners)) throw new Error('"partners" is missing');
  const read = partners.map((entry, i) => {
    try {
      return readPartner(entry as Record<string, unknown>, dirname(file));
    } catch (error) {
      const name = typeof entry?.id === 'string' ? ` "${entry.id}"` : '';
      throw new Error(`partners[${i}]${name}: ${(error as Error).message}`, { cause: error });
    }
  });
  for (const [i, partner] of read.entries()) {
    if (read.findIndex(({ id }) => id === partner.id) < i)
      throw new Error(`partners[${i}] "${partner.id}": the id is there twice`);
  }
  return read;
}

const KEYS = new Set([
  'id',
  'name',
  'url',
  'kinds',
  'enabled',
  'deadlineMs',
  'connections',
  'maxBytes',
  'cert',
  'key',
  'ca',
  'caller',
  'sasVersion',
  'practitioners',
]);

function readPartner(entry: Record<string, unknown>, folder: string): FilePartner {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) throw new Error('is not an object');
  const unknown = Object.keys(entry).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not known; there are ${[...KEYS].join(', ')}`);
  const path = (key: string): string | undefined =>
    entry[key] === undefined ? undefined : resolve(folder, text(entry, key));
  const paths = { cert: path('cert'), key: path('key'), ca: path('ca') };
  if ((paths.cert === undefined) !== (paths.key === undefined)) throw new Error('cert and key go together');
  const identity = Object.fromEntries(
    Object.entries(paths).flatMap(([key, value]) => (value === undefined ? [] : [[key, readFileSync(value)]])),
  );
  const id = text(entry, 'id');
  return {
    ...checkPartner({
      id,
      name: text(entry, 'name'),
      url: text(entry, 'url'),
      kinds: list(entry, 'kinds') as SearchKind[],
      enabled: flag(entry, 'enabled', true),
      deadlineMs: whole(entry, 'deadlineMs', [1, MAX_DEADLINE_MS], DEFAULTS.deadlineMs),
      connections: whole(entry, 'connections', [1, 256], DEFAULTS.connections),
      maxBytes: whole(entry, 'maxBytes', [1000, 1e9], DEFAULTS.maxBytes),
      identity,
      caller: entry['caller'] === undefined ? id : text(entry, 'caller'),
      ...sasVersion(entry),
      practitioners: entry['practitioners'] === undefined ? undefined : list(entry, 'practitioners').map(toToken),
      since: 0,
    }),
    files: Object.values(paths).filter((value) => value !== undefined),
  };
}

/** `810100050075` or `system|value`. */
function toToken(written: string): string {
  const separator = written.lastIndexOf('|');
  const token = nationalToken(
    separator < 0 ? { value: written } : { system: written.slice(0, separator), value: written.slice(separator + 1) },
  );
  if (token === undefined) throw new Error(`practitioners: "${written}" is not a national identifier`);
  return token;
}

function text(entry: Record<string, unknown>, key: string): string {
  const value = entry[key];
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`${key} is missing, or not a text`);
  return value.trim();
}

function sasVersion(entry: Record<string, unknown>): Pick<Partner, 'sasVersion'> {
  if (entry['sasVersion'] === undefined) return {};
  const version = readSasVersion(entry['sasVersion']);
  if (version === undefined) throw new Error(`sasVersion is ${SAS_VERSIONS.join(' or ')}`);
  return { sasVersion: version };
}

function list(entry: Record<string, unknown>, key: string): string[] {
  const value = entry[key];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw new Error(`${key} is missing, or not a list of texts`);
  return value;
}

function flag(entry: Record<string, unknown>, key: string, fallback: boolean): boolean {
  const value = entry[key] ?? fallback;
  if (typeof value !== 'boolean') throw new Error(`${key} is true or false`);
  return value;
}

function whole(
  entry: Record<string, unknown>,
  key: string,
  [low, high]: readonly [number, number],
  fallback: number,
): number {
  const value = entry[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high)
    throw new Error(`${key} is a whole number from ${low} to ${high}`);
  return value;
}
