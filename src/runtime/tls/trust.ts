/**
 * Is a client's certificate good? Path validation of RFC 5280, section 6, for what mutual TLS needs: signatures up to a
 * root of the
 * given bundle, dates, rights of the authorities, use as a client, and revocation of every certificate of the path.
 * Fails closed: with lists given, an authority without a current list vouches for nobody.
 */
import type { X509Certificate } from 'node:crypto';
import {
  content,
  type Der,
  derAt,
  extensions,
  type Extension,
  oid,
  sequence,
  serial,
  TAG,
  whole,
  within,
} from './der.ts';
import { certificatesOf, listsOf } from './pem.ts';
import { isListOf, readRevocationList, type RevocationList } from './revocation.ts';
import { frame } from './signature.ts';

export interface Trust {
  /** Roots and intermediates. */
  authorities: readonly X509Certificate[];
  lists: readonly RevocationList[];
}

export type Refusal =
  | 'unknown-authority'
  | 'expired'
  | 'not-yet-valid'
  | 'revoked'
  | 'wrong-usage'
  | 'unsupported'
  | 'no-current-list';

export interface Verdict {
  /** Absent: the certificate is good. */
  refusal?: Refusal;
  /** English, for the log and the partner's engineer. */
  detail: string;
  /** Epoch milliseconds until which it holds, if the trust does not change. */
  until: number;
}

/** Certificates between the client's and the root. */
const MAX_DEPTH = 6;
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const ID = {
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policies: '2.5.29.32',
  extendedUsage: '2.5.29.37',
};
/** Understood, or of no effect on a path without policies. */
const KNOWN: ReadonlySet<string> = new Set([
  ID.keyUsage,
  ID.alternativeName,
  ID.basicConstraints,
  ID.policies,
  ID.extendedUsage,
]);
/** Bits of keyUsage. */
const USE = { digitalSignature: 0, keyAgreement: 4, keyCertSign: 5, crlSign: 6 };

/** From the contents of the bundle and of the list files. Throws with what is wrong. */
export function readTrust(bundles: readonly Buffer[], lists: readonly Buffer[]): Trust {
  return { authorities: bundles.flatMap(certificatesOf), lists: lists.flatMap(listsOf).map(readRevocationList) };
}

/**
 * What an operator should hear at start and after each change: authorities that can vouch for nobody, lists of nobody.
 */
export function doubts({ authorities, lists }: Trust, now: number): string[] {
  const rootless = authorities.filter(
    (authority) => paths(authority, [], authorities).length === 0 && !isRoot(authority),
  );
  const listless =
    lists.length === 0
      ? []
      : authorities.filter((authority) => !lists.some((list) => list.nextUpdate > now && isOf(list, authority)));
  const orphans = lists.filter((list) => !authorities.some((authority) => isOf(list, authority)));
  return [
    ...rootless.map((certificate) => `the bundle holds no root for ${nameOf(certificate)}`),
    ...listless.map(
      (authority) => `no current revocation list of ${nameOf(authority)}: certificates that it issued are refused`,
    ),
    ...orphans.map(
      (orphan) => `a revocation list (${orphan.serials.size} entries) comes from no authority of the bundle`,
    ),
  ];
}

/** `sent`: the intermediates that the client sent along, if any. */
export function verifyClient(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  trust: Trust,
  now: number,
): Verdict {
  let worst: Verdict | undefined;
  for (const path of paths(leaf, sent, trust.authorities)) {
    const verdict = checkPath(path, trust, now);
    if (verdict.refusal === undefined) return verdict;
    worst ??= verdict;
  }
  return (
    worst ?? {
      refusal: 'unknown-authority',
      detail: 'its authority is not one of those given to this server',
      until: Number.POSITIVE_INFINITY,
    }
  );
}

