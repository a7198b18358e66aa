/**
 * A partner: an editor that the platform asks for slots and sends regulator accounts to. It comes from the settings
 * file (`--partners`), with its own certificate, or from an Endpoint that an operator wrote. Spec: 6.0
 *
 *     {"partners": [{"id": "editeur-a", "name": "Éditeur A", "url": "https://a.example/sas", "kinds": ["PS", "CPTS",
 * "SOS"], "enabled": true,
 *                    "deadlineMs": 5000, "connections": 8, "maxBytes": 8000000, "cert": "a.pem", "key": "a.key", "ca":
 * "ca.pem",
 *                    "caller": "Éditeur A", "practitioners": ["810100050075"]}]}
 *
 * `id`, `name`, `url` and `kinds` are needed. Paths are relative to the file. `caller`: its name in the callers file,
 * for what it reports.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { IDNPS, IDNST, prefixed } from '../../../fhir/french/identifiers.ts';
import type { Identifier } from '../../../fhir/resource.ts';

/** PS: individual practitioners (INT_R01); CPTS: INT_R04; SOS: SOS Médecins. */
export const KINDS = ['PS', 'CPTS', 'SOS'] as const;
export type Kind = (typeof KINDS)[number];

export interface Identity {
  cert?: Buffer;
  key?: Buffer;
  ca?: Buffer;
}

export interface Partner {
  id: string;
  name: string;
  /** FHIR base, without a slash at the end. */
  url: string;
  kinds: readonly Kind[];
  enabled: boolean;
  deadlineMs: number;
  /** Requests under way at once; others wait, within their deadline. */
  connections: number;
  /** Bytes of one answer. */
  maxBytes: number;
  /** Its own certificate and authority; else those of the platform. */
  identity: Identity;
  /** Name under which it reports appointments. */
  caller: string;
  /** Identifiers known there, in canonical form; `undefined`: nobody says. */
  practitioners: readonly string[] | undefined;
  /** Since when it is as it is, epoch ms: what was learnt before says nothing about it. */
  since: number;
}

export interface FilePartner extends Partner {
  /** Paths of the certificate, key and authority. */
  files: readonly string[];
}

/** The SAS waits no longer than this. Spec: 6.0 */
export const MAX_DEADLINE = 7000;

export const DEFAULTS = { deadlineMs: MAX_DEADLINE, connections: 8, maxBytes: 8_000_000 };

/** No dot: ids of resources are the partner's id, a dot, and the partner's own id. */
const PARTNER_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,30}$/;

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
  'practitioners',
]);

/** Throws with the entry and what is wrong with it. `file`: its path, for those in it. */
export function readPartners(contents: Buffer, file: string): FilePartner[] {
  const { partners } = JSON.parse(contents.toString('utf8')) as { partners?: unknown };
  if (!Array.isArray(partners)) throw new Error('"partners" is missing');
  const found = partners.map((partner, i) => {
    try {
      return readPartner(partner as Record<string, unknown>, dirname(file));
    } catch (error) {
      throw new Error(
        `partners[${i}]${typeof partner?.id === 'string' ? ` "${partner.id}"` : ''}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  });
  for (const [i, one] of found.entries()) {
    if (found.some((other, j) => j < i && other.id === one.id))
      throw new Error(`partners[${i}] "${one.id}": the id is there twice`);
  }
  return found;
}

function readPartner(one: Record<string, unknown>, folder: string): FilePartner {
  if (one === null || typeof one !== 'object' || Array.isArray(one)) throw new Error('is no object');
  const unknown = Object.keys(one).find((key) => !KEYS.has(key));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not known; there are ${[...KEYS].join(', ')}`);
  const path = (key: string): string | undefined =>
    one[key] === undefined ? undefined : resolve(folder, text(one, key));
  const paths = { cert: path('cert'), key: path('key'), ca: path('ca') };
  if ((paths.cert === undefined) !== (paths.key === undefined)) throw new Error('cert and key go together');
  const identity = Object.fromEntries(
    Object.entries(paths).flatMap(([key, value]) => (value === undefined ? [] : [[key, readFileSync(value)]])),
  );
  const id = text(one, 'id');
  return {
    ...checkPartner({
      id,
      name: text(one, 'name'),
      url: text(one, 'url'),
      kinds: list(one, 'kinds') as Kind[],
      enabled: flag(one, 'enabled', true),
      deadlineMs: whole(one, 'deadlineMs', 1, MAX_DEADLINE, DEFAULTS.deadlineMs),
      connections: whole(one, 'connections', 1, 256, DEFAULTS.connections),
      maxBytes: whole(one, 'maxBytes', 1000, 1e9, DEFAULTS.maxBytes),
      identity,
      caller: one['caller'] === undefined ? id : text(one, 'caller'),
      practitioners: one['practitioners'] === undefined ? undefined : list(one, 'practitioners').map(canonicalText),
      since: 0,
    }),
    files: Object.values(paths).filter((value) => value !== undefined),
  };
}

/** What holds wherever a partner comes from. */
export function checkPartner(partner: Partner): Partner {
  if (!PARTNER_ID.test(partner.id)) throw new Error('id is 1 to 31 letters, digits and hyphens');
  const unknown = partner.kinds.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined || partner.kinds.length === 0)
    throw new Error(`kinds are ${KINDS.join(', ')}, at least one${unknown === undefined ? '' : `; not "${unknown}"`}`);
  const url = URL.canParse(partner.url) ? new URL(partner.url) : undefined;
  const isLoopback = /^(127\.|localhost$|\[::1\]$)/.test(url?.hostname ?? '');
  if (
    url === undefined ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new Error('url is https://host/base (http on loopback only), without a query');
  }
  return { ...partner, url: url.href.replace(/\/+$/, '') };
}

/** One form for each national identifier, whatever its spelling: `system|value`. `undefined`: none of the SAS. */
export function canonical({ system, value }: Identifier): string | undefined {
  if (!value) return undefined;
  const known =
    prefixed({ system: system ?? IDNPS, value }) ??
    (system === undefined ? prefixed({ system: IDNST, value }) : undefined);
  if (known !== undefined) return `${known.system}|${known.value}`;
  return system === undefined || system === IDNPS || system === IDNST ? `${system ?? IDNPS}|${value}` : undefined;
}

function canonicalText(token: string): string {
  const at = token.lastIndexOf('|');
  const found = canonical(at < 0 ? { value: token } : { system: token.slice(0, at), value: token.slice(at + 1) });
  if (found === undefined) throw new Error(`practitioners: "${token}" is no national identifier`);
  return found;
}

function text(one: Record<string, unknown>, key: string): string {
  const value = one[key];
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`${key} is missing, or no text`);
  return value.trim();
}

function list(one: Record<string, unknown>, key: string): string[] {
  const value = one[key];
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw new Error(`${key} is missing, or no list of texts`);
  return value;
}

function flag(one: Record<string, unknown>, key: string, fallback: boolean): boolean {
  const value = one[key] ?? fallback;
  if (typeof value !== 'boolean') throw new Error(`${key} is true or false`);
  return value;
}

function whole(one: Record<string, unknown>, key: string, low: number, high: number, fallback: number): number {
  const value = one[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high)
    throw new Error(`${key} is a whole number from ${low} to ${high}`);
  return value;
}
