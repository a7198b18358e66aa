/** A certificate revocation list (RFC 5280, section 5): its issuer, the dates of its validity, and serial numbers. */
import type { X509Certificate } from 'node:crypto';
import { type Der, derAt, extensions, sequence, serial, TAG, time, whole, within } from './der.ts';
import { frame, isSignedBy } from './signature.ts';

export interface RevocationList {
  /** DER of the issuer's name. */
  issuer: Buffer;
  /** Epoch milliseconds. */
  thisUpdate: number;
  nextUpdate: number;
  /** Lower-case hexadecimal, without leading zeros. */
  serials: ReadonlySet<string>;
  der: Buffer;
}

/**
 * Throws when the list cannot be read, or is not a whole list (a delta list, a list of some reasons or of some
 * certificates only): to take a part for the whole would admit revoked certificates.
 */
export function readRevocationList(der: Buffer): RevocationList {
  const { signed } = frame(der);
  const parts = sequence(signed);
  if (parts[0]?.tag === TAG.integer) parts.shift();
  const [, issuer, thisUpdate, ...rest] = parts;
  const nextUpdate = rest[0]?.tag === TAG.utcTime || rest[0]?.tag === TAG.generalizedTime ? rest.shift() : undefined;
  if (issuer === undefined || nextUpdate === undefined)
    throw new Error('the revocation list lacks its issuer or its end date');
  const entries = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined;
  const added = rest[0]?.tag === 0xa0 ? rest[0] : undefined;
  if (added !== undefined) refuseCritical(derAt(der, added.from, added.to));
  const serials = new Set<string>();
  if (entries !== undefined) {
    for (const entry of within(entries)) {
      const [number, , more] = within(entry);
      if (more !== undefined) refuseCritical(more);
      serials.add(serial(number));
    }
  }
  return { issuer: whole(issuer), thisUpdate: time(thisUpdate), nextUpdate: time(nextUpdate), serials, der };
}

function refuseCritical(list: Der): void {
  for (const [id, { critical }] of extensions(list)) {
    if (critical)
      throw new Error(`this kind of revocation list is not supported (extension ${id}): a whole list is required`);
  }
}

const checked = new WeakMap<RevocationList, Map<string, boolean>>();

/** Has this authority signed the list? Computed once for each pair. */
export function isListOf(list: RevocationList, authority: X509Certificate): boolean {
  const known = checked.get(list) ?? new Map<string, boolean>();
  checked.set(list, known);
  const before = known.get(authority.fingerprint256);
  if (before !== undefined) return before;
  const answer = isSignedBy(list.der, authority.publicKey);
  known.set(authority.fingerprint256, answer);
  return answer;
}