/** Every way from the certificate up to a root of the bundle, by signature. */
function paths(
  leaf: X509Certificate,
  sent: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate[][] {
  const found: X509Certificate[][] = [];
  const candidates = [...authorities, ...sent.slice(0, MAX_DEPTH)];
  const climb = (path: X509Certificate[]): void => {
    const last = path.at(-1)!;
    for (const candidate of candidates) {
      if (
        found.length >= 8 ||
        path.length > MAX_DEPTH ||
        path.some((below) => below.fingerprint256 === candidate.fingerprint256)
      )
        continue;
      if (!last.checkIssued(candidate) || !last.verify(candidate.publicKey)) continue;
      if (isRoot(candidate) && authorities.includes(candidate)) found.push([...path, candidate]);
      else climb([...path, candidate]);
    }
  };
  climb([leaf]);
  return found;
}

function isRoot(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

function checkPath(path: readonly X509Certificate[], trust: Trust, now: number): Verdict {
  let until = Number.POSITIVE_INFINITY;
  for (const [index, certificate] of path.entries()) {
    const who = index === 0 ? 'the certificate' : `its authority ${nameOf(certificate)}`;
    const refuse = (refusal: Refusal, detail: string): Verdict => ({ refusal, detail: `${who} ${detail}`, until: now });
    const issuer = path[index + 1];
    const more = extensionsOf(certificate);

    if (now < Date.parse(certificate.validFrom))
      return refuse(
        index === 0 ? 'not-yet-valid' : 'unknown-authority',
        `is valid from ${new Date(certificate.validFrom).toISOString()} only`,
      );
    if (now > Date.parse(certificate.validTo))
      return refuse(
        index === 0 ? 'expired' : 'unknown-authority',
        `was valid until ${new Date(certificate.validTo).toISOString()}`,
      );
    until = Math.min(until, Date.parse(certificate.validTo));

    const unknown = [...more].find(([id, { critical }]) => (critical && !KNOWN.has(id)) || id === ID.nameConstraints);
    if (unknown !== undefined)
      return refuse('unsupported', `has an extension that is not supported here: ${unknown[0]}`);
    const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength;
    if (bits !== undefined && bits < 2048) return refuse('unsupported', `has an RSA key of ${bits} bits`);
    if (issuer !== undefined && frame(certificate.raw).algorithm === undefined)
      return refuse('unsupported', 'is signed in a way that is not accepted here');

    if (!mayBeUsed(more.get(ID.extendedUsage), CLIENT_AUTHENTICATION))
      return refuse('wrong-usage', 'is not meant for the authentication of clients');
    if (index === 0 && !hasUse(more, USE.digitalSignature) && !hasUse(more, USE.keyAgreement))
      return refuse('wrong-usage', 'may not sign');
    if (index > 0 && !(certificate.ca && hasUse(more, USE.keyCertSign) && index - 1 <= maxBelow(more)))
      return refuse('unknown-authority', 'may not issue this certificate');

    if (issuer === undefined || trust.lists.length === 0) continue;
    const lists = trust.lists.filter((list) => isOf(list, issuer));
    const number = serial(fields(certificate).find((field) => field.tag === TAG.integer));
    // Even on a list that has expired: what was revoked stays so.
    if (lists.some((list) => list.serials.has(number))) return refuse('revoked', 'is revoked');
    const nextUpdate = Math.max(...lists.filter((list) => list.thisUpdate <= now).map((list) => list.nextUpdate), 0);
    if (nextUpdate <= now)
      return refuse(
        'no-current-list',
        `cannot be checked: this server has no current revocation list of ${nameOf(issuer)}`,
      );
    until = Math.min(until, nextUpdate);
  }
  return { detail: 'good', until };
}

function isOf(list: RevocationList, authority: X509Certificate): boolean {
  return (
    list.issuer.equals(subjectOf(authority)) &&
    hasUse(extensionsOf(authority), USE.crlSign) &&
    isListOf(list, authority)
  );
}

/** The values of `TBSCertificate`, in their order. */
function fields(certificate: X509Certificate): Der[] {
  return sequence(frame(certificate.raw).signed);
}

function subjectOf(certificate: X509Certificate): Buffer {
  // Version, serial, algorithm, issuer, validity, subject: the version may be absent.
  const all = fields(certificate).filter((field) => field.tag !== 0xa0);
  return whole(all[4]!);
}

const parsed = new WeakMap<X509Certificate, Map<string, Extension>>();

function extensionsOf(certificate: X509Certificate): Map<string, Extension> {
  const known = parsed.get(certificate);
  if (known !== undefined) return known;
  const list = fields(certificate).find((field) => field.tag === 0xa3);
  const found = list === undefined ? new Map<string, Extension>() : extensions(derAt(list.bytes, list.from, list.to));
  parsed.set(certificate, found);
  return found;
}

/** Without the extension, every use. */
function hasUse(more: Map<string, Extension>, bit: number): boolean {
  const extension = more.get(ID.keyUsage);
  if (extension === undefined) return true;
  const bits = content(derAt(extension.value)).subarray(1);
  return ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

function mayBeUsed(extension: Extension | undefined, purpose: string): boolean {
  return extension === undefined || sequence(derAt(extension.value)).some((element) => oid(element) === purpose);
}

/** `pathLenConstraint`: intermediates allowed below. */
function maxBelow(more: Map<string, Extension>): number {
  const extension = more.get(ID.basicConstraints);
  const length = extension && [...within(derAt(extension.value))].find((element) => element.tag === TAG.integer);
  return length === undefined ? Number.POSITIVE_INFINITY : Number(`0x${serial(length)}`);
}

/** The name to show: the last line of the subject. */
function nameOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').at(-1)!;
}
